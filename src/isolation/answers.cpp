#include "isolation/answers.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "isolation/message_parts.hpp"
#include "media/h264_parameter_sets.hpp"
#include "media/limits.hpp"

namespace reelpipe::isolation {

using nlohmann::json;
using std::chrono::microseconds;

namespace {

constexpr std::size_t max_jpeg = 256u << 10;  // in base64

// In a list, with its comma; of things that are made of two numbers, with brackets or "false".
constexpr std::size_t bytes_of_number = 21;
constexpr std::size_t bytes_of_pair = 2 * bytes_of_number + 6;

constexpr auto max_packets = static_cast<std::int64_t>(media::max_samples);

std::uint64_t size_of(int file)
{
    struct stat found{};
    if (fstat(file, &found) != 0) throw std::system_error(errno, std::generic_category(), "look at a clip");
    return static_cast<std::uint64_t>(found.st_size);
}

// Times of facts, whose sums do not overflow.
microseconds time_in(const json& from)
{
    constexpr std::int64_t farthest = std::int64_t{1} << 60;
    return microseconds(number_in(from, -farthest, farthest));
}

microseconds length_in(const json& from)
{
    const microseconds length = time_in(from);
    if (length < microseconds{}) throw std::invalid_argument("a negative length");
    return length;
}

// One after the other: an array each would take three times the room.
json to_json(const std::optional<verify::frame_list>& list)
{
    if (!list) return {};
    json all{list->time_base_numerator, list->time_base_denominator};
    for (const auto& [time, duration, is_key] : list->frames) {
        all.push_back(time);
        all.push_back(duration);
        all.push_back(is_key);
    }
    return all;
}

std::optional<verify::frame_list> frame_list_in(const json& from, std::int64_t frames)
{
    if (from.is_null()) return std::nullopt;
    constexpr std::int64_t max_ticks = std::numeric_limits<int>::max();
    verify::frame_list list{.time_base_numerator = number_in(from.at(0), 1, max_ticks),
                            .time_base_denominator = number_in(from.at(1), 1, max_ticks)};
    if (from.size() != 3 * static_cast<std::uint64_t>(frames) + 2)
        throw std::invalid_argument("another list of frames");
    for (std::size_t i = 2; i < from.size(); i += 3)
        list.frames.push_back({from.at(i), from.at(i + 1), from.at(i + 2)});
    return list;
}

verify::facts facts_in(const json& from, int file, std::int64_t max_frames)
{
    constexpr int max_side = std::numeric_limits<int>::max();
    verify::facts facts{.frames = number_in(from.at(0), 1, max_frames),
                        .start = time_in(from.at(1)),
                        .duration = length_in(from.at(2)),
                        .frame = length_in(from.at(3)),
                        .constant_rate = from.at(4),
                        .codec = name_in(from.at(5)),
                        .width = static_cast<int>(number_in(from.at(6), 1, max_side)),
                        .height = static_cast<int>(number_in(from.at(7), 1, max_side)),
                        .audio = from.at(8),
                        .audio_duration = time_in(from.at(9)),
                        .bytes = size_in(from.at(10), std::numeric_limits<std::uint64_t>::max()),
                        .packets = number_in(from.at(11), 0, max_packets)};
    facts.listed = frame_list_in(from.at(12), facts.frames);
    if (std::int64_t{facts.width} * facts.height > media::max_frame_pixels)
        throw std::invalid_argument("frames that are too large");
    if (facts.bytes != size_of(file)) throw std::invalid_argument("a size that is not that of the file");
    return facts;
}

}  // namespace

std::size_t max_answer(const cut_job& job)
{
    if (job.how.mode != cut::way::smart) return max_short_answer;
    return max_short_answer + bytes_of_pair * media::max_frames_in(job.wanted.end - job.wanted.start) +
           bytes_of_number * (media::h264::max_sequences_in_box + media::h264::max_frames_in_box);
}

std::size_t max_answer(const verify_job& job)
{
    if (!job.expected.list_frames) return max_short_answer;
    const auto frames =
        static_cast<std::uint64_t>(std::max<std::int64_t>(job.expected.frames.value_or(max_packets), 0));
    return max_short_answer + bytes_of_pair * std::min(frames, media::max_listed_frames);
}

// What the plan wants is in one piece for each run of samples and in a few for each segment, but for what is held.
std::size_t max_answer(const plan_job& job)
{
    constexpr std::size_t of_a_segment = 4;
    const std::size_t pieces =
        media::max_sample_runs + of_a_segment * (job.wanted.size() + 1) + job.file.held.ranges().size();
    return max_short_answer + bytes_of_pair * pieces;
}

std::size_t max_answer(const survey_job&) { return max_short_answer; }
std::size_t max_answer(const look_job&) { return max_short_answer; }
std::size_t max_answer(const still_job&) { return max_short_answer + max_jpeg; }
std::size_t max_answer(const hash_job&) { return max_short_answer; }

json to_message(const cut::result& result)
{
    const auto& [frames, start, duration, missing, goes_on, audio, parts, encoded_because, source] = result;
    return {frames,
            start.count(),
            duration.count(),
            missing.count(),
            goes_on,
            audio,
            parts ? to_json(*parts) : json(),
            static_cast<unsigned>(encoded_because),
            source};
}

cut::result result_in(const json& from, const cut_job& job)
{
    cut::result result{.frames = number_in(from.at(0), 1, max_packets),
                       .start = time_in(from.at(1)),
                       .duration = length_in(from.at(2)),
                       .missing = length_in(from.at(3)),
                       .goes_on = from.at(4),
                       .audio = from.at(5),
                       .parts = splice_in(from.at(6)),
                       .encoded_because = static_cast<cut::why_encoded>(
                           number_in(from.at(7), 0, static_cast<std::int64_t>(cut::last_why_encoded))),
                       .source = name_in(from.at(8))};
    if (result.parts &&
        (job.how.mode != cut::way::smart || result.parts->samples.size() != static_cast<std::uint64_t>(result.frames)))
        throw std::invalid_argument("parts of another clip");
    if (size_of(job.output) == 0) throw std::invalid_argument("a clip, but its file is empty");
    return result;
}

json to_message(const verify::facts& facts)
{
    const auto& [frames, start, duration, frame, constant_rate, codec, width, height, audio, audio_duration, bytes,
                 packets, listed] = facts;
    return {frames, start.count(), duration.count(),       frame.count(), constant_rate, codec,          width,
            height, audio,         audio_duration.count(), bytes,         packets,       to_json(listed)};
}

verify::facts result_in(const json& from, const verify_job& job)
{
    verify::facts facts = facts_in(from, job.clip, max_packets);
    if (facts.listed && !job.expected.list_frames) throw std::invalid_argument("a list that nobody wants");
    try {
        verify::compare(facts, job.expected);
    } catch (const verify::verify_error& e) {
        throw std::invalid_argument(std::string("facts of another clip: ") + e.what());
    }
    return facts;
}

// Where there is no index of the samples, each takes a byte.
verify::facts result_in(const json& from, const survey_job& job)
{
    const auto bytes = static_cast<std::int64_t>(size_of(job.file));
    verify::facts facts = facts_in(from, job.file, std::max(max_packets, bytes));
    if (facts.listed) throw std::invalid_argument("a list that nobody wants");
    return facts;
}

json to_message(const media::span_plan& plan)
{
    const auto& [needed, complete, index_known, container, index_bytes, span_bytes] = plan;
    json ranges = json::array();
    for (const media::byte_range& range : needed) ranges.push_back({range.begin, range.end});
    return {ranges, complete, index_known, container, index_bytes, span_bytes};
}

media::span_plan result_in(const json& from, const plan_job& job)
{
    media::span_plan plan{.needed = {},
                          .complete = from.at(1),
                          .index_known = from.at(2),
                          .container = name_in(from.at(3)),
                          .index_bytes = size_in(from.at(4), job.file.size),
                          .span_bytes = size_in(from.at(5), job.file.size)};
    std::uint64_t behind = 0;
    for (const json& range : from.at(0)) {
        const media::byte_range next{size_in(range.at(0), job.file.size), size_in(range.at(1), job.file.size)};
        if (next.begin < behind || next.end <= next.begin || job.file.held.missing(next) != std::vector{next})
            throw std::invalid_argument("an invalid range of bytes");
        plan.needed.push_back(next);
        behind = next.end;
    }
    return plan;
}

json to_message(const fetch::segment_run_info& look)
{
    const auto& [span, origin, audio_ahead, audio] = look;
    const auto& [first, first_key, end, container] = span;
    const auto& [begins_late, ends_early] = audio;
    return {first.count(),  first_key ? json(first_key->count()) : json(),
            end.count(),    container,
            origin.count(), audio_ahead.count(),
            begins_late,    ends_early};
}

fetch::segment_run_info result_in(const json& from, const look_job&)
{
    fetch::segment_run_info look{.span = {.first = video_time_in(from.at(0)),
                                          .end = video_time_in(from.at(2)),
                                          .container = name_in(from.at(3))},
                                 .origin = video_time_in(from.at(4)),
                                 .audio_ahead = video_time_in(from.at(5)),
                                 .audio = {.begins_late = from.at(6), .ends_early = from.at(7)}};
    if (!from.at(1).is_null()) look.span.first_key = video_time_in(from.at(1));
    if (look.audio_ahead < microseconds{}) throw std::invalid_argument("audio behind its frames");
    return look;
}

json to_message(const cut::still& image)
{
    const auto& [width, height, jpeg] = image;
    return {width, height, jpeg};
}

cut::still result_in(const json& from, const still_job&)
{
    constexpr std::int64_t max_side = 1 << 12;
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    cut::still image{.width = static_cast<int>(number_in(from.at(0), 1, max_side)),
                     .height = static_cast<int>(number_in(from.at(1), 1, max_side)),
                     .jpeg = from.at(2)};
    if (image.jpeg.empty() || image.jpeg.size() > max_jpeg || image.jpeg.find_first_not_of(digits) != std::string::npos)
        throw std::invalid_argument("an invalid image");
    return image;
}

json to_message(const media::clip_hashes& hashes)
{
    const auto& [file, video, packets] = hashes;
    return {file, video, packets};
}

media::clip_hashes result_in(const json& from, const hash_job&)
{
    media::clip_hashes hashes{
        .file = from.at(0), .video = from.at(1), .packets = size_in(from.at(2), media::max_samples)};
    for (const std::string& each : {hashes.file, hashes.video})
        if (each.size() != 64 || each.find_first_not_of("0123456789abcdef") != std::string::npos)
            throw std::invalid_argument("an invalid hash");
    return hashes;
}

}  // namespace reelpipe::isolation
