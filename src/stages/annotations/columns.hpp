#ifndef REELPIPE_STAGES_ANNOTATIONS_COLUMNS_HPP
#define REELPIPE_STAGES_ANNOTATIONS_COLUMNS_HPP

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "stages/annotations/times.hpp"

namespace reelpipe::annotations {

inline constexpr std::size_t absent = static_cast<std::size_t>(-1);

// Where the values of a row stand.
struct columns {
    std::size_t count = 0;  // that a row must have; 0: as many as are named
    std::size_t video = absent;
    std::size_t start = absent;
    std::size_t end = absent;
    std::size_t duration = absent;  // in place of the end
    std::size_t label = absent;
    std::size_t split = absent;
    std::size_t is_cc = absent;
    std::size_t polarity = absent;  // of HACS Clips: 1, or -1 where the clip does not show its label
    std::optional<time_unit> unit{};

    bool has_times() const { return start != absent && (end != absent || duration != absent); }
};

// The columns as the user names them: "id=NAME,start=NAME,end=NAME", with duration= in place of end=, and perhaps
// label=, split= and unit=s, ms or us. In a list without a header, and for names that it does not have, numbers count
// columns from 1.
struct column_choice {
    std::string id{}, start{}, end{}, duration{}, label{}, split{};
    std::optional<time_unit> unit{};

    // Throws std::invalid_argument.
    static column_choice parse(std::string_view text);

    bool are_numbers() const;  // all of them, so that a header is not needed
};

// Recognises the usual names of columns, in any case, with or without '_', '-' and blanks. Without a video column,
// `video` is absent. Throws std::invalid_argument when two columns have the same meaning.
columns columns_of(std::span<const std::string> header);

// Throws std::invalid_argument when the header has no such column.
columns columns_of(std::span<const std::string> header, const column_choice&);

}  // namespace reelpipe::annotations

#endif
