#ifndef REELPIPE_TESTS_FUZZ_WORKER_MESSAGES_HPP
#define REELPIPE_TESTS_FUZZ_WORKER_MESSAGES_HPP

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>

#include "fuzz/fuzzing.hpp"
#include "isolation/answers.hpp"
#include "isolation/message_parts.hpp"

namespace reelpipe::fuzzing {

// Reads a message of one kind. Nothing but a typed error keeps it from being taken.
using message_reader = void (*)(const nlohmann::json&);

// The first character of an input, from '0' on, is the kind of the message that follows.
inline int read_message(const std::uint8_t* data, std::size_t size, std::span<const message_reader> readers)
{
    input from(data, size);
    const message_reader read = readers[from.number() % readers.size()];
    try {
        read(isolation::parse_message(std::string(from.rest())));
    } catch (const nlohmann::json::exception&) {  // NOLINT(bugprone-empty-catch): it is no such message
    } catch (const std::invalid_argument&) {      // NOLINT(bugprone-empty-catch)
    }
    return 0;
}

// What was taken from a message is what another message would say.
template <class Read> void require_round_trip(const nlohmann::json& message, Read read)
{
    const nlohmann::json said = isolation::to_message(read(message));
    require(isolation::to_message(read(said)) == said);
}

}  // namespace reelpipe::fuzzing

#endif
