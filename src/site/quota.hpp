#ifndef REELPIPE_SITE_QUOTA_HPP
#define REELPIPE_SITE_QUOTA_HPP

#include <chrono>

namespace reelpipe {

// A token bucket: so many requests an hour, a few at once after a rest.
//
// A sign that the site counts more strictly halves the rate; each success gives a twentieth of the rate that was asked
// for back. Time is a parameter: the class knows no clock.
class quota {
public:
    static constexpr double burst = 3;  // requests that go out at once after a rest

    using time = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    // Without bounds if `per_hour` is 0.
    quota(double per_hour, time now) : asked_(per_hour), rate_(per_hour), tokens_(burst), counted_(now) {}

    // The time until a request may go out; zero: at once.
    duration wait(time now);
    // More than is there at the moment is paid back before the next one goes out.
    void take(time now, unsigned requests = 1);

    void slow_down(time now);
    void speed_up(time now);
    double per_hour() const { return rate_; }

    // What a bucket is at an instant, for another one of the same request rate.
    struct standing {
        double rate = 0, tokens = 0;
        time counted{};
    };
    standing present() const { return {.rate = rate_, .tokens = tokens_, .counted = counted_}; }
    // Goes on from there. A standing that no such bucket can have at this time is brought into its bounds.
    void take_up(const standing&, time now);

private:
    void count(time now);

    double asked_, rate_;
    double tokens_;
    time counted_;
};

}  // namespace reelpipe

#endif
