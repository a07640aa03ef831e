#ifndef REELPIPE_ISOLATION_MEMORY_TURNS_HPP
#define REELPIPE_ISOLATION_MEMORY_TURNS_HPP

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>

#include "isolation/available_memory.hpp"

namespace reelpipe {

// Says when work that takes much memory may begin: at once where there is room for one more, and when another has ended
// where there is not. One always may. Threads: any.
class memory_turns {
public:
    explicit memory_turns(std::function<std::uint64_t()> available = [] { return available_memory(); });
    memory_turns(const memory_turns&) = delete;
    memory_turns& operator=(const memory_turns&) = delete;

    // Held while the work goes on.
    class turn {
    public:
        // Waits; `alone` waits until nobody else is at work, and lets nobody begin meanwhile. A stop request ends the
        // wait and throws std::errc::operation_canceled.
        turn(memory_turns&, bool alone, const std::stop_token&);
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
        ~turn();

    private:
        memory_turns& of_;
        const bool alone_;
    };

    // Work of this kind has taken so many bytes: from now on there has to be room for as much.
    void has_taken(std::uint64_t bytes);

private:
    bool may_begin(bool alone);

    std::function<std::uint64_t()> available_;
    std::mutex mutex_;
    std::condition_variable_any ended_;
    std::uint64_t room_for_one_ = 256 << 20;  // an encoder of small videos with its frames
    std::size_t at_work_ = 0, waiting_alone_ = 0;
    bool one_is_alone_ = false;
};

}  // namespace reelpipe

#endif
