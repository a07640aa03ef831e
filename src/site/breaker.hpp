#ifndef REELPIPE_SITE_BREAKER_HPP
#define REELPIPE_SITE_BREAKER_HPP

#include <chrono>
#include <deque>
#include <optional>

#include "reelpipe/outcome.hpp"

namespace reelpipe {

// A circuit breaker: after a sign of trouble with the site as a whole nothing is asked for a while, then one probe
// decides. Closed: all may ask. Open: nobody, until the pause is over; then one may, the probe. A probe that fails
// makes the next pause twice as long. Time is a parameter: the class knows no clock.
class breaker {
public:
    using time = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    // `first_pause` replaces those of the kinds of trouble, if it is not zero.
    explicit breaker(duration first_pause = {}) : first_pause_(first_pause) {}

    bool is_closed() const { return !trouble_; }
    // The trouble that keeps it open, and since when.
    std::optional<reason> trouble() const { return trouble_; }
    time open_since() const { return since_; }

    // When somebody may ask: in the past if at once; nothing while a probe is under way.
    std::optional<time> next_chance() const;

    void begin_probe() { probing_ = true; }
    void abandon_probe() { probing_ = false; }  // it says nothing; somebody else may try

    // Trouble, of a probe or of any other request. Requests that were under way when the first of them failed fail
    // alike and say nothing new. `asked`: how long the site wants to be left alone.
    void trip(reason, time now, std::optional<std::chrono::seconds> asked = {});
    void close();

    // One 403 says something of a video, three within a minute say something of the site: then true.
    bool counts_as_block(time refused_at);

private:
    duration first_pause_;
    std::optional<reason> trouble_{};
    time since_{}, until_{};
    duration pause_{};
    bool probing_ = false;
    std::deque<time> refusals_{};
};

// Detects that the site calls nearly everything unavailable, which is a block that does not call itself one.
class verdict_window {
public:
    void add(bool unavailable);
    bool is_full() const { return verdicts_.size() == size; }
    bool is_suspicious() const { return is_full() && unavailable_ * 100 > size * percent; }
    void clear() { verdicts_.clear(), unavailable_ = 0; }

private:
    static constexpr std::size_t size = 50, percent = 80;

    std::deque<bool> verdicts_{};
    std::size_t unavailable_ = 0;
};

}  // namespace reelpipe

#endif
