#ifndef REELPIPE_PIPELINE_JUDGE_HPP
#define REELPIPE_PIPELINE_JUDGE_HPP

#include <chrono>
#include <exception>
#include <optional>
#include <string>

#include "reelpipe/outcome.hpp"

namespace reelpipe {

// What an error of a stage means.
struct finding {
    reason why = reason::unknown;
    std::string message{};
    std::optional<std::chrono::seconds> retry_after{};  // as the server asked
    std::optional<reason> site{};  // what it says about the site as a whole, besides what it says about the video
    bool final = false;            // it was waited for already
    std::string host{};            // which was asked for media, if one was
    enum class host_fault { none, server_error, no_connection } fault = host_fault::none;
};

// The one place where errors of the stages become outcomes.
finding diagnose(std::exception_ptr);

}  // namespace reelpipe

#endif
