#include "folder/stored_clip.hpp"

#include <fmt/format.h>

#include <cmath>

namespace reelpipe {

namespace {

std::string streams_of(const verify::facts& clip)
{
    return fmt::format("{} {}x{}{}", clip.codec, clip.width, clip.height, clip.audio ? ", audio" : "");
}

}  // namespace

clip_record record_of(const verify::facts& facts, const store::file_signature& file)
{
    return {.file = file,
            .frames = facts.frames,
            .duration_s = in_seconds(facts.duration),
            .streams = streams_of(facts),
            .packets = facts.packets};
}

void note_length(clip_record& clip, std::string_view what, std::chrono::microseconds missing, std::string_view why)
{
    constexpr std::chrono::milliseconds rounding{100};
    if (missing <= rounding) return;
    clip.missing_s = in_seconds(missing);
    clip.message = fmt::format("{}; {:.2f} s shorter than asked for{}{}", what, clip.missing_s,
                               why.empty() ? "" : ", because ", why);
}

std::string copy_note(std::string_view what, const clip_record& r)
{
    if (r.copied > 0) return fmt::format("{}; copied {} of {} frames", what, r.copied, r.frames);
    if (r.encoded_because.empty()) return {};
    return fmt::format("{}; encoded as a whole: {}", what, r.encoded_because);
}

verify::expectation expectation_of(const segment& wanted)
{
    return {.duration = wanted.end - wanted.start, .may_be_shorter = true};
}

verify::expectation expectation_of(const clip_record& stored)
{
    return {.frames = stored.frames, .duration = std::chrono::microseconds(std::llround(stored.duration_s * 1e6))};
}

void check_same(const verify::facts& facts, const clip_record& stored)
{
    if (const std::string found = streams_of(facts); found != stored.streams)
        throw verify::verify_error(fmt::format("{} instead of {}", found, stored.streams));
    if (facts.bytes != stored.file.bytes)
        throw verify::verify_error(
            fmt::format("{} bytes instead of {}: not the file that was stored", facts.bytes, stored.file.bytes));
}

}  // namespace reelpipe
