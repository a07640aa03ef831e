#ifndef REELPIPE_STAGES_FETCH_HOST_PACE_HPP
#define REELPIPE_STAGES_FETCH_HOST_PACE_HPP

#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>

namespace reelpipe::fetch {

// How many requests a second, and how many at a time, one host grants; found out from what it serves and refuses.
//
// Both are without bounds until it refuses. A request that was refused while more were under way than any that was
// served shows how many at a time are too many; other refusals, where they come close together, show that they come too
// fast. Either is cut at once, at most to a half and not below what the host has granted, and grows slowly. A single
// refusal among answers that are good says nothing of the rest. Time is a parameter: the class knows no clock.
class host_pace {
public:
    using time = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    // A request that is under way.
    struct ticket {
        std::size_t width = 0;      // requests under way when it was sent, itself among them
        std::uint64_t cut = 0;      // cuts before it was sent
        std::uint64_t refused = 0;  // requests that were refused without a reason before it was sent
    };

    // Not more than `max_per_second` requests; 0: without bounds.
    explicit host_pace(double max_per_second = 0) : max_per_second_(max_per_second) {}

    bool has_room() const { return under_way_ < window_; }
    time next_turn() const { return next_turn_; }  // while it has room: not before
    ticket begin(time now);
    void end(const ticket&) { --under_way_; }

    void served(const ticket&, time now);

    // Refused for what was asked for, and not for how much.
    void answered(const ticket&) { refusals_ *= forgotten_by_one; }

    // The host says that it is asked too much; `asked`: for how long it wants to be left alone.
    void refused(const ticket&, time now, std::optional<std::chrono::seconds> asked);

    // The host refuses without a reason. True: it may be because too many requests are under way.
    bool refused_as_too_wide(const ticket&, time now);

    std::uint64_t served() const { return served_; }
    bool is_unbounded() const { return cuts_ == 0; }
    double per_second() const { return rate_; }
    std::size_t at_a_time() const { return window_; }

private:
    static constexpr double forgotten_by_one = 0.95;  // what a refusal still counts after one more good answer
    static constexpr double unbounded = std::numeric_limits<double>::infinity();

    bool is_too_wide(const ticket& t) const { return t.width > 1 && t.width > widest_served_; }
    void cut_width(const ticket&, time now);
    void cut_rate(time now);
    void return_from_outage();
    void grow_rate();
    double served_per_second(time now) const;
    double sent_per_second(time now);
    double current_rate(time now);
    void leave_alone_until(time);

    double max_per_second_;
    double rate_ = unbounded;
    double ceiling_ = unbounded;  // the rate that was refused
    double begin_ = 0;            // the rate after that
    duration paced_{};            // since then, while requests were waiting for their turns
    std::size_t window_ = std::numeric_limits<std::size_t>::max();
    std::size_t under_way_ = 0;
    std::size_t widest_served_ = 0;  // since the window was cut
    std::size_t served_at_full_ = 0;
    std::size_t rounds_to_widen_ = 1;
    std::uint64_t cuts_ = 0;
    std::uint64_t served_ = 0;
    std::uint64_t refused_ = 0;  // without a reason
    bool refuses_silently_ = false;
    std::uint64_t served_since_cut_ = 0;
    std::optional<time> counted_since_{};  // the first answer after the last cut of the rate
    double refusals_ = 0;                  // of late: each counts less with every answer that is good
    unsigned fruitless_pauses_ = 0;
    double before_pauses_ = 0;  // the rate in front of the first of them
    duration last_pause_{};
    time next_turn_{};
    std::deque<time> sent_{};  // within the last second, while the rate is without bounds
};

}  // namespace reelpipe::fetch

#endif
