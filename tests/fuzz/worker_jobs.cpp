// What a run says to a worker. It comes from the run itself, and is refused rather than trusted all the same.
#include "fuzz/worker_messages.hpp"

#include <optional>
#include <vector>

#include "isolation/messages.hpp"

using namespace reelpipe;
using nlohmann::json;

namespace {

template <class Job, std::optional<Job> (*Read)(const json&, const std::vector<int>&)>
void read_job(const json& message)
{
    const bool has_audio = message.contains("audio") && message["audio"].is_object();
    const std::vector<int> descriptors = message.value("do", "") != "cut" ? std::vector{3}
                                         : has_audio                      ? std::vector{3, 4, 5}
                                                                          : std::vector{3, 4};
    const auto job = Read(message, descriptors);
    if (job) fuzzing::require_round_trip(message, [&](const json& m) { return *Read(m, descriptors); });
}

constexpr fuzzing::message_reader readers[] = {
    read_job<isolation::cut_job, isolation::cut_job_in>,
    read_job<isolation::verify_job, isolation::verify_job_in>,
    read_job<isolation::survey_job, isolation::survey_job_in>,
    read_job<isolation::plan_job, isolation::plan_job_in>,
    read_job<isolation::look_job, isolation::look_job_in>,
    read_job<isolation::still_job, isolation::still_job_in>,
    read_job<isolation::hash_job, isolation::hash_job_in>,
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    return fuzzing::read_message(data, size, readers);
}
