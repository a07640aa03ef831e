#ifndef REELPIPE_CLI_JSON_LOG_HPP
#define REELPIPE_CLI_JSON_LOG_HPP

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "reelpipe/download.hpp"

namespace reelpipe::cli {

// "note", "warning" or "error".
const char* severity_word(severity);

// The events of a run, for programs: a JSON object a line, each with "time" (UTC) and "event", which is
//   message   severity, text
//   clip      id, video, start, end, label, outcome (stored, exists, failed), and what it is and cost; of a failure
//             reason, class and message
//   end       status, the counts, failures by reason, and stopped_by where something stopped the run
// Lines are appended and each is written at once: who follows the file sees what happens, and a kill loses nothing.
// A log that cannot be written any more (a full disk) does not stop the run. Threads: one.
class json_log {
public:
    // Throws usage_error.
    explicit json_log(const std::filesystem::path&);

    void message(severity, const std::string& text);
    void outcome(const clip_outcome&);
    void end(const download_summary&, int status);

private:
    struct close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    std::unique_ptr<std::FILE, close> file_;
};

}  // namespace reelpipe::cli

#endif
