#include "stages/annotations/row_source.hpp"

#include <simdjson.h>

#include <algorithm>

namespace reelpipe::annotations {

namespace {

std::string time_error(const char* which, std::string_view text)
{
    return std::string("the ") + which + " time " + in_quotes(text) + " is not a number of seconds from 0 to " +
           std::to_string(std::chrono::seconds(max_time).count()) + ", nor a clock time";
}

// The first quote that is not one of two, which stand for a quote in a value.
std::size_t single_quote_in(std::string_view text)
{
    std::size_t at = text.find('"');
    while (at != std::string_view::npos && text.substr(at + 1).starts_with('"')) at = text.find('"', at + 2);
    return at;
}

}  // namespace

bool is_text(std::string_view line)
{
    return line.find('\0') == std::string_view::npos && simdjson::validate_utf8(line.data(), line.size());
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

bool is_comment(std::string_view line) { return line.starts_with('#') && !line.starts_with("#NAME?"); }

bool row_sink::check_video(std::string_view video)
{
    if (video.empty()) {
        add_error("the video id is empty");
        return false;
    }
    if (const auto damage = spreadsheet_damage(video, youtube_ids_)) {
        add_error("the video id " + in_quotes(video) + " " + *damage);
        return false;
    }
    return true;
}

void row_sink::add(const texts& row)
{
    const std::string_view video = video_in(row.video);
    if (!check_video(video)) return;
    const auto start = parse_time(row.start, row.unit);
    if (!start) return add_error(time_error("start", row.start));
    const auto end = parse_time(row.end, row.unit);
    if (!end) return add_error(time_error("end", row.end));
    if (*end <= *start)
        return add_error("the end " + in_quotes(row.end) + " is not after the start " + in_quotes(row.start));
    contents_.emplace_back(clip_request{.video = std::string(video),
                                        .wanted = {*start, *end},
                                        .label = std::string(row.label),
                                        .split = std::string(row.split)});
}

void row_sink::add(std::string_view video, segment wanted, std::string_view label, std::string_view split)
{
    video = video_in(video);
    if (!check_video(video)) return;
    if (wanted.end <= wanted.start || wanted.start.count() < 0 || wanted.end > max_time)
        return add_error("its end is not after its start, or is beyond " +
                         std::to_string(std::chrono::hours(max_time).count()) + " hours");
    contents_.emplace_back(clip_request{
        .video = std::string(video), .wanted = wanted, .label = std::string(label), .split = std::string(split)});
}

void row_sink::add_video(std::string_view video, std::string_view label, std::string_view split)
{
    video = video_in(video);
    if (!check_video(video)) return;
    contents_.emplace_back(clip_request{
        .video = std::string(video), .wanted = {}, .label = std::string(label), .split = std::string(split)});
}

fields_source::fields_source(list_input& input, char delimiter, std::unique_ptr<fields_format> format, bool has_header)
    : lines_(input), delimiter_(delimiter), csv_(delimiter), format_(std::move(format)), has_header_(has_header)
{
}

std::optional<text_line> fields_source::next_line()
{
    if (ahead_.empty()) return lines_.next();
    given_ = std::move(ahead_.front());
    ahead_.pop_front();
    return text_line{.number = given_.number, .text = given_.text, .too_long = given_.too_long};
}

// How many of the next lines belong to a value in quotes that the last one left open: up to a quote that ends a value.
// None if that does not come soon: then the quote stands where none should, and costs only its own line.
std::size_t fields_source::rest_of_value()
{
    constexpr std::size_t max_lines = 200;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < max_lines && bytes < line_reader::max_line_bytes; ++i) {
        if (i == ahead_.size()) {
            const std::optional<text_line> line = lines_.next();
            if (!line) return 0;
            ahead_.push_back({line->number, std::string(line->text), line->too_long});
        }
        const std::string_view text = ahead_[i].text;
        bytes += text.size();
        const std::size_t quote = single_quote_in(text);
        if (quote == std::string_view::npos) continue;
        return quote + 1 == text.size() || text[quote + 1] == delimiter_ ? i + 1 : 0;
    }
    return 0;
}

std::optional<std::uint64_t> fields_source::next(row_sink& sink)
{
    const std::optional<text_line> line = next_line();
    if (!line) return std::nullopt;
    const std::string_view text = line->text;
    if (rest_ > 0) {
        --rest_;
        sink.add_error("is the rest of a quoted value");
        return line->number;
    }
    if (is_blank(text)) return line->number;
    if (is_before_rows_) {
        if (is_comment(text)) return line->number;
        is_before_rows_ = false;
        if (has_header_) return line->number;
    }
    if (line->too_long) {
        sink.add_error("is longer than " + std::to_string(line_reader::max_line_bytes) + " bytes");
        return line->number;
    }
    if (!is_text(text)) {
        sink.add_error("is not text in UTF-8");
        return line->number;
    }
    // Lines end rows, also inside of quotes; the rest of such a value must not pass for a row of its own.
    const bool has_odd_quotes = std::ranges::count(text, '"') % 2 != 0;
    if (std::exchange(is_open_, false) && has_odd_quotes) {
        sink.add_error("is the rest of a quoted value");
        return line->number;
    }
    is_open_ = !csv_.split(text);
    if (!is_open_) {
        format_->read(csv_, sink);
        return line->number;
    }
    sink.add_error("a quote is left open");
    const std::uint64_t number = line->number;  // what was read ahead takes the line's place
    rest_ = rest_of_value();
    if (rest_ > 0) is_open_ = false;
    return number;
}

}  // namespace reelpipe::annotations
