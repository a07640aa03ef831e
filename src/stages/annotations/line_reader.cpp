#include "stages/annotations/line_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace reelpipe::annotations {

namespace {

constexpr std::size_t chunk = 128u << 10;

text_line make_line(std::uint64_t number, std::string_view text)
{
    const bool too_long = text.size() > line_reader::longest_line;
    if (too_long) text = text.substr(0, line_reader::longest_line);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return {.number = number, .text = text, .too_long = too_long};
}

}  // namespace

line_reader::line_reader(const std::string& name) : name_(name), descriptor_(STDIN_FILENO), owned_(name != "-")
{
    if (owned_) descriptor_ = open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "cannot open the list " + name);
}

line_reader::~line_reader()
{
    if (owned_) close(descriptor_);
}

std::optional<text_line> line_reader::next()
{
    std::size_t searched = begin_;
    bool cut = false;
    std::size_t dropped = 0;
    while (true) {
        const std::size_t end = buffer_.find('\n', searched);
        if (end != std::string::npos) {
            text_line line = make_line(++number_, std::string_view(buffer_).substr(begin_, end - begin_));
            line.too_long |= cut;
            begin_ = end + 1;
            return line;
        }
        if (buffer_.size() - begin_ > longest_line) {
            // Too long already: what it holds beyond its beginning is of no use to anybody.
            dropped += buffer_.size() - begin_ - longest_line;
            buffer_.resize(begin_ + longest_line);
            cut = true;
            if (dropped > hopeless_line) break;
        }
        searched = buffer_.size() - begin_;  // read_more() moves the line to the front
        if (!read_more()) break;
    }
    if (begin_ == buffer_.size()) return std::nullopt;
    text_line line = make_line(++number_, std::string_view(buffer_).substr(begin_));
    line.too_long |= cut;
    line.hopeless = dropped > hopeless_line;
    begin_ = buffer_.size();
    return line;
}

// Appends the next bytes of the file behind the unfinished line; false at the end of the file.
bool line_reader::read_more()
{
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::size_t kept = buffer_.size();
    buffer_.resize(kept + chunk);
    ssize_t got = -1;
    do {
        got = read(descriptor_, buffer_.data() + kept, chunk);
    } while (got < 0 && errno == EINTR);
    if (got < 0) throw std::system_error(errno, std::generic_category(), "cannot read the list " + name_);
    buffer_.resize(kept + static_cast<std::size_t>(got));
    return got > 0;
}

}  // namespace reelpipe::annotations
