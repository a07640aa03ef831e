// Whatever a worker without rights says: it is refused as no message, or taken for a result or an error. What is said
// to a worker comes from the run itself; that it is refused rather than trusted costs nothing.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "fuzz/fuzzing.hpp"
#include "isolation/messages.hpp"
#include "media/error.hpp"

using namespace reelpipe;

namespace {

enum class kind : std::uint8_t {
    cut_result,
    facts,
    job,
    verify_job,
    span_plan,
    segment_run_info,
    plan_job,
    look_job,
    survey_job,
    count
};

void read(kind what, const nlohmann::json& message)
{
    if (what == kind::job)
        isolation::cut_job_in(message, message.contains("audio") && !message["audio"].is_null() ? std::vector{3, 4, 5}
                                                                                                : std::vector{3, 4});
    else if (what == kind::verify_job)
        isolation::verify_job_in(message, {3});
    else if (what == kind::plan_job)
        isolation::plan_job_in(message, {3});
    else if (what == kind::look_job)
        isolation::look_job_in(message, {3});
    else if (what == kind::survey_job)
        isolation::survey_job_in(message, {3});
    else if (isolation::is_error(message))
        isolation::rethrow(message);
    else if (what == kind::cut_result)
        isolation::cut_result_in(message);
    else if (what == kind::span_plan)
        isolation::span_plan_in(message);
    else if (what == kind::segment_run_info)
        isolation::segment_run_info_in(message);
    else
        isolation::facts_in(message);
}

bool is_typed(const std::exception& e)
{
    return dynamic_cast<const nlohmann::json::exception*>(&e) || dynamic_cast<const std::invalid_argument*>(&e) ||
           dynamic_cast<const std::runtime_error*>(&e);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzzing::input input(data, size);
    const auto what = static_cast<kind>(input.number() % static_cast<std::uint64_t>(kind::count));
    try {
        read(what, isolation::parse_message(std::string(input.rest())));
    } catch (const std::exception& e) {
        fuzzing::require(is_typed(e));
    }
    return 0;
}
