// Names of clips, as crawlers and trainers write them, with or without folders, endings and a label behind them:
//     abseiling/0347ZoDXyP0_000095_000105.mp4 0        the folder is the label
//     glLQrEijrKg_000300.mp4,playing hammond organ     one time: the start of a window
// Where ids suffice, plain ids, too.
#include <algorithm>
#include <optional>

#include "stages/annotations/formats/formats.hpp"

namespace reelpipe::annotations {

namespace {

struct clip_name {
    std::string_view video{};
    segment wanted{};
    std::string_view folder{};
};

// Takes the last "_NUMBER" off a name.
std::optional<std::chrono::microseconds> take_time(std::string_view& name)
{
    const std::size_t sign = name.rfind('_');
    if (sign == std::string_view::npos || sign == 0) return std::nullopt;
    const std::string_view digits = name.substr(sign + 1);
    // Shorter ones are parts of ids.
    if (digits.size() < 6 || digits.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
    const auto time = parse_time(digits);
    if (time) name = name.substr(0, sign);
    return time;
}

std::string_view without_ending(std::string_view name)
{
    for (const std::string_view ending : {".mp4", ".mkv", ".webm", ".avi", ".mov", ".wav", ".flac"})
        if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
    return name;
}

std::optional<clip_name> parse_name(std::string_view path, std::chrono::microseconds window)
{
    clip_name found;
    std::string_view name = path;
    if (const std::size_t slash = path.rfind('/'); slash != std::string_view::npos) {
        found.folder = path.substr(0, slash);
        found.folder.remove_prefix(std::min(found.folder.rfind('/') + 1, found.folder.size()));
        name = path.substr(slash + 1);
    }
    name = without_ending(name);
    const auto last = take_time(name);
    if (!last) return std::nullopt;
    std::string_view shorter = name;
    const auto first = is_youtube_id(name) ? std::nullopt : take_time(shorter);
    found.video = first ? shorter : name;
    found.wanted = first ? segment{*first, *last} : segment{*last, *last + window};
    return found;
}

class name_rows : public fields_format {
public:
    explicit name_rows(const list_options& options) : window_(options.window), ids_suffice_(options.ids_suffice) {}

    void read(const csv_line& line, row_sink& sink) override
    {
        const auto clip = parse_name(line[0], window_);
        if (!clip && ids_suffice_ && line.fields() == 1) return sink.add_video(line[0], {}, {});
        if (!clip)
            return sink.add_error(in_quotes(line[0]) + " is not the name of a clip, such as ID_000010_000020.mp4");
        const bool has_label = line.fields() > 1 && line[1].find_first_not_of("0123456789") != std::string_view::npos;
        sink.add(clip->video, clip->wanted, has_label ? line[1] : clip->folder, {});
    }

private:
    std::chrono::microseconds window_;
    bool ids_suffice_;
};

char name_delimiter(const list_head& head)
{
    if (head.line.find_first_of(",;\t") != std::string::npos) return likely_delimiter(head.line);
    // "label with blanks/ID_000010_000020.mp4 0": the blank behind the ending separates.
    return head.line.find(".mp4 ") != std::string::npos ? ' ' : ',';
}

bool is_name_list(const list_head& head, const list_options& options)
{
    const std::vector<std::string> row = head.fields(name_delimiter(head));
    if (row.empty() || row.size() > 2) return false;
    return parse_name(row[0], options.window).has_value() ||
           (options.ids_suffice && row.size() == 1 && row[0].find_first_of(" {[<") == std::string::npos);
}

std::unique_ptr<row_source> open_names(list_input& input, const list_head& head, const list_options& options)
{
    return std::make_unique<fields_source>(input, name_delimiter(head), std::make_unique<name_rows>(options), false);
}

}  // namespace

const format name_format{.name = "names", .looks = "names of clips", .fits = is_name_list, .open = open_names};

}  // namespace reelpipe::annotations
