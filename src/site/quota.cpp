#include "site/quota.hpp"

#include <algorithm>

namespace reelpipe {

namespace {

using hours = std::chrono::duration<double, std::ratio<3600>>;

constexpr double slowest = 1.0 / 16;  // of what was asked for; the breaker does the rest
constexpr double step_back = 1.0 / 20;

}  // namespace

void quota::count(time now)
{
    if (now > counted_) tokens_ = std::min(burst, tokens_ + hours(now - counted_).count() * rate_);
    counted_ = std::max(counted_, now);
}

quota::duration quota::wait(time now)
{
    if (asked_ <= 0) return {};
    count(now);
    // A token that was counted up from parts of one may lack the last bit of it.
    if (tokens_ > 1 - 1e-6) return {};
    return std::chrono::ceil<duration>(hours((1 - tokens_) / rate_));
}

void quota::take(time now, unsigned requests)
{
    if (asked_ <= 0) return;
    count(now);
    tokens_ -= requests;
}

void quota::slow_down(time now)
{
    count(now);
    rate_ = std::max(rate_ / 2, asked_ * slowest);
}

void quota::speed_up(time now)
{
    count(now);
    rate_ = std::min(rate_ + asked_ * step_back, asked_);
}

void quota::take_up(const standing& from, time now)
{
    constexpr double most_owed = 100;
    rate_ = std::min(std::max(from.rate, asked_ * slowest), asked_);
    tokens_ = std::min(std::max(from.tokens, -most_owed), burst);
    counted_ = std::min(from.counted, now);
}

}  // namespace reelpipe
