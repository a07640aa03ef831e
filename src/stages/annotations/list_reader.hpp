#ifndef REELPIPE_STAGES_ANNOTATIONS_LIST_READER_HPP
#define REELPIPE_STAGES_ANNOTATIONS_LIST_READER_HPP

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stages/annotations/row.hpp"

namespace reelpipe::annotations {

// Reads one annotation list from its beginning to its end, in memory that does not grow with the list.
//
// The format is recognised by content; the folder formats/ has a file for each. Lists may be compressed (gzip, bzip2,
// xz, zstd, lz4). Text is UTF-8 with or without byte order mark; lines end with LF, CRLF or CR. Blank lines are passed
// over, and in front of the first row lines that begin with '#'. A malformed row costs itself only.
//
//     list_reader list("val.csv");
//     while (auto row = list.next())
//         ...
class list_reader {
public:
    // Opens the list ("-": standard input) and recognises it. Throws not_a_list, std::invalid_argument for wrong
    // options, std::system_error if the file cannot be read. next() throws the first and the last for what comes later.
    explicit list_reader(std::string name, list_options = {});
    list_reader(list_reader&&) noexcept;
    list_reader& operator=(list_reader&&) noexcept;
    ~list_reader();

    std::optional<row> next();

    const std::string& name() const;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

// The formats by name, in the order in which they are tried.
std::vector<std::string_view> format_names();

}  // namespace reelpipe::annotations

#endif
