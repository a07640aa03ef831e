#ifndef REELPIPE_STAGES_ANNOTATIONS_LINE_READER_HPP
#define REELPIPE_STAGES_ANNOTATIONS_LINE_READER_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reelpipe::annotations {

struct text_line {
    std::uint64_t number = 0;  // from 1
    std::string_view text{};   // without LF or CRLF; valid until the next call
    bool too_long = false;     // the text is cut off
    bool hopeless = false;     // and its end was not looked for any more
};

// The lines of a file or of standard input. A line beyond the limit is read past, not kept; one that goes on beyond
// hopeless_line, such as that of a device without end, is given cut off, with what follows as further lines.
class line_reader {
public:
    static constexpr std::size_t longest_line = 1u << 20;
    static constexpr std::size_t hopeless_line = 64u << 20;

    // "-" is standard input. Throws std::system_error, and so does next().
    explicit line_reader(const std::string& name);
    line_reader(const line_reader&) = delete;
    line_reader& operator=(const line_reader&) = delete;
    ~line_reader();

    std::optional<text_line> next();

private:
    bool read_more();

    std::string name_;
    int descriptor_ = -1;
    bool owned_ = false;
    std::string buffer_;
    std::size_t begin_ = 0;  // of the next line in the buffer
    std::uint64_t number_ = 0;
};

}  // namespace reelpipe::annotations

#endif
