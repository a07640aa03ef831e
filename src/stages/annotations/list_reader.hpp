#ifndef REELPIPE_STAGES_ANNOTATIONS_LIST_READER_HPP
#define REELPIPE_STAGES_ANNOTATIONS_LIST_READER_HPP

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>

#include "reelpipe/clip.hpp"

namespace reelpipe::annotations {

// The file as a whole cannot be a list: no header that names the columns, binary, empty.
class not_a_list : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// What is wrong with one row; the rows after it are not touched by it.
struct row_error {
    std::string message{};
};

struct row {
    std::uint64_t line = 0;  // in the file, from 1
    std::variant<clip_request, row_error> content{};
};

// Reads one annotation list from its beginning to its end, in constant memory whatever its length.
//
// The header says which column is what, in any order and among others: youtube_id, time_start, time_end, label, split
// (every Kinetics edition, any case) or video-id, start-time, end-time, label-name. Label and split may be missing.
// Rows are RFC 4180 except that a row is one line: a quote that is left open costs its own row, not the rest of the
// file. Blank lines and lines that begin with '#' are passed over; BOM, CRLF and a missing last newline are fine.
// Blanks around an unquoted field do not belong to it. Times are decimal seconds.
//
//     list_reader list("val.csv");
//     while (auto row = list.next())
//         ...
class list_reader {
public:
    // Opens the list ("-": standard input) and reads its header. Throws not_a_list, or std::system_error if the file
    // cannot be read; so does next() for what comes later.
    explicit list_reader(std::string name);
    list_reader(list_reader&&) noexcept;
    list_reader& operator=(list_reader&&) noexcept;
    ~list_reader();

    std::optional<row> next();

    const std::string& name() const;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace reelpipe::annotations

#endif
