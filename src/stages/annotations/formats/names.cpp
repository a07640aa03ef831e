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

// Takes the last "_NUMBER" off a name. Shorter ones may be parts of ids.
std::optional<std::chrono::microseconds> take_time(std::string_view& name, std::size_t least_digits = 6)
{
    const std::size_t sign = name.rfind('_');
    if (sign == std::string_view::npos || sign == 0) return std::nullopt;
    const std::string_view digits = name.substr(sign + 1);
    if (digits.size() < least_digits || digits.find_first_not_of("0123456789.") != std::string_view::npos)
        return std::nullopt;
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

// A name and what stands behind it. Where blanks separate, a name may have some, too: it goes on to its ending.
struct named_row {
    std::string name{}, label{};
    std::size_t fields = 0;
};

template <class Fields> named_row row_of(const Fields& row, std::size_t fields, char delimiter)
{
    named_row found{.fields = fields};
    bool is_ended = false;
    for (std::size_t i = 0; i < fields; ++i) {
        std::string& part = is_ended ? found.label : found.name;
        if (!part.empty()) part += delimiter;
        part += row[i];
        is_ended |= delimiter != ' ' || without_ending(row[i]).size() < row[i].size();
        if (delimiter != ' ' && i == 1) break;
    }
    return found;
}

std::optional<clip_name> parse_name(std::string_view path, const list_options& options)
{
    clip_name found;
    std::string_view name = path;
    if (const std::size_t slash = path.rfind('/'); slash != std::string_view::npos) {
        found.folder = path.substr(0, slash);
        found.folder.remove_prefix(std::min(found.folder.rfind('/') + 1, found.folder.size()));
        name = path.substr(slash + 1);
    }
    const std::string_view stem = without_ending(name);
    if (options.ids_suffice && stem.size() < name.size() && !is_youtube_id(stem)) {
        // A file to take or to leave: two short numbers are times, too.
        found.video = stem;
        const auto end = take_time(found.video, 1), start = end ? take_time(found.video, 1) : std::nullopt;
        if (start && *start < *end) {
            found.wanted = {*start, *end};
            return found;
        }
    }
    name = stem;
    const auto last = take_time(name);
    if (!last) return std::nullopt;
    std::string_view shorter = name;
    const auto first = is_youtube_id(name) ? std::nullopt : take_time(shorter);
    found.video = first ? shorter : name;
    found.wanted = first ? segment{*first, *last} : segment{*last, *last + options.window};
    return found;
}

class name_rows : public fields_format {
public:
    name_rows(const list_options& options, char delimiter) : options_(options), delimiter_(delimiter) {}

    void read(const csv_line& line, row_sink& sink) override
    {
        const named_row row = row_of(line, line.fields(), delimiter_);
        const auto clip = parse_name(row.name, options_);
        if (!clip && options_.ids_suffice && row.fields == 1) return sink.add_video(without_ending(row.name), {}, {});
        if (!clip)
            return sink.add_error(in_quotes(row.name) + " is not the name of a clip, such as ID_000010_000020.mp4");
        const bool has_label = row.label.find_first_not_of("0123456789") != std::string::npos;
        sink.add(clip->video, clip->wanted, has_label ? row.label : clip->folder, {});
    }

private:
    list_options options_;
    char delimiter_;
};

char name_delimiter(const list_head& head)
{
    if (head.line.find_first_of(",;\t") != std::string::npos) return likely_delimiter(head.line);
    // "label with blanks/ID_000010_000020.mp4 0": the blank behind the ending separates.
    return head.line.find(".mp4 ") != std::string::npos ? ' ' : ',';
}

bool is_name_list(const list_head& head, const list_options& options)
{
    const char delimiter = name_delimiter(head);
    const std::vector<std::string> fields = head.fields(delimiter);
    if (fields.empty() || (fields.size() > 2 && delimiter != ' ')) return false;
    const named_row row = row_of(fields, fields.size(), delimiter);
    return parse_name(row.name, options).has_value() ||
           (options.ids_suffice && row.fields == 1 && row.name.find_first_of(" {[<") == std::string::npos);
}

std::unique_ptr<row_source> open_names(list_input& input, const list_head& head, const list_options& options)
{
    const char delimiter = name_delimiter(head);
    return std::make_unique<fields_source>(input, delimiter, std::make_unique<name_rows>(options, delimiter), false);
}

}  // namespace

const format name_format{.name = "names", .looks = "names of clips", .fits = is_name_list, .open = open_names};

}  // namespace reelpipe::annotations
