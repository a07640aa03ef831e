#ifndef REELPIPE_CLI_SERVE_LIVE_REPORT_HPP
#define REELPIPE_CLI_SERVE_LIVE_REPORT_HPP

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

#include "cli/serve/http.hpp"

namespace reelpipe::cli {

// The page of `report --html` about a folder in which a run is at work. Making it takes a core for seconds where the
// ledger has hundreds of thousands of clips, so one that is a few seconds old is as good as a new one. One thread at a
// time may ask.
class live_report {
public:
    explicit live_report(std::filesystem::path folder) : folder_(std::move(folder)) {}

    http::response page();

private:
    using clock = std::chrono::steady_clock;

    const std::filesystem::path folder_;
    std::string html_{};
    clock::time_point made_{};
};

}  // namespace reelpipe::cli

#endif
