// What a worker answers, which may be in the hands of the media that it reads: refused as no message, or taken for a
// result or an error.
#include "fuzz/worker_messages.hpp"

#include <exception>

using namespace reelpipe;
using nlohmann::json;

namespace {

void read_error(const json& message)
{
    if (!isolation::is_error(message)) return;
    isolation::is_want_of_memory(message);
    try {
        isolation::rethrow(message);
    } catch (const json::exception&) {
        throw;
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): what the worker says it met
    }
}

constexpr fuzzing::message_reader readers[] = {
    [](const json& m) { fuzzing::require_round_trip(m, isolation::cut_result_in); },
    [](const json& m) { fuzzing::require_round_trip(m, isolation::facts_in); },
    [](const json& m) { fuzzing::require_round_trip(m, isolation::span_plan_in); },
    [](const json& m) { fuzzing::require_round_trip(m, isolation::segment_run_info_in); },
    [](const json& m) { fuzzing::require_round_trip(m, isolation::still_in); },
    [](const json& m) { fuzzing::require_round_trip(m, isolation::clip_hashes_in); },
    read_error,
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    return fuzzing::read_message(data, size, readers);
}
