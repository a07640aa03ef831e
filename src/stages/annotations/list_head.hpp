#ifndef REELPIPE_STAGES_ANNOTATIONS_LIST_HEAD_HPP
#define REELPIPE_STAGES_ANNOTATIONS_LIST_HEAD_HPP

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stages/annotations/list_input.hpp"

namespace reelpipe::annotations {

// The beginning of a list, by which its format is recognised.
struct list_head {
    std::string start{};                  // its first bytes
    std::vector<std::string> comments{};  // lines that begin with '#'
    std::uint64_t line_number = 0;        // of the first line that says something; 0: there is none
    std::string line{};                   // that line, or its beginning

    // The values of a line; none if a quote is left open.
    static std::vector<std::string> split(std::string_view line, char delimiter);
    std::vector<std::string> fields(char delimiter) const { return split(line, delimiter); }
};

// Reads as far as needed and takes nothing but a byte order mark.
list_head read_head(list_input&);

// That of a line of values without a known header: a tab if there is any, else a semicolon or comma, whichever are
// more.
char likely_delimiter(std::string_view line);

}  // namespace reelpipe::annotations

#endif
