#include "folder/export/layout.hpp"

#include <csv.h>
#include <fmt/format.h>

#include <string_view>

#include "stages/store/clip_name.hpp"

namespace reelpipe {

namespace {

// RFC 4180. Loaders read these lists, so nothing is put in front of what a spreadsheet would take for a formula.
std::string csv_quoted(std::string_view text)
{
    std::string field(csv_write(nullptr, 0, text.data(), text.size()), '\0');
    csv_write(field.data(), field.size(), text.data(), text.size());
    return field;
}

// Of clips without a label, as PyTorchVideo has it.
std::string index_text(const std::optional<std::size_t>& index) { return index ? std::to_string(*index) : "-1"; }

std::string annotation_of(const clip_request& clip, const std::string& split)
{
    return fmt::format("{},{},{},{},{}", csv_quoted(clip.label), csv_quoted(clip.video), in_seconds(clip.wanted.start),
                       in_seconds(clip.wanted.end), csv_quoted(split));
}

}  // namespace

bool needs_split(export_layout layout) noexcept
{
    using enum export_layout;
    return layout != activitynet && layout != flat && layout != webdataset;
}

std::string head_of_lists(export_layout layout)
{
    return layout == export_layout::flat ? "label,youtube_id,time_start,time_end,split" : "";
}

clip_place place_of(const clip_row& row, const std::string& split, export_layout layout, const label_map& labels)
{
    const std::optional<std::size_t> index = labels.index_of(row.clip.label);
    const std::string file = row.file.filename().string(), spaceless = without_spaces(file);
    const std::string& folder = labels.folder_of(index);
    const std::string branch = without_spaces(store::safe_name(split));
    switch (layout) {
        case export_layout::torchvision:
            return {.file = fmt::format("{}/{}/{}", branch, folder, spaceless)};
        case export_layout::mmaction2:
            return {.file = fmt::format("videos_{}/{}/{}", branch, folder, spaceless),
                    .list = branch + "_list_videos.txt",
                    .line = fmt::format("{}/{} {}", folder, spaceless, index_text(index))};
        case export_layout::slowfast:
            return {.file = fmt::format("{}/{}/{}", branch, folder, spaceless),
                    .list = branch + ".csv",
                    .line = fmt::format("{}/{}/{} {}", branch, folder, spaceless, index_text(index))};
        case export_layout::fiftyone:
            return {.file = fmt::format("{}/{}/{}", branch == "val" ? "validation" : branch, folder, file)};
        case export_layout::flat:
            return {.file = branch.empty() ? file : fmt::format("{}/{}", branch, file),
                    .list = fmt::format("annotations/{}.csv", branch.empty() ? "all" : branch),
                    .line = annotation_of(row.clip, split)};
        case export_layout::activitynet:
        case export_layout::webdataset:
            break;
    }
    return {.file = fmt::format("{}/{}", folder, file)};
}

}  // namespace reelpipe
