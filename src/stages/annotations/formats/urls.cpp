// Lines of a URL, a start and an end, and perhaps a label, separated by commas, semicolons, tabs or blanks:
//     https://youtu.be/dQw4w9WgXcQ 10 20
//     https://mirror.example/a.mp4,1:10,1:20,playing drums
#include <algorithm>

#include "stages/annotations/formats/formats.hpp"

namespace reelpipe::annotations {

namespace {

class url_rows : public fields_format {
public:
    explicit url_rows(bool ids_suffice) : ids_suffice_(ids_suffice) {}

    void read(const csv_line& line, row_sink& sink) override
    {
        if (!is_web_url(line[0])) return sink.add_error(in_quotes(line[0]) + " is not an http(s) URL");
        if (line.fields() == 1 && ids_suffice_) return sink.add_video(line[0], {}, {});
        if (line.fields() != 3 && line.fields() != 4)
            return sink.add_error("has " + std::to_string(line.fields()) +
                                  " values where a URL, a start, an end and perhaps a label belong");
        sink.add({.video = line[0],
                  .start = line[1],
                  .end = line[2],
                  .label = line.fields() == 4 ? line[3] : std::string_view{}});
    }

private:
    bool ids_suffice_;
};

char url_delimiter(std::string_view line)
{
    if (line.find('\t') != std::string_view::npos) return '\t';
    // A URL may hold commas and semicolons, and no blanks.
    const std::string_view url = line.substr(0, line.find(' '));
    const bool is_blank_separated = url.size() < line.size() && url.find_first_of(",;") == std::string_view::npos;
    return is_blank_separated ? ' ' : likely_delimiter(line);
}

bool is_url_list(const list_head& head, const list_options&) { return is_web_url(head.line); }

std::unique_ptr<row_source> open_urls(list_input& input, const list_head& head, const list_options& options)
{
    return std::make_unique<fields_source>(input, url_delimiter(head.line),
                                           std::make_unique<url_rows>(options.ids_suffice), false);
}

}  // namespace

const format url_format{.name = "urls", .looks = "a list of URLs with times", .fits = is_url_list, .open = open_urls};

}  // namespace reelpipe::annotations
