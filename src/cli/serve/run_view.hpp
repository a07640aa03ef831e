#ifndef REELPIPE_CLI_SERVE_RUN_VIEW_HPP
#define REELPIPE_CLI_SERVE_RUN_VIEW_HPP

#include <chrono>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/panel.hpp"
#include "cli/serve/recent_messages.hpp"

namespace reelpipe::cli {

// What is told of a run to those who look at it from elsewhere.
struct run_view {
    last_minute minute{};  // has a sample at least
    std::vector<timed_message> messages{};
    std::optional<std::filesystem::space_info> disk{};  // of the output folder
    std::chrono::system_clock::time_point started{};
    bool has_ended = false;
};

// For programs, and for the page that shows it.
nlohmann::ordered_json progress_of(const run_view&);

// The text format of Prometheus. Labels are reasons, classes and the names of stages, which are few and fixed.
std::string metrics_of(const run_view&);

}  // namespace reelpipe::cli

#endif
