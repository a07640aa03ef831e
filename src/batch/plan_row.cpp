#include "batch/plan_row.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>

#include "stages/annotations/times.hpp"

namespace reelpipe {

namespace {

std::string as_json(const std::string& text)
{
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void add_plan_row(std::string& to, const clip_request& clip)
{
    fmt::format_to(std::back_inserter(to), "[{},{},{},{},{}]\n", as_json(clip.video), clip.wanted.start.count(),
                   clip.wanted.end.count(), as_json(clip.label), as_json(clip.split));
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
