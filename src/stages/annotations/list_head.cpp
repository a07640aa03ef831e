#include "stages/annotations/list_head.hpp"

#include <algorithm>

#include "stages/annotations/csv_line.hpp"
#include "stages/annotations/line_reader.hpp"
#include "stages/annotations/row_source.hpp"

namespace reelpipe::annotations {

namespace {

constexpr std::size_t start_size = 4096;

// Fills in the lines that are whole in these bytes; true when one of them says something, or all there will be is
// there.
bool find_lines(std::string_view bytes, bool is_all, list_head& head)
{
    head.comments.clear();
    const char end_sign = bytes.find('\n') == std::string_view::npos ? '\r' : '\n';
    for (std::uint64_t number = 1; !bytes.empty(); ++number) {
        const std::size_t end = bytes.find(end_sign);
        if (end == std::string_view::npos && !is_all) return false;
        std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
        while (line.ends_with('\r')) line.remove_suffix(1);
        if (is_blank(line)) continue;
        if (!is_comment(line)) {
            head.line_number = number;
            head.line = line.substr(0, line_reader::max_line_bytes);
            return true;
        }
        head.comments.emplace_back(line);
    }
    return is_all;
}

}  // namespace

std::vector<std::string> list_head::split(std::string_view line, char delimiter)
{
    csv_line csv(delimiter);
    std::vector<std::string> all;
    if (!csv.split(line)) return all;
    for (std::size_t i = 0; i < csv.fields(); ++i) all.emplace_back(csv[i]);
    return all;
}

list_head read_head(list_input& input)
{
    list_head head;
    bool is_all = false;
    while (true) {
        if (input.bytes().starts_with("\xef\xbb\xbf")) input.take(3);
        const std::string_view bytes = input.bytes();
        head.start = bytes.substr(0, start_size);
        // Without a LF, lines may end with CR; that is known when no line could be longer.
        is_all = is_all || bytes.size() > line_reader::max_line_bytes;
        const bool has_ends = is_all || bytes.find('\n') != std::string_view::npos;
        if (has_ends && find_lines(bytes, is_all, head)) return head;
        if (is_all) return head;
        is_all = !input.read_on();
    }
}

char likely_delimiter(std::string_view line)
{
    if (line.find('\t') != std::string_view::npos) return '\t';
    return std::ranges::count(line, ';') > std::ranges::count(line, ',') ? ';' : ',';
}

}  // namespace reelpipe::annotations
