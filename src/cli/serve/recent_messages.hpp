#ifndef REELPIPE_CLI_SERVE_RECENT_MESSAGES_HPP
#define REELPIPE_CLI_SERVE_RECENT_MESSAGES_HPP

#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "reelpipe/message.hpp"

namespace reelpipe::cli {

struct timed_message {
    std::chrono::system_clock::time_point at{};
    message what{};
};

// The last messages of a run. Threads: any.
class recent_messages {
public:
    void add(severity, std::string text);
    std::vector<timed_message> all() const;  // the oldest first

private:
    mutable std::mutex mutex_{};
    std::deque<timed_message> messages_{};
};

}  // namespace reelpipe::cli

#endif
