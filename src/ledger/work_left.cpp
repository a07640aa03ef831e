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
            const bool is_stored =
                each.before ? !each.before->failed : !sealed.stored_under_other_labels(each.clip).empty();
            if (is_stored) {
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

}  // namespace reelpipe
