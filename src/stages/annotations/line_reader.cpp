#include "stages/annotations/line_reader.hpp"

#include <string>

#include "stages/annotations/row.hpp"

namespace reelpipe::annotations {

// CR ends lines only where there is no LF within what a line may hold.
char line_reader::find_end_sign()
{
    while (true) {
        const std::string_view bytes = input_->bytes();
        if (bytes.find('\n') != std::string_view::npos) return '\n';
        if (bytes.size() > max_line_bytes || !input_->read_on()) break;
    }
    return input_->bytes().find('\r') != std::string_view::npos ? '\r' : '\n';
}

std::optional<text_line> line_reader::next()
{
    if (end_sign_ == '\0') end_sign_ = find_end_sign();
    std::size_t searched = 0;
    std::size_t dropped = 0;
    while (true) {
        const std::size_t end = input_->bytes().find(end_sign_, searched);
        if (end != std::string_view::npos) {
            text_line line = take_line(end, end + 1);
            line.too_long |= dropped > 0;
            return line;
        }
        searched = input_->bytes().size();
        if (searched > max_line_bytes) {
            // Too long already: its bytes are of no use to anybody.
            dropped += searched;
            if (dropped > hopeless_line)
                throw not_a_list(input_->name() + " is not an annotation list: line " + std::to_string(number_ + 1) +
                                 " is longer than " + std::to_string(hopeless_line) + " bytes");
            input_->take(searched);
            searched = 0;
        }
        if (!input_->read_on()) break;
    }
    const std::size_t left = input_->bytes().size();
    if (left == 0 && dropped == 0) return std::nullopt;
    text_line line = take_line(left, left);
    line.too_long |= dropped > 0;
    return line;
}

text_line line_reader::take_line(std::size_t size, std::size_t with_end)
{
    text_line line{.number = ++number_, .text = input_->bytes().substr(0, size), .too_long = size > max_line_bytes};
    input_->take(with_end);
    if (line.too_long) line.text = line.text.substr(0, max_line_bytes);
    while (line.text.ends_with('\r')) line.text.remove_suffix(1);
    return line;
}

}  // namespace reelpipe::annotations
