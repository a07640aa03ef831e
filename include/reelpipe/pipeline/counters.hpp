#ifndef REELPIPE_PIPELINE_COUNTERS_HPP
#define REELPIPE_PIPELINE_COUNTERS_HPP

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace reelpipe {
inline namespace v1 {
namespace detail {

// A number that one thread writes and any thread reads.
class relaxed_counter {
public:
    void operator++() { *this += 1; }
    void operator+=(std::uint64_t n) { value_.store(*this + n, std::memory_order_relaxed); }
    operator std::uint64_t() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

inline std::uint64_t nanoseconds_now()
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

enum class activity : unsigned { none, busy, starved, blocked };

// Where the time of one worker goes. The clock is read only when the activity changes: a worker that goes from item
// to item without waiting costs nothing. One thread writes at a time; readers never count an instant twice.
class time_sheet {
public:
    void enter(activity next)
    {
        const std::uint64_t now = nanoseconds_now();
        const std::uint64_t last = current_.load(std::memory_order_relaxed);
        current_.store(now << 2 | static_cast<unsigned>(next), std::memory_order_relaxed);
        auto& spent = spent_[last & 3];  // written after current_: who reads this sum sees at least that change
        spent.store(spent.load(std::memory_order_relaxed) + now - (last >> 2), std::memory_order_release);
    }

    // Nanoseconds by activity until now.
    std::array<std::uint64_t, 4> read() const
    {
        std::array<std::uint64_t, 4> spent{};
        for (std::size_t i = 0; i < spent.size(); ++i) spent[i] = spent_[i].load(std::memory_order_acquire);
        const std::uint64_t last = current_.load(std::memory_order_relaxed);
        spent[last & 3] += nanoseconds_now() - (last >> 2);
        return spent;
    }

private:
    std::atomic<std::uint64_t> current_{0};  // since when << 2 | activity
    std::array<std::atomic<std::uint64_t>, 4> spent_{};
};

// From here to the end of the scope the worker does something else.
class scoped_activity {
public:
    scoped_activity(time_sheet& sheet, activity during, activity after) : sheet_(sheet), after_(after)
    {
        sheet.enter(during);
    }
    scoped_activity(const scoped_activity&) = delete;
    scoped_activity& operator=(const scoped_activity&) = delete;
    ~scoped_activity() { sheet_.enter(after_); }

private:
    time_sheet& sheet_;
    activity after_;
};

// Tells a loop over items when it has kept others from running for about a millisecond. Where items are made quickly,
// the clock is read for every 16th only.
class time_slice {
public:
    bool is_over()
    {
        if (++items_ < between_looks_) return false;
        items_ = 0;
        const std::uint64_t now = nanoseconds_now();
        const std::uint64_t spent = now - begun_;
        between_looks_ = spent < 100'000 ? std::min(2 * between_looks_, 16u) : 1;
        return spent >= 1'000'000;
    }

    void begin() { begun_ = nanoseconds_now(); }

private:
    std::uint64_t begun_ = nanoseconds_now();
    unsigned items_ = 0;
    unsigned between_looks_ = 1;
};

struct stage_counters {
    relaxed_counter in, out, failed, retried, filtered;
    std::mutex mutex;
    std::map<std::string, std::uint64_t> own;
};

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
