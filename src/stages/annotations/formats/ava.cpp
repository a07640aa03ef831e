// AVA and AVA-Kinetics: no header; an id, the time of a key frame in seconds, and perhaps a box, an action and a
// person.
//     -5KQ66BBWC4,0902,0.077,0.151,0.283,0.811,80,1
//     000QsbOC-a4,191.000000
// The clip is a window around the key frame. All rows of one key frame are one clip, without a label: an action is that
// of a box, not of the clip.
#include "stages/annotations/formats/formats.hpp"

namespace reelpipe::annotations {

namespace {

class ava_rows : public fields_format {
public:
    explicit ava_rows(std::chrono::microseconds window) : window_(window) {}

    void read(const csv_line& line, row_sink& sink) override
    {
        if (line.fields() < 2) return sink.add_error("has one column where AVA has at least two: video id and time");
        const auto time = parse_time(line[1]);
        if (!time) return sink.add_error("the time " + in_quotes(line[1]) + " is not a number of seconds");
        const std::chrono::microseconds start = std::max(*time - window_ / 2, std::chrono::microseconds(0));
        sink.add(line[0], {start, std::min<std::chrono::microseconds>(*time + window_ / 2, max_time)}, {}, {});
    }

private:
    std::chrono::microseconds window_;
};

bool is_box(const std::vector<std::string>& row)
{
    for (std::size_t i = 2; i < 6; ++i)
        if (const auto place = parse_time(row[i]); !row[i].empty() && (!place || *place > std::chrono::seconds(1)))
            return false;
    return true;
}

bool is_ava(const list_head& head, const list_options&)
{
    const std::vector<std::string> row = head.fields(',');
    return (row.size() == 2 || (row.size() >= 7 && row.size() <= 8 && is_box(row))) && is_youtube_id(row[0]) &&
           parse_time(row[1]);
}

std::unique_ptr<row_source> open_ava(list_input& input, const list_head&, const list_options& options)
{
    return std::make_unique<fields_source>(input, ',', std::make_unique<ava_rows>(options.window), false);
}

}  // namespace

const format ava_format{.name = "ava", .looks = "AVA or AVA-Kinetics", .fits = is_ava, .open = open_ava};

}  // namespace reelpipe::annotations
