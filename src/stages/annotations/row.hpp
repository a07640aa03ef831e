#ifndef REELPIPE_STAGES_ANNOTATIONS_ROW_HPP
#define REELPIPE_STAGES_ANNOTATIONS_ROW_HPP

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "reelpipe/clip.hpp"

namespace reelpipe::annotations {

// The file as a whole cannot be a list: nothing that is known, binary, empty, cut off.
class not_a_list : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// The fault of one row; the rows after it are not affected.
struct row_error {
    std::string message{};
};

using row_content = std::variant<clip_request, row_error>;

struct row {
    std::uint64_t line = 0;  // in the file, from 1; several clips of one line share it
    row_content content{};
};

// How lists are read.
struct list_options {
    std::string format{};             // by name, as format_names() has them; empty: by content
    std::string columns{};            // "id=NAME,start=NAME,end=NAME": see column_choice; empty: by their usual names
    bool columns_if_unknown = false;  // they explain another list, and this one only if its content does not
    // The length of clips of lists that give one time: AVA's is the middle of its clip, VGGSound's the start.
    std::chrono::microseconds window{std::chrono::seconds(10)};
    bool negatives = false;    // rows that say "this is not the label" (HACS Clips) are clips, too
    bool cc_only = false;      // only rows whose column is_cc is 1
    bool youtube_ids = false;  // ids are YouTube's, so those that a spreadsheet has changed can be told
    // Rows may name whole videos. Their clips have the segment [0, 0).
    bool ids_suffice = false;
};

}  // namespace reelpipe::annotations

#endif
