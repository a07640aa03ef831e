#ifndef REELPIPE_ISOLATION_MESSAGE_PARTS_HPP
#define REELPIPE_ISOLATION_MESSAGE_PARTS_HPP

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "media/splice.hpp"

// What several kinds of messages are made of. Reading throws nlohmann::json::exception for a wrong type, and
// std::invalid_argument for what is out of bounds.
namespace reelpipe::isolation {

// Parses the text of a message. All its numbers must be whole, and nothing may be nested more deeply than messages are.
nlohmann::json parse_message(const std::string& text);

std::int64_t number_in(const nlohmann::json&, std::int64_t least, std::int64_t most);
std::uint64_t size_in(const nlohmann::json&, std::uint64_t most);
std::string name_in(const nlohmann::json&);  // of a container, a codec and the like

// A time in a video, bounded so that sums of such times do not overflow.
std::chrono::microseconds video_time_in(const nlohmann::json&);

nlohmann::json to_json(const media::splice&);
std::optional<media::splice> splice_in(const nlohmann::json&);

}  // namespace reelpipe::isolation

#endif
