#include "site/breaker.hpp"

#include <algorithm>

namespace reelpipe {

namespace {

using namespace std::chrono_literals;

struct pauses {
    std::chrono::seconds first, longest;
};

// As long as blocks of the kind last at least, as far as is known; a site that names a time is believed.
pauses pauses_for(reason trouble)
{
    switch (trouble) {
        case reason::no_network:
            return {10s, 10min};
        case reason::rate_limited:
            return {60s, 1h};
        case reason::blocked:
        case reason::refused:
            return {5min, 6h};
        default:
            return {15min, 6h};
    }
}

}  // namespace

std::optional<breaker::time> breaker::next_chance() const
{
    if (!trouble_) return time{};
    if (probing_) return std::nullopt;
    return until_;
}

void breaker::trip(reason trouble, time now, std::optional<std::chrono::seconds> asked)
{
    if (trouble_ && !probing_ && now < until_) return;
    const auto [first, longest] = pauses_for(trouble);
    const duration shortest = first_pause_ > duration{} ? first_pause_ : duration(first);
    pause_ = trouble_ ? std::max(2 * pause_, shortest) : shortest;
    pause_ = std::min(pause_, duration(longest));
    if (asked) pause_ = std::clamp<duration>(*asked, pause_, 24h);
    if (!trouble_) since_ = now;
    trouble_ = trouble;
    until_ = now + pause_;
    probing_ = false;
}

void breaker::close()
{
    trouble_.reset();
    probing_ = false;
    refusals_.clear();
}

bool breaker::counts_as_block(time refused_at)
{
    refusals_.push_back(refused_at);
    while (refused_at - refusals_.front() > 60s) refusals_.pop_front();
    return refusals_.size() >= 3;
}

void verdict_window::add(bool unavailable)
{
    verdicts_.push_back(unavailable);
    unavailable_ += unavailable;
    if (verdicts_.size() <= size) return;
    unavailable_ -= verdicts_.front();
    verdicts_.pop_front();
}

}  // namespace reelpipe
