#include "cli/serve/recent_messages.hpp"

#include <utility>

namespace reelpipe::cli {

void recent_messages::add(severity how, std::string text)
{
    constexpr std::size_t most = 40;
    const std::lock_guard lock(mutex_);
    messages_.push_back({std::chrono::system_clock::now(), {how, std::move(text)}});
    if (messages_.size() > most) messages_.pop_front();
}

std::vector<timed_message> recent_messages::all() const
{
    const std::lock_guard lock(mutex_);
    return {messages_.begin(), messages_.end()};
}

}  // namespace reelpipe::cli
