#ifndef REELPIPE_STAGES_ANNOTATIONS_LINE_READER_HPP
#define REELPIPE_STAGES_ANNOTATIONS_LINE_READER_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "stages/annotations/list_input.hpp"

namespace reelpipe::annotations {

struct text_line {
    std::uint64_t number = 0;  // from 1
    std::string_view text{};   // without its end; valid until the next call
    bool too_long = false;     // the text is cut off
};

// The lines of a list. They end with LF or CRLF, or, in a file without any LF at its beginning, with CR, as old
// spreadsheets write them. A line beyond the limit is read past, not kept. Throws not_a_list for one that goes on
// beyond hopeless_line, such as that of a device without end; and what list_input throws.
class line_reader {
public:
    static constexpr std::size_t max_line_bytes = 1u << 20;
    static constexpr std::size_t hopeless_line = 64u << 20;

    // The input outlives the reader.
    explicit line_reader(list_input& input) : input_(&input) {}

    std::optional<text_line> next();

private:
    char find_end_sign();
    text_line take_line(std::size_t size, std::size_t with_end);

    list_input* input_;
    char end_sign_ = '\0';  // not known yet
    std::uint64_t number_ = 0;
};

}  // namespace reelpipe::annotations

#endif
