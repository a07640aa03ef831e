#include "batch/plan_row.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>

#include "stages/annotations/times.hpp"

namespace reelpipe {

namespace {

void add_text(std::string& to, std::string_view text)
{
    to += '"';
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20)
            fmt::format_to(std::back_inserter(to), "\\u{:04x}", static_cast<unsigned char>(c));
        else if (c == '"' || c == '\\')
            (to += '\\') += c;
        else
            to += c;
    }
    to += '"';
}

}  // namespace

void add_plan_row(std::string& to, const clip_request& clip)
{
    to += '[';
    add_text(to, clip.video);
    fmt::format_to(std::back_inserter(to), ",{},{},", clip.wanted.start.count(), clip.wanted.end.count());
    add_text(to, clip.label);
    to += ',';
    add_text(to, clip.split);
    to += "]\n";
}

clip_request clip_of_plan_row(std::string_view line)
try {
    const nlohmann::json row = nlohmann::json::parse(line);
    if (!row.is_array() || row.size() != 5) throw bad_plan_row("it has not five values");
    clip_request clip{.video = row[0],
                      .wanted = {std::chrono::microseconds(row[1].get<std::int64_t>()),
                                 std::chrono::microseconds(row[2].get<std::int64_t>())},
                      .label = row[3],
                      .split = row[4]};
    check_plan_clip(clip);
    return clip;
} catch (const nlohmann::json::exception& e) {
    throw bad_plan_row(e.what());
}

void check_plan_clip(const clip_request& clip)
{
    if (clip.video.empty()) throw bad_plan_row("it names no video");
    if (clip.wanted.start.count() < 0 || clip.wanted.end <= clip.wanted.start ||
        clip.wanted.end > annotations::max_time)
        throw bad_plan_row("its times are none of a list");
}

}  // namespace reelpipe
