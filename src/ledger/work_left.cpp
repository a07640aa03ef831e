#include "ledger/work_left.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace reelpipe {

bool retry_rule::holds(const clip_record& failure) const
{
    const reason why = failure.failed.value_or(reason::unknown);
    if (everything || !is_final(why) || reasons.contains(why)) return false;
    return failure.asked == 0 || !asking || failure.asked == asking->for_failure(why);
}

work_left count_work(work_list& sealed, const retry_rule& again)
{
    work_left counts;
    std::string last_left;
    std::vector<wanted_clip> page = sealed.after(nullptr, work_list::page_size);
    while (!page.empty()) {
        for (const wanted_clip& each : page) {
            if (each.before && !each.before->failed) {
                ++counts.stored;
            } else if (each.before && again.holds(*each.before)) {
                ++counts.failed;
            } else {
                if (counts.clips++ == 0 || last_left != each.clip.video) ++counts.videos;
                last_left = each.clip.video;
            }
        }
        const wanted_clip last = page.back();
        page = sealed.after(&last, work_list::page_size);
    }
    return counts;
}

std::string quota_time(std::uint64_t videos, double per_hour)
{
    // Rounded down: it is said of the least time that it can take.
    const auto rounded = [](double value) {
        return value < 10 ? fmt::format("{:.1f}", std::floor(value * 10) / 10)
                          : fmt::format("{:.0f}", std::floor(value));
    };
    const double hours = static_cast<double>(videos) / per_hour;
    if (hours < 1) return rounded(hours * 60) + " minutes";
    if (hours < 48) return rounded(hours) + " hours";
    return rounded(hours / 24) + " days";
}

}  // namespace reelpipe
