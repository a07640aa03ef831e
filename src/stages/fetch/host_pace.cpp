#include "stages/fetch/host_pace.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace reelpipe::fetch {

namespace {

using namespace std::chrono_literals;
using fractional_seconds = std::chrono::duration<double>;

constexpr double too_many_refusals = 2;  // more than about a tenth of all answers
constexpr double above_served = 1.2;
constexpr double blind = 0.2;                            // of growth a second where nothing is known
constexpr double below_refused = 0.95, far_below = 0.5;  // where the rate goes on after one that was refused
constexpr double shortest_return_s = 40, pauses_of_return = 40, pauses_from_far_below = 20;
constexpr auto long_enough = 2s;  // with enough answers, to see what a host grants
constexpr std::uint64_t enough = 10;
constexpr unsigned outage = 4;          // pauses in a row after which nothing was served
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
    ++under_way_;
    const bool waited = next_turn_ + interval(rate_ == unbounded ? 1e9 : rate_) > now;
    if (rate_ == unbounded)
        sent_.push_back(now);
    else if (waited)
        grow_rate();
    const double allowed = max_per_second_ > 0 ? std::min(max_per_second_, rate_) : rate_;
    if (allowed != unbounded) next_turn_ = std::max(next_turn_, now) + interval(allowed);
    while (!sent_.empty() && sent_.front() + 1s < now) sent_.pop_front();
    return {.width = under_way_, .cut = cuts_, .refused = refused_};
}

// As TCP's CUBIC does: up quickly to near the rate that was refused, slowly past it, and quickly again where more is
// granted than was thought. The dearer a refusal is, the slower.
void host_pace::grow_rate()
{
    if (ceiling_ == unbounded) {
        rate_ *= 1 + blind / std::max(rate_, 1.0);  // so many requests come in a second
        return;
    }
    paced_ += interval(rate_);
    const double pause = fractional_seconds(last_pause_).count();
    const bool is_far_below = begin_ < below_refused * ceiling_;
    const double pauses = is_far_below ? pauses_from_far_below : pauses_of_return;
    const double until_ceiling = std::max(shortest_return_s, pauses * pause);
    const double way = fractional_seconds(paced_).count() / until_ceiling - 1;
    rate_ = std::max(rate_, ceiling_ + (ceiling_ - begin_) * way * way * way);
}

void host_pace::served(const ticket& t, time now)
{
    ++served_;
    if (t.cut == cuts_ && counted_since_) ++served_since_cut_;
    if (t.cut == cuts_ && !counted_since_) counted_since_ = now;
    refusals_ *= forgotten_by_one;
    if (fruitless_pauses_ >= outage && before_pauses_ > ceiling_) return_from_outage();
    fruitless_pauses_ = 0;
    // Where one is refused for being too many and does not say so, those beside it were fewer than they seemed.
    const bool is_certain = !refuses_silently_ || t.refused == refused_;
    if (t.width > widest_served_ && is_certain) {
        widest_served_ = t.width;
        rounds_to_widen_ = std::max<std::size_t>(rounds_to_widen_ / 2, 1);
    }
    if (t.width < window_ || ++served_at_full_ < window_ * rounds_to_widen_) return;
    served_at_full_ = 0;
    ++window_;
}

// It served nothing at any rate, which says nothing of the one that it grants.
void host_pace::return_from_outage()
{
    ceiling_ = before_pauses_;
    begin_ = far_below * before_pauses_;
    rate_ = std::max(rate_, begin_);
    paced_ = {};
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
            if (fruitless_pauses_ == 1) before_pauses_ = current_rate(now);
            cut_rate(now);
            starts_anew = true;
        }
    }
    if (is_width && !asked) return;  // to wait for those who are under way is enough
    const duration own = std::min<duration>(first_pause * (1u << std::min(fruitless_pauses_, 12u)), max_own_pause);
    last_pause_ = asked ? std::min<duration>(*asked, max_asked_pause) : own;
    leave_alone_until(now + spread(last_pause_));
    if (!starts_anew) return;
    served_since_cut_ = 0;
    counted_since_.reset();
}

bool host_pace::refused_as_too_wide(const ticket& t, time now)
{
    ++refused_;
    refuses_silently_ = true;
    if (!is_too_wide(t)) return t.cut != cuts_ && t.width > window_;
    if (t.cut == cuts_) cut_width(t, now);
    if (served_ == 0) leave_alone_until(now + spread(first_pause));
    return true;
}

// Requests that are too close together look the same. So while no rate is known that the host refuses, they are spread
// a little, too: to not less than a host that bounds only what is under way serves in any case.
void host_pace::cut_width(const ticket& t, time now)
{
    window_ = std::min(window_, widest_served_ > 0 ? widest_served_ : t.width / 2);
    widest_served_ = widest_served_ > 0 ? window_ : 0;
    served_at_full_ = 0;
    rounds_to_widen_ = std::min(rounds_to_widen_ * 2, max_rounds);
    ++cuts_;
    if (ceiling_ != unbounded) return;
    const double current = current_rate(now);
    rate_ = std::max(std::min(current, std::max(current / 2, above_served * served_per_second(now))), slowest);
}

void host_pace::cut_rate(time now)
{
    const double current = current_rate(now);
    const bool is_known = counted_since_ && now - *counted_since_ >= long_enough && served_since_cut_ >= enough;
    // Where nothing at all is served, the pauses are slow enough, and a host that comes back is soon seen.
    const double least = fruitless_pauses_ < outage ? slowest : 1 / fractional_seconds(max_own_pause).count();
    ceiling_ = current;
    begin_ = std::max(current * (is_known ? below_refused : far_below), least);
    rate_ = begin_;
    paced_ = {};
    refusals_ = 0;
    ++cuts_;
}

double host_pace::served_per_second(time now) const
{
    if (!counted_since_) return 0;
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
