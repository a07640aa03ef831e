#include "isolation/messages.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

#include "media/limits.hpp"

namespace reelpipe::isolation {

using nlohmann::json;
using std::chrono::microseconds;

namespace {

// Every member is named wherever one of these is taken apart, so that one that is added does not stay at home.
json to_json(const media::partial_file& file)
{
    const auto& [descriptor, size, held, origin, audio_ahead, extents] = file;  // the descriptor goes beside the text
    json ranges = json::array();
    for (const media::byte_range& range : held.ranges()) ranges.push_back({range.begin, range.end});
    json places = json::array();
    for (const auto& [bytes, place] : extents) places.push_back({bytes.begin, bytes.end, place});
    return {{"size", size},
            {"held", ranges},
            {"origin", origin ? json(origin->count()) : json()},
            {"audio_ahead", audio_ahead.count()},
            {"extents", places}};
}

media::partial_file file_in(const json& from, int descriptor)
{
    media::partial_file file{.descriptor = descriptor, .size = from.at("size")};
    for (const json& range : from.at("held")) file.held.add({range.at(0), range.at(1)});
    if (!from.at("origin").is_null()) file.origin = microseconds(from.at("origin").get<std::int64_t>());
    file.audio_ahead = microseconds(from.at("audio_ahead").get<std::int64_t>());
    for (const json& part : from.at("extents")) file.extents.push_back({{part.at(0), part.at(1)}, part.at(2)});
    return file;
}

json to_json(const segment& wanted) { return {wanted.start.count(), wanted.end.count()}; }

segment segment_in(const json& from)
{
    return {microseconds(from.at(0).get<std::int64_t>()), microseconds(from.at(1).get<std::int64_t>())};
}

json to_json(const fetch::playlist_clock& clock)
{
    const auto& [zero, begin, guess] = clock;
    return {zero.count(), begin.count(), guess.count()};
}

media::stream_selection stream_selection_in(const json& from)
{
    const auto number = from.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(media::stream_selection::audio_only))
        throw std::invalid_argument("unknown tracks");
    return static_cast<media::stream_selection>(number);
}

// A time in a video, bounded so that sums of such times do not overflow.
microseconds video_time_in(const json& from)
{
    const auto ticks = from.get<std::int64_t>();
    if (!media::is_time(ticks, av::microsecond)) throw std::invalid_argument("a time out of range");
    return microseconds(ticks);
}

std::optional<fetch::playlist_clock> clock_in(const json& from)
{
    if (from.is_null()) return std::nullopt;
    return fetch::playlist_clock{
        .zero = video_time_in(from.at(0)), .begin = video_time_in(from.at(1)), .guess = video_time_in(from.at(2))};
}

json to_json(const cut::options& how)
{
    const auto& [mode, preset, tune, crf, gop, b_frames, x264_params, pixel_format, limited_range, short_side,
                 square_pixels, multiple, frame_rate, filter, audio, keep_corrupt, reproducible] = how;
    return {static_cast<int>(mode),
            preset,
            tune,
            crf,
            gop,
            b_frames ? json(*b_frames) : json(),
            x264_params,
            pixel_format,
            limited_range,
            short_side,
            square_pixels,
            multiple,
            frame_rate,
            filter,
            static_cast<int>(audio),
            keep_corrupt,
            reproducible};
}

cut::options options_in(const json& from)
{
    cut::options how{.mode = static_cast<cut::way>(from.at(0).get<int>()),
                     .preset = from.at(1),
                     .tune = from.at(2),
                     .crf = from.at(3),
                     .gop = from.at(4),
                     .x264_params = from.at(6),
                     .pixel_format = from.at(7),
                     .limited_range = from.at(8),
                     .short_side = from.at(9),
                     .square_pixels = from.at(10),
                     .multiple = from.at(11),
                     .frame_rate = from.at(12),
                     .filter = from.at(13),
                     .audio = static_cast<cut::audio_mode>(from.at(14).get<int>()),
                     .keep_corrupt = from.at(15),
                     .reproducible = from.at(16)};
    if (!from.at(5).is_null()) how.b_frames = from.at(5).get<int>();
    return how;
}

json to_json(const media::splice& parts)
{
    const auto& [numerator, denominator, samples, copy_begin, copy_end, sets] = parts;
    json all = json::array();
    for (const auto& [time, print] : samples) all.push_back({time, print});
    return {numerator, denominator, all, copy_begin, copy_end, sets};
}

std::optional<media::splice> splice_in(const json& from)
{
    if (from.is_null()) return std::nullopt;
    media::splice parts{.time_base_numerator = from.at(0),
                        .time_base_denominator = from.at(1),
                        .copy_begin = from.at(3),
                        .copy_end = from.at(4),
                        .sets = from.at(5)};
    for (const json& each : from.at(2)) parts.samples.push_back({each.at(0), each.at(1)});
    const auto count = static_cast<std::int64_t>(parts.samples.size());
    if (parts.time_base_numerator <= 0 || parts.time_base_denominator <= 0 || parts.copy_begin < 0 ||
        parts.copy_end < parts.copy_begin || parts.copy_end > count)
        throw std::invalid_argument("invalid parts of a clip");
    return parts;
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

std::optional<verify::frame_list> frame_list_in(const json& from)
{
    if (from.is_null()) return std::nullopt;
    verify::frame_list list{.time_base_numerator = from.at(0), .time_base_denominator = from.at(1)};
    if (list.time_base_numerator <= 0 || list.time_base_denominator <= 0 || from.size() % 3 != 2 ||
        from.size() / 3 > verify::max_listed_frames)
        throw std::invalid_argument("an invalid list of frames");
    for (std::size_t i = 2; i < from.size(); i += 3)
        list.frames.push_back({from.at(i), from.at(i + 1), from.at(i + 2)});
    return list;
}

template <class T> json optional_to_json(const std::optional<T>& value) { return value ? json(*value) : json(); }

template <class T> std::optional<T> optional_in(const json& from)
{
    if (from.is_null()) return std::nullopt;
    return from.get<T>();
}

void expect_descriptors(const std::vector<int>& those, std::size_t count)
{
    if (those.size() != count) throw std::invalid_argument("a job without its files");
}

}  // namespace

json parse_message(const std::string& text)
{
    // A fraction, or a number with a hundred digits, would be converted to what it does not fit into.
    const auto check = [](int, json::parse_event_t event, const json& value) {
        if (event == json::parse_event_t::value && value.is_number_float())
            throw std::invalid_argument("a message between processes has a number that is not whole");
        return true;
    };
    return json::parse(text, check);
}

std::vector<int> descriptors_of(const cut_job& job)
{
    std::vector<int> all{job.output, job.video.video.descriptor};
    if (job.video.audio) all.push_back(job.video.audio->descriptor);
    return all;
}

json to_message(const cut_job& job)
{
    return {{"do", "cut"},
            {"frames", to_json(job.video.video)},
            {"audio", job.video.audio ? to_json(*job.video.audio) : json()},
            {"segment", to_json(job.wanted)},
            {"how", to_json(job.how)}};
}

std::optional<cut_job> cut_job_in(const json& from, const std::vector<int>& descriptors)
{
    if (from.at("do") != "cut") return std::nullopt;
    const bool has_audio = !from.at("audio").is_null();
    expect_descriptors(descriptors, has_audio ? 3 : 2);
    cut_job job{.video = {.video = file_in(from.at("frames"), descriptors[1])},
                .wanted = segment_in(from.at("segment")),
                .how = options_in(from.at("how")),
                .output = descriptors[0]};
    if (has_audio) job.video.audio = file_in(from.at("audio"), descriptors[2]);
    return job;
}

json to_message(const verify_job& job)
{
    const auto& [frames, start, duration, may_be_shorter, audio, constant_rate, decodable, list_frames, parts] =
        job.expected;
    const auto ticks = [](const auto& time) { return time ? json(time->count()) : json(); };
    return {{"do", "verify"},
            {"frames", optional_to_json(frames)},
            {"start", ticks(start)},
            {"duration", ticks(duration)},
            {"may_be_shorter", may_be_shorter},
            {"audio", optional_to_json(audio)},
            {"constant_rate", constant_rate},
            {"decodable", decodable},
            {"list_frames", list_frames},
            {"parts", parts ? to_json(*parts) : json()}};
}

std::optional<verify_job> verify_job_in(const json& from, const std::vector<int>& descriptors)
{
    if (from.at("do") != "verify") return std::nullopt;
    expect_descriptors(descriptors, 1);
    verify_job job{.clip = descriptors[0],
                   .expected = {.frames = optional_in<std::int64_t>(from.at("frames")),
                                .may_be_shorter = from.at("may_be_shorter"),
                                .audio = optional_in<bool>(from.at("audio")),
                                .constant_rate = from.at("constant_rate"),
                                .decodable = from.at("decodable"),
                                .list_frames = from.at("list_frames"),
                                .parts = splice_in(from.at("parts"))}};
    if (const auto start = optional_in<std::int64_t>(from.at("start"))) job.expected.start = microseconds(*start);
    if (const auto duration = optional_in<std::int64_t>(from.at("duration")))
        job.expected.duration = microseconds(*duration);
    return job;
}

json to_message(const survey_job& job) { return {{"do", "survey"}, {"decodable", job.decodable}}; }

std::optional<survey_job> survey_job_in(const json& from, const std::vector<int>& descriptors)
{
    if (from.at("do") != "survey") return std::nullopt;
    expect_descriptors(descriptors, 1);
    return survey_job{.file = descriptors[0], .decodable = from.at("decodable")};
}

json to_message(const plan_job& job)
{
    json segments = json::array();
    for (const segment& each : job.wanted) segments.push_back(to_json(each));
    return {
        {"do", "plan"}, {"file", to_json(job.file)}, {"segments", segments}, {"kind", static_cast<unsigned>(job.kind)}};
}

std::optional<plan_job> plan_job_in(const json& from, const std::vector<int>& descriptors)
{
    if (from.at("do") != "plan") return std::nullopt;
    expect_descriptors(descriptors, 1);
    plan_job job{.file = file_in(from.at("file"), descriptors[0]), .kind = stream_selection_in(from.at("kind"))};
    for (const json& each : from.at("segments")) job.wanted.push_back(segment_in(each));
    return job;
}

json to_message(const look_job& job)
{
    return {{"do", "look"},
            {"file", to_json(job.file)},
            {"clock", job.clock ? to_json(*job.clock) : json()},
            {"segment", to_json(job.wanted)},
            {"kind", static_cast<unsigned>(job.kind)}};
}

std::optional<look_job> look_job_in(const json& from, const std::vector<int>& descriptors)
{
    if (from.at("do") != "look") return std::nullopt;
    expect_descriptors(descriptors, 1);
    return look_job{.file = file_in(from.at("file"), descriptors[0]),
                    .clock = clock_in(from.at("clock")),
                    .wanted = segment_in(from.at("segment")),
                    .kind = stream_selection_in(from.at("kind"))};
}

json to_message(const still_job& job)
{
    return {{"do", "still"}, {"clip", to_json(job.clip)}, {"at", job.at.count()}, {"short_side", job.short_side}};
}

std::optional<still_job> still_job_in(const json& from, const std::vector<int>& descriptors)
{
    if (from.at("do") != "still") return std::nullopt;
    expect_descriptors(descriptors, 1);
    return still_job{.clip = file_in(from.at("clip"), descriptors[0]),
                     .at = microseconds(from.at("at").get<std::int64_t>()),
                     .short_side = from.at("short_side")};
}

json to_message(const hash_job&) { return {{"do", "hash"}}; }

std::optional<hash_job> hash_job_in(const json& from, const std::vector<int>& descriptors)
{
    if (from.at("do") != "hash") return std::nullopt;
    expect_descriptors(descriptors, 1);
    return hash_job{.clip = descriptors[0]};
}

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

cut::result cut_result_in(const json& from)
{
    const auto time = [&from](std::size_t i) { return microseconds(from.at(i).get<std::int64_t>()); };
    constexpr std::size_t max_source_text = 200;
    const auto why = from.at(7).get<std::uint64_t>();
    if (why > static_cast<std::uint64_t>(cut::last_why_encoded)) throw std::invalid_argument("an unknown reason");
    return {.frames = from.at(0),
            .start = time(1),
            .duration = time(2),
            .missing = time(3),
            .goes_on = from.at(4),
            .audio = from.at(5),
            .parts = splice_in(from.at(6)),
            .encoded_because = static_cast<cut::why_encoded>(why),
            .source = from.at(8).get<std::string>().substr(0, max_source_text)};
}

json to_message(const verify::facts& facts)
{
    const auto& [frames, start, duration, frame, constant_rate, codec, width, height, audio, audio_duration, bytes,
                 packets, listed] = facts;
    return {frames, start.count(), duration.count(),       frame.count(), constant_rate, codec,          width,
            height, audio,         audio_duration.count(), bytes,         packets,       to_json(listed)};
}

verify::facts facts_in(const json& from)
{
    const auto time = [&from](std::size_t i) { return microseconds(from.at(i).get<std::int64_t>()); };
    return {.frames = from.at(0),
            .start = time(1),
            .duration = time(2),
            .frame = time(3),
            .constant_rate = from.at(4),
            .codec = from.at(5),
            .width = from.at(6),
            .height = from.at(7),
            .audio = from.at(8),
            .audio_duration = time(9),
            .bytes = from.at(10),
            .packets = from.at(11),
            .listed = frame_list_in(from.at(12))};
}

json to_message(const media::span_plan& plan)
{
    const auto& [needed, complete, index_known, container, index_bytes, span_bytes] = plan;
    json ranges = json::array();
    for (const media::byte_range& range : needed) ranges.push_back({range.begin, range.end});
    return {ranges, complete, index_known, container, index_bytes, span_bytes};
}

media::span_plan span_plan_in(const json& from)
{
    media::span_plan plan{.needed = {},
                          .complete = from.at(1),
                          .index_known = from.at(2),
                          .container = from.at(3),
                          .index_bytes = from.at(4),
                          .span_bytes = from.at(5)};
    std::uint64_t behind = 0;
    for (const json& range : from.at(0)) {
        const media::byte_range next{range.at(0), range.at(1)};
        if (next.begin < behind || next.end <= next.begin) throw std::invalid_argument("an invalid range of bytes");
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

fetch::segment_run_info segment_run_info_in(const json& from)
{
    fetch::segment_run_info look{
        .span = {.first = video_time_in(from.at(0)), .end = video_time_in(from.at(2)), .container = from.at(3)},
        .origin = video_time_in(from.at(4)),
        .audio_ahead = video_time_in(from.at(5)),
        .audio = {.begins_late = from.at(6), .ends_early = from.at(7)}};
    if (!from.at(1).is_null()) look.span.first_key = video_time_in(from.at(1));
    return look;
}

json to_message(const cut::still& image)
{
    const auto& [width, height, jpeg] = image;
    return {width, height, jpeg};
}

cut::still still_in(const json& from)
{
    constexpr int max_side = 1 << 12;
    constexpr std::size_t max_text = 256u << 10;
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    cut::still image{.width = from.at(0), .height = from.at(1), .jpeg = from.at(2)};
    const bool has_sides = image.width > 0 && image.width <= max_side && image.height > 0 && image.height <= max_side;
    const bool is_text = !image.jpeg.empty() && image.jpeg.size() <= max_text &&
                         image.jpeg.find_first_not_of(digits) == std::string::npos;
    if (!has_sides || !is_text) throw std::invalid_argument("an invalid image");
    return image;
}

json to_message(const media::clip_hashes& hashes)
{
    const auto& [file, video, packets] = hashes;
    return {file, video, packets};
}

media::clip_hashes clip_hashes_in(const json& from)
{
    media::clip_hashes hashes{.file = from.at(0), .video = from.at(1), .packets = from.at(2)};
    for (const std::string& each : {hashes.file, hashes.video})
        if (each.size() != 64 || each.find_first_not_of("0123456789abcdef") != std::string::npos)
            throw std::invalid_argument("an invalid hash");
    return hashes;
}

}  // namespace reelpipe::isolation
