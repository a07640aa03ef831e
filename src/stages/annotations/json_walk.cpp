#include "stages/annotations/json_walk.hpp"

#include <algorithm>

#include "stages/annotations/row.hpp"

namespace reelpipe::annotations {

namespace {

constexpr std::size_t max_key_bytes = 4096;

bool is_json_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

void json_walk::refuse(const std::string& why) const
{
    throw not_a_list(input_->name() + " is not an annotation list in JSON: line " + std::to_string(line_) + ": " + why);
}

char json_walk::at(std::size_t place)
{
    while (place >= input_->bytes().size())
        if (!input_->read_on()) refuse("it ends inside of an object: the file was cut off, fetch it again");
    return input_->bytes()[place];
}

void json_walk::pass(std::size_t count)
{
    const std::string_view passed = input_->bytes().substr(0, count);
    line_ += static_cast<std::uint64_t>(std::ranges::count(passed, '\n'));
    input_->take(count);
}

void json_walk::pass_blanks()
{
    while (is_json_blank(at(0))) pass(1);
}

void json_walk::enter()
{
    pass_blanks();
    const char sign = at(0);
    if (sign != '{' && sign != '[') refuse("an object or array should begin here");
    pass(1);
    closing_ = sign == '{' ? '}' : ']';
    is_first_ = true;
    has_value_ = false;
}

bool json_walk::next()
{
    if (has_value_) value();
    pass_blanks();
    if (at(0) == closing_) return false;
    if (!is_first_) {
        if (at(0) != ',') refuse("a comma is missing between two values");
        pass(1);
        pass_blanks();
    }
    is_first_ = false;
    key_.clear();
    if (closing_ == '}') {
        if (at(0) != '"') refuse("a member's name should stand here");
        const std::size_t end = end_of_string(0);
        if (end > max_key_bytes) refuse("a member's name has more than " + std::to_string(max_key_bytes) + " bytes");
        key_ = input_->bytes().substr(1, end - 2);
        pass(end);
        pass_blanks();
        if (at(0) != ':') refuse("a colon is missing behind a member's name");
        pass(1);
        pass_blanks();
    }
    has_value_ = true;
    return true;
}

char json_walk::first() const { return input_->bytes().front(); }

std::optional<std::string_view> json_walk::value()
{
    has_value_ = false;
    dropped_ = 0;
    const std::size_t end = end_of_value(0);
    const std::string_view text = input_->bytes().substr(0, end);
    line_ += static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
    input_->take(end);
    if (dropped_ > 0) return std::nullopt;
    return text;
}

// Behind the string whose opening quote is at `place`. A name is never long, so nothing of it is dropped.
std::size_t json_walk::end_of_string(std::size_t place)
{
    for (++place;; ++place) {
        const char c = at(place);
        if (c == '"') return place + 1;
        if (c == '\\') ++place;
        if (place > max_key_bytes) return place;
    }
}

// Behind the value that begins at `place`. Of one that is too long what was seen is dropped, and the end is counted in
// what is left.
std::size_t json_walk::end_of_value(std::size_t place)
{
    std::size_t depth = 0;
    bool in_string = false;
    while (true) {
        if (place > max_value_bytes) {
            pass(place);
            dropped_ += place;
            place = 0;
        }
        (void)at(place);
        const std::string_view bytes = input_->bytes();
        for (; place < bytes.size(); ++place) {
            const char c = bytes[place];
            if (in_string) {
                if (c == '\\') {
                    ++place;
                } else if (c == '"') {
                    in_string = false;
                    if (depth == 0) return place + 1;
                }
                continue;
            }
            switch (c) {
                case '"':
                    in_string = true;
                    break;
                case '{':
                case '[':
                    ++depth;
                    break;
                case '}':
                case ']':
                    if (depth == 0) return place;  // of what encloses a number or a word
                    if (--depth == 0) return place + 1;
                    break;
                case ',':
                    if (depth == 0) return place;
                    break;
                default:
                    break;
            }
        }
    }
}

}  // namespace reelpipe::annotations
