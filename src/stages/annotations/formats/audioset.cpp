// AudioSet's segments: three lines of comment, of which the last names the columns, and rows such as
//     --4gqARaEJE, 0.000, 10.000, "/m/068hy,/m/07q6cd_"
// A row is a clip for each of its labels.
#include "stages/annotations/formats/formats.hpp"

namespace reelpipe::annotations {

namespace {

constexpr std::size_t columns_of_a_row = 4;

class audioset_rows : public fields_format {
public:
    void read(const csv_line& line, row_sink& sink) override
    {
        if (line.fields() != columns_of_a_row)
            return sink.add_error(
                "has " + std::to_string(line.fields()) +
                " columns where AudioSet has four: YTID, start_seconds, end_seconds, positive_labels");
        std::string_view labels = line[3];
        while (true) {
            const std::size_t comma = labels.find(',');
            const std::size_t before = sink.contents().size();
            sink.add({.video = line[0], .start = line[1], .end = line[2], .label = labels.substr(0, comma)});
            if (comma == std::string_view::npos || std::holds_alternative<row_error>(sink.contents().at(before))) break;
            labels.remove_prefix(comma + 1);
        }
    }
};

bool is_audioset(const list_head& head, const list_options& options)
{
    if (!options.columns.empty()) return false;
    for (const std::string& comment : head.comments)
        if (comment.find("YTID") != std::string::npos && comment.find("start_seconds") != std::string::npos)
            return true;
    const std::vector<std::string> row = head.fields(',');
    return row.size() == columns_of_a_row && is_youtube_id(row[0]) && parse_time(row[1]) && parse_time(row[2]) &&
           row[3].starts_with("/");
}

std::unique_ptr<row_source> open_audioset(list_input& input, const list_head& head, const list_options&)
{
    const bool has_header = head.line.starts_with("YTID");
    return std::make_unique<fields_source>(input, ',', std::make_unique<audioset_rows>(), has_header);
}

}  // namespace

const format audioset_format{
    .name = "audioset", .looks = "AudioSet segments", .fits = is_audioset, .open = open_audioset};

}  // namespace reelpipe::annotations
