#include "isolation/messages.hpp"

#include <stdexcept>
#include <string>

#include "isolation/message_parts.hpp"

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

}  // namespace reelpipe::isolation
