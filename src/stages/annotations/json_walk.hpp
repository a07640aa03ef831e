#ifndef REELPIPE_STAGES_ANNOTATIONS_JSON_WALK_HPP
#define REELPIPE_STAGES_ANNOTATIONS_JSON_WALK_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stages/annotations/list_input.hpp"

namespace reelpipe::annotations {

// Walks along the members of a JSON object, or the elements of an array, of any length, and gives the text of one value
// at a time. It only finds where values end; whether their text is JSON, a parser says.
//
//     json_walk walk(input);
//     walk.enter();
//     while (walk.next()) {
//         if (walk.key() == "database") walk.enter(); else use(walk.value());
//     }
// Throws not_a_list when the list ends inside of a value, or when something else stands where a member does.
class json_walk {
public:
    static constexpr std::size_t max_value_bytes = 4u << 20;

    // The input outlives the walk.
    explicit json_walk(list_input& input) : input_(&input) {}

    // Goes into the object or array that comes next. What is entered is not left again: its end is the walk's end.
    void enter();

    // Goes to the next member of what was entered last; false behind its last one.
    bool next();

    // The key of this member as it is spelled, without the quotes; empty in an array.
    const std::string& key() const { return key_; }
    std::uint64_t line() const { return line_; }
    char first() const;  // sign of the value: '{', '[', '"', ...

    // The text of its value; nothing if it is longer than max_value_bytes. Valid until the next call. Once a member.
    std::optional<std::string_view> value();

private:
    void pass_blanks();
    char at(std::size_t place);  // reads on if need be
    void pass(std::size_t count);
    std::size_t end_of_value(std::size_t place);
    std::size_t end_of_string(std::size_t place);
    [[noreturn]] void refuse(const std::string& why) const;

    list_input* input_;
    std::string key_;
    std::uint64_t line_ = 1;
    char closing_ = '\0';
    bool is_first_ = true;
    bool has_value_ = false;  // of this member, and it was not taken yet
    std::size_t dropped_ = 0;
};

}  // namespace reelpipe::annotations

#endif
