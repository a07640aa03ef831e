#include "stages/cut/smart_plan.hpp"

#include <algorithm>
#include <limits>

namespace reelpipe::cut {

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

// The longest run from `begin` on that ends before `end` is shown and is all shown before anything decoded behind it.
std::size_t end_of_copy(std::span<const source_frame> frames, std::size_t begin, std::int64_t end)
{
    std::vector<std::int64_t> earliest_from(frames.size() + 1, never);
    for (std::size_t i = frames.size(); i > begin; --i)
        earliest_from[i - 1] = std::min(earliest_from[i], frames[i - 1].time);

    std::size_t best = begin;
    std::int64_t latest = frames[begin].time;
    for (std::size_t i = begin; i < frames.size(); ++i) {
        latest = std::max(latest, frames[i].time);
        if (latest >= end) break;
        if (latest < earliest_from[i + 1]) best = i + 1;
    }
    return best;
}

}  // namespace

std::variant<smart_plan, why_encoded> plan_smart_cut(std::span<const source_frame> frames, std::int64_t start,
                                                     std::int64_t end)
{
    smart_plan plan;
    const auto is_inside = [&](const source_frame& f) { return f.time >= start && f.time < end; };
    std::vector<std::int64_t> all;
    for (const source_frame& each : frames) {
        all.push_back(each.time);
        if (!is_inside(each)) continue;
        if (each.is_hidden) return why_encoded::hidden_frames;
        plan.shown.push_back(each.time);
    }
    std::ranges::sort(all);
    if (std::ranges::adjacent_find(all) != all.end()) return why_encoded::odd_times;
    std::ranges::sort(plan.shown);

    const auto key = std::ranges::find_if(frames, [&](const source_frame& f) { return f.is_idr && is_inside(f); });
    if (key == frames.end()) return why_encoded::no_key_frame;
    const auto is_shown_from_key_on = [&](const source_frame& f) { return f.time >= key->time; };
    if (std::any_of(frames.begin(), key, is_shown_from_key_on) || !std::all_of(key, frames.end(), is_shown_from_key_on))
        return why_encoded::frames_across_key;

    plan.copy_begin = static_cast<std::size_t>(key - frames.begin());
    plan.copy_end = end_of_copy(frames, plan.copy_begin, end);
    if (plan.copy_end == plan.copy_begin) return why_encoded::no_key_frame;
    plan.head = static_cast<std::size_t>(std::ranges::lower_bound(plan.shown, key->time) - plan.shown.begin());
    plan.tail = plan.shown.size() - plan.head - (plan.copy_end - plan.copy_begin);
    for (std::size_t i = plan.copy_begin; i < plan.copy_end; ++i)
        if (frames[i].is_idr) plan.tail_key = i;
    return plan;
}

std::vector<std::int64_t> decoding_times(std::span<const std::int64_t> times)
{
    std::vector<std::int64_t> sorted(times.begin(), times.end());
    std::ranges::sort(sorted);
    std::size_t delay = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
        const auto rank = static_cast<std::size_t>(std::ranges::lower_bound(sorted, times[i]) - sorted.begin());
        if (i > rank) delay = std::max(delay, i - rank);
    }
    std::vector<std::int64_t> decoded;
    for (std::size_t i = 0; i < times.size(); ++i)
        decoded.push_back(i < delay ? sorted[i] - (sorted[delay] - sorted[0]) : sorted[i - delay]);
    return decoded;
}

}  // namespace reelpipe::cut
