#include "folder/export/stored_rows.hpp"

#include <fmt/format.h>

#include "folder/read_list.hpp"

namespace reelpipe {

namespace {

// Of a whole video, the segment is [0, 0).
std::string name_of(const std::string& video, const segment& wanted)
{
    return fmt::format("{} {} {}", wanted.start.count(), wanted.end.count(), video);
}

}  // namespace

stored_rows::stored_rows(clip_row_reader& rows, const std::vector<std::string>& exclude,
                         const std::function<void(const std::string&)>& warn)
    : rows_(rows)
{
    for (const std::string& list : exclude)
        read_list(list, {.negatives = true, .ids_suffice = true}, warn, [this](const clip_request& clip) {
            named_.insert(name_of(clip.video, clip.wanted));
            return true;
        });
}

std::optional<clip_row> stored_rows::next()
{
    while (std::optional<clip_row> row = rows_.next()) {
        if (row->failed) continue;
        if (!is_excluded(row->clip)) return row;
        ++excluded_;
    }
    return std::nullopt;
}

void stored_rows::rewind()
{
    rows_.rewind();
    excluded_ = 0;
}

bool stored_rows::is_excluded(const clip_request& clip) const
{
    return !named_.empty() &&
           (named_.contains(name_of(clip.video, clip.wanted)) || named_.contains(name_of(clip.video, {})));
}

}  // namespace reelpipe
