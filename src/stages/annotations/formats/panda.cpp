// Panda-70M: a row a video, whose segments are a list as Python writes it:
//     videoID,url,timestamp,caption,matching_score
//     --a5nRkoZKs,https://www.youtube.com/watch?v=--a5nRkoZKs,"[['0:00:05.005', '0:00:10.010']]","['A man ...']",[0.4]
#include <algorithm>
#include <optional>

#include "stages/annotations/formats/formats.hpp"

namespace reelpipe::annotations {

namespace {

struct places {
    std::size_t count = 0, video = 0, timestamp = 0;
};

std::optional<places> places_in(const std::vector<std::string>& header)
{
    const auto place_of = [&](std::string_view name) {
        return static_cast<std::size_t>(std::ranges::find(header, name) - header.begin());
    };
    const places found{header.size(), place_of("videoID"), place_of("timestamp")};
    if (found.video == found.count || found.timestamp == found.count) return std::nullopt;
    return found;
}

// Reads "[['0:00:05.005', '0:00:10.010'], [...]]", quotes of either kind or none, piece by piece.
class python_pairs {
public:
    explicit python_pairs(std::string_view text) : text_(text) {}

    bool take(char sign)
    {
        skip_blanks();
        if (!text_.starts_with(sign)) return false;
        text_.remove_prefix(1);
        return true;
    }

    // A string without escapes, as times are, or a number.
    std::string_view value()
    {
        skip_blanks();
        if (!text_.empty() && (text_.front() == '\'' || text_.front() == '"')) {
            const std::size_t end = text_.find(text_.front(), 1);
            if (end == std::string_view::npos) return {};
            const std::string_view found = text_.substr(1, end - 1);
            text_.remove_prefix(end + 1);
            return found;
        }
        const std::string_view found = text_.substr(0, std::min(text_.find_first_of(",] "), text_.size()));
        text_.remove_prefix(found.size());
        return found;
    }

    bool is_at_end()
    {
        skip_blanks();
        return text_.empty();
    }

private:
    void skip_blanks()
    {
        while (text_.starts_with(' ')) text_.remove_prefix(1);
    }

    std::string_view text_;
};

class panda_rows : public fields_format {
public:
    explicit panda_rows(places where) : where_(where) {}

    void read(const csv_line& line, row_sink& sink) override
    {
        if (line.fields() != where_.count)
            return sink.add_error("has " + std::to_string(line.fields()) + " columns where the header has " +
                                  std::to_string(where_.count));
        if (!read_segments(line[where_.video], line[where_.timestamp], sink))
            sink.add_error("the timestamp " + in_quotes(line[where_.timestamp]) +
                           " is not a list such as [['0:00:05.005', '0:00:10.010']]");
    }

private:
    static bool read_segments(std::string_view video, std::string_view text, row_sink& sink)
    {
        python_pairs list(text);
        if (!list.take('[')) return false;
        if (list.take(']')) return list.is_at_end();
        do {
            if (!list.take('[')) return false;
            const std::string_view start = list.value();
            if (!list.take(',')) return false;
            const std::string_view end = list.value();
            if (!list.take(']')) return false;
            sink.add({.video = video, .start = start, .end = end});
        } while (list.take(','));
        return list.take(']') && list.is_at_end();
    }

    places where_;
};

bool is_panda(const list_head& head, const list_options& options)
{
    return options.columns.empty() && places_in(head.fields(',')).has_value();
}

std::unique_ptr<row_source> open_panda(list_input& input, const list_head& head, const list_options&)
{
    const auto where = places_in(head.fields(','));
    if (!where)
        throw not_a_list(input.name() +
                         " is not a list like Panda-70M: its header has no columns videoID and timestamp");
    return std::make_unique<fields_source>(input, ',', std::make_unique<panda_rows>(*where), true);
}

}  // namespace

const format panda_format{.name = "panda", .looks = "Panda-70M", .fits = is_panda, .open = open_panda};

}  // namespace reelpipe::annotations
