#include "stages/fetch/host_pace.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace reelpipe::fetch {

namespace {

using namespace std::chrono_literals;
using fractional_seconds = std::chrono::duration<double>;

constexpr double too_many_refusals = 2;  // more than about a tenth of all answers
constexpr double below_granted = 0.97, above_served = 1.2;
constexpr auto long_enough = 2s;  // with enough answers, to see what a host grants
constexpr std::uint64_t enough = 10;
constexpr double slowest = 0.05;        // requests a second
constexpr std::size_t max_rounds = 64;  // of a full window before it is widened

constexpr auto first_pause = 100ms;
constexpr auto max_own_pause = 2s;    // a host that refuses everything is found to be down within a minute
constexpr auto max_asked_pause = 1h;  // who says more is not taken at its word

// Those who were refused together do not come back together.
host_pace::duration spread(host_pace::duration pause)
{
    static thread_local std::minstd_rand random{std::random_device{}()};
    std::uniform_real_distribution<double> part(1.0, 1.1);
    return std::chrono::duration_cast<host_pace::duration>(pause * part(random));
}

host_pace::duration interval(double per_second)
{
    return std::chrono::duration_cast<host_pace::duration>(fractional_seconds(1 / per_second));
}

}  // namespace

host_pace::ticket host_pace::begin(time now)
{
    if (!counted_since_) counted_since_ = now;
    ++under_way_;
    const bool waited = next_turn_ + interval(rate_ == unbounded ? 1e9 : rate_) > now;
    if (rate_ == unbounded)
        sent_.push_back(now);
    else if (waited)
        grow_rate(now);
    const double allowed = most_ > 0 ? std::min(most_, rate_) : rate_;
    if (allowed != unbounded) next_turn_ = std::max(next_turn_, now) + interval(allowed);
    while (!sent_.empty() && sent_.front() + 1s < now) sent_.pop_front();
    return {.width = under_way_, .cut = cuts_};
}

// Up quickly to near what was granted, slowly past it, and quickly again where more is granted than was thought. The
// dearer a refusal is, the slower.
void host_pace::grow_rate(time)
{
    constexpr double blind = 0.5, quick = 0.1, beyond = 0.05;
    const double pause = std::max(fractional_seconds(last_pause_).count(), 1e-3);
    const double careful = std::clamp(0.005 / pause, 0.0002, 0.002);
    double a_second = beyond;
    if (granted_ == unbounded)
        a_second = blind;
    else if (rate_ < 0.9 * granted_)
        a_second = quick;
    else if (rate_ <= 1.1 * granted_)
        a_second = careful;
    rate_ *= 1 + a_second / std::max(rate_, 1.0);  // so many requests come in a second
}

void host_pace::served(const ticket& t, time)
{
    ++served_;
    ++served_since_cut_;
    refusals_ *= forgotten_by_one;
    fruitless_pauses_ = 0;
    if (t.width > widest_served_) {
        widest_served_ = t.width;
        rounds_to_widen_ = std::max<std::size_t>(rounds_to_widen_ / 2, 1);
    }
    if (t.width < window_ || ++served_at_full_ < window_ * rounds_to_widen_) return;
    served_at_full_ = 0;
    ++window_;
}

void host_pace::refused(const ticket& t, time now, std::optional<std::chrono::seconds> asked)
{
    refusals_ += 1;
    const bool says_nothing = served_ > 0 && refusals_ < too_many_refusals && !is_too_wide(t);
    if (says_nothing) return;
    bool starts_anew = false, is_width = false;
    if (t.cut == cuts_) {
        ++fruitless_pauses_;
        if (is_too_wide(t)) {
            cut_width(t, now);
            is_width = served_ > 0;
        } else {
            cut_rate(now);
            starts_anew = true;
        }
    }
    if (is_width && !asked) return;  // to wait for those who are under way is enough
    const duration own = std::min<duration>(first_pause * (1u << std::min(fruitless_pauses_, 12u)), max_own_pause);
    last_pause_ = asked ? std::min<duration>(*asked, max_asked_pause) : own;
    leave_alone_until(now + spread(last_pause_));
    if (starts_anew) count_from(next_turn_);
}

bool host_pace::refused_as_too_wide(const ticket& t, time now)
{
    if (!is_too_wide(t)) return t.cut != cuts_ && t.width > window_;
    if (t.cut == cuts_) cut_width(t, now);
    if (served_ == 0) leave_alone_until(now + spread(first_pause));
    return true;
}

// Requests that are too close together look the same, so they are spread a little, too: to not less than a host that
// bounds only what is under way serves in any case.
void host_pace::cut_width(const ticket& t, time now)
{
    window_ = std::min(window_, widest_served_ > 0 ? widest_served_ : t.width / 2);
    widest_served_ = widest_served_ > 0 ? window_ : 0;
    served_at_full_ = 0;
    rounds_to_widen_ = std::min(rounds_to_widen_ * 2, max_rounds);
    rate_ = std::max({current_rate(now) / 2, above_served * served_per_second(now), slowest});
    granted_ = unbounded;
    ++cuts_;
}

void host_pace::cut_rate(time now)
{
    const double current = current_rate(now);
    const bool is_known = now - *counted_since_ >= long_enough && served_since_cut_ >= enough;
    granted_ = is_known ? std::min(served_per_second(now), current) : current / 2;
    rate_ = std::max({current / 2, below_granted * granted_, slowest});
    widest_served_ = 0;
    refusals_ = 0;
    ++cuts_;
}

void host_pace::count_from(time begin)
{
    served_since_cut_ = 0;
    counted_since_ = begin;
}

double host_pace::served_per_second(time now) const
{
    const double passed = std::max(fractional_seconds(now - *counted_since_).count(), 1e-3);
    return std::min(static_cast<double>(served_since_cut_) / passed, 1e6);
}

double host_pace::current_rate(time now) { return rate_ == unbounded ? 2 * sent_per_second(now) : rate_; }

double host_pace::sent_per_second(time now)
{
    while (!sent_.empty() && sent_.front() + 1s < now) sent_.pop_front();
    return std::max<double>(static_cast<double>(sent_.size()), 1);
}

void host_pace::leave_alone_until(time then) { next_turn_ = std::max(next_turn_, then); }

}  // namespace reelpipe::fetch
