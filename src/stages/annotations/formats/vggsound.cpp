// VGGSound: no header; id, start in seconds, label, split. The clip goes on for a window, which is ten seconds there.
//     ---g-f_I2yQ,1,people marching,test
#include "stages/annotations/formats/formats.hpp"

namespace reelpipe::annotations {

namespace {

class vggsound_rows : public fields_format {
public:
    explicit vggsound_rows(std::chrono::microseconds window) : window_(window) {}

    void read(const csv_line& line, row_sink& sink) override
    {
        if (line.fields() != 4)
            return sink.add_error("has " + std::to_string(line.fields()) +
                                  " columns where VGGSound has four: id, start, label, split; a label with a comma "
                                  "needs quotes");
        const auto start = parse_time(line[1]);
        if (!start) return sink.add_error("the start time " + in_quotes(line[1]) + " is not a number of seconds");
        sink.add(line[0], {*start, *start + window_}, line[2], line[3]);
    }

private:
    std::chrono::microseconds window_;
};

bool is_vggsound(const list_head& head, const list_options&)
{
    const std::vector<std::string> row = head.fields(',');
    return row.size() == 4 && is_youtube_id(row[0]) && parse_time(row[1]) && !parse_time(row[2]) &&
           (row[3] == "train" || row[3] == "test");
}

std::unique_ptr<row_source> open_vggsound(list_input& input, const list_head&, const list_options& options)
{
    return std::make_unique<fields_source>(input, ',', std::make_unique<vggsound_rows>(options.window), false);
}

}  // namespace

const format vggsound_format{.name = "vggsound", .looks = "VGGSound", .fits = is_vggsound, .open = open_vggsound};

}  // namespace reelpipe::annotations
