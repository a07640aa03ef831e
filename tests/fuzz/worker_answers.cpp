// What a worker answers, which may be in the hands of the media that it reads: refused as no message, or taken for a
// result or an error.
#include "fuzz/worker_messages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <exception>
#include <stdexcept>

using namespace reelpipe;
using nlohmann::json;

namespace {

constexpr std::uint64_t file_bytes = 524'288;

// What the answers are about.
int a_file()
{
    static const int file = [] {
        const int made = memfd_create("video", MFD_CLOEXEC);
        if (made < 0 || ftruncate(made, file_bytes) != 0) throw std::runtime_error("no file for the answers");
        return made;
    }();
    return file;
}

// As they are for a job for which most of the answers are right.
template <class Job> Job a_job();
template <> isolation::cut_job a_job() { return {.how = {.mode = cut::way::smart}, .output = a_file()}; }
template <> isolation::verify_job a_job() { return {.clip = a_file(), .expected = {.list_frames = true}}; }
template <> isolation::survey_job a_job() { return {.file = a_file()}; }
template <> isolation::plan_job a_job() { return {.file = {.descriptor = a_file(), .size = file_bytes}}; }
template <> isolation::look_job a_job() { return {}; }
template <> isolation::still_job a_job() { return {}; }
template <> isolation::hash_job a_job() { return {}; }

template <class Job> void read_result(const json& message)
{
    fuzzing::require_round_trip(message, [](const json& m) { return isolation::result_in(m, a_job<Job>()); });
}

void read_error(const json& message)
{
    if (!isolation::is_error(message)) return;
    isolation::is_want_of_memory(message);
    fuzzing::require(isolation::error_in(message) != nullptr);
}

constexpr fuzzing::message_reader readers[] = {
    read_result<isolation::cut_job>,
    read_result<isolation::verify_job>,
    read_result<isolation::plan_job>,
    read_result<isolation::look_job>,
    read_result<isolation::still_job>,
    read_result<isolation::hash_job>,
    read_error,
    read_result<isolation::survey_job>,
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    return fuzzing::read_message(data, size, readers);
}
