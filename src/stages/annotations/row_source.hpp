#ifndef REELPIPE_STAGES_ANNOTATIONS_ROW_SOURCE_HPP
#define REELPIPE_STAGES_ANNOTATIONS_ROW_SOURCE_HPP

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stages/annotations/csv_line.hpp"
#include "stages/annotations/line_reader.hpp"
#include "stages/annotations/row.hpp"
#include "stages/annotations/times.hpp"
#include "stages/annotations/video_name.hpp"

namespace reelpipe::annotations {

// Takes what one line of a list says, checked: its clips, or what is wrong with it.
class row_sink {
public:
    explicit row_sink(bool youtube_ids) : youtube_ids_(youtube_ids) {}

    // The texts of a clip as they stand in the list.
    struct texts {
        std::string_view video{}, start{}, end{}, label{}, split{};
        time_unit unit = time_unit::seconds;
    };
    void add(const texts&);
    void add(std::string_view video, segment wanted, std::string_view label, std::string_view split);
    void add_error(std::string message) { contents_.emplace_back(row_error{std::move(message)}); }

    // A video whose whole clips are meant: only where ids suffice.
    void add_video(std::string_view video, std::string_view label, std::string_view split);

    std::vector<row_content>& contents() { return contents_; }

private:
    bool check_video(std::string_view);

    bool youtube_ids_;
    std::vector<row_content> contents_;
};

// Reads the rest of a list of one format, a line (or an object of JSON) at a time.
class row_source {
public:
    virtual ~row_source() = default;

    // Adds what the next line says, which may be nothing. Returns its number; nothing at the end of the list. Throws
    // not_a_list.
    virtual std::optional<std::uint64_t> next(row_sink&) = 0;
};

// A format whose rows are lines of separated values.
class fields_format {
public:
    virtual ~fields_format() = default;
    virtual void read(const csv_line& fields, row_sink&) = 0;
};

// The lines of such a list, split as RFC 4180 has it, except that a row is one line: a quote that is left open costs
// its own row, not the rest of the file. Blank lines are passed over; so are lines that begin with '#', but only before
// the first row.
class fields_source : public row_source {
public:
    // With `has_header`, the first line that is no comment says nothing.
    fields_source(list_input& input, char delimiter, std::unique_ptr<fields_format> format, bool has_header);

    std::optional<std::uint64_t> next(row_sink&) override;

private:
    struct kept_line {
        std::uint64_t number = 0;
        std::string text{};
        bool too_long = false;
    };

    std::optional<text_line> next_line();
    std::size_t rest_of_value();

    line_reader lines_;
    const char delimiter_;
    csv_line csv_;
    std::unique_ptr<fields_format> format_;
    bool has_header_;
    bool is_before_rows_ = true;
    bool is_open_ = false;           // a quote of the row before
    std::size_t rest_ = 0;           // so many of the next lines are the rest of a value in quotes
    std::deque<kept_line> ahead_{};  // that were looked at for that
    kept_line given_{};
};

bool is_text(std::string_view);
bool is_blank(std::string_view);
bool is_comment(std::string_view);  // where comments may stand: "#NAME?" is an id that a spreadsheet has broken

}  // namespace reelpipe::annotations

#endif
