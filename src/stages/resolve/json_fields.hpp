#ifndef REELPIPE_STAGES_RESOLVE_JSON_FIELDS_HPP
#define REELPIPE_STAGES_RESOLVE_JSON_FIELDS_HPP

#include <simdjson.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "reelpipe/media_source.hpp"

namespace reelpipe::resolve {

// Fields may be missing, null or of another type from one version of yt-dlp to the next, so every read says whether
// there was something to read.
std::optional<std::string> text_in(simdjson::dom::object from, std::string_view key);
std::optional<double> number_in(simdjson::dom::object from, std::string_view key);

// A point of time that is a number of seconds since 1970, if it can be one.
std::optional<std::chrono::system_clock::time_point> moment(std::optional<double> epoch_seconds);

// The time in "...&expire=1700000000&..." or ".../expire/1700000000/...".
std::optional<std::chrono::system_clock::time_point> expiry_of(std::string_view url);

// The member `key`, an object of texts by name, as headers and cookies of the file.
void read_headers(simdjson::dom::object from, std::string_view key, remote_file& file);

}  // namespace reelpipe::resolve

#endif
