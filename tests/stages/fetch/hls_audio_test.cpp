// Segments are cut where the frames are; the audio that goes with them may be in a neighbour.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "stages/cut/cut.hpp"
#include "stages/fetch/fetching.hpp"
#include "support/catch.hpp"
#include "support/nginx.hpp"
#include "support/origin.hpp"
#include "support/sparse_copy.hpp"

using namespace reelpipe;
using namespace reelpipe::fetch;
using namespace reelpipe::test;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::microseconds segment_length = 5005ms;
constexpr std::chrono::microseconds one_frame = 23'220us;  // of AAC at 44.1 kHz
constexpr std::chrono::microseconds rounding = 1ms;

struct audio_times {
    std::chrono::microseconds begin{}, end{}, max_gap{};
};

// When the audio of a clip is heard, as a player that honours edit lists has it.
audio_times audio_of(const std::filesystem::path& clip)
{
    const whole_file file(clip);
    media::demuxer input(file.file());
    const av::packet packet = av::make_packet();
    audio_times heard{.begin = 1h};
    bool first = true;
    while (input.read(packet.get())) {
        const av::scoped_packet unref(packet);
        if (!input.audio() || unref->stream_index != input.audio()->index || unref->flags & AV_PKT_FLAG_DISCARD)
            continue;
        const auto time = av::to_microseconds(unref->pts, input.audio()->time_base);
        if (!first) heard.max_gap = std::max(heard.max_gap, time - heard.end);
        first = false;
        heard.begin = std::min(heard.begin, time);
        heard.end = av::to_microseconds(unref->pts + unref->duration, input.audio()->time_base);
    }
    return heard;
}

std::filesystem::path cut_of(const fetched::clip& got, segment wanted, bool lossless, const temp_folder& folder)
{
    const std::filesystem::path path = folder / "clip.mp4";
    const int output = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cut::input video{.video = got.files.front()};
    if (got.files.size() > 1) video.audio = got.files[1];
    cut::make_clip(video, wanted, output,
                   {.mode = lossless ? cut::way::lossless : cut::way::encode, .preset = "ultrafast"});
    close(output);
    return path;
}

void check_audio(const fetched& got, segment wanted, const temp_folder& folder)
{
    REQUIRE_FALSE(got.clips.at(0).error);
    for (const bool lossless : {false, true}) {
        CAPTURE(lossless, wanted.start.count(), wanted.end.count());
        const audio_times heard = audio_of(cut_of(got.clips.at(0), wanted, lossless, folder));
        CHECK(heard.begin <= one_frame + rounding);
        CHECK(heard.end >= wanted.end - wanted.start - one_frame - rounding);
        CHECK(heard.max_gap <= rounding);
    }
}

std::size_t overlapped(segment wanted)
{
    return static_cast<std::size_t>((wanted.end - 1us) / segment_length - wanted.start / segment_length + 1);
}

constexpr segment near_boundaries[] = {
    {10010ms, 14s},      // begins with a segment
    {7s, 10010ms},       // ends with one
    {10010ms, 15015ms},  // is one
    {9990ms, 12s},       // begins a frame before
    {8s, 10040ms},       // ends a frame behind
    {10043400us, 12s},   // begins a frame behind
    {12s, 14981600us},   // ends a frame before
    {0s, 5005ms},
};

constexpr std::size_t ts_packet = 188;
constexpr unsigned video_pid = 0x100, audio_pid = 0x101;

unsigned pid_of(const std::string& segment, std::size_t at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(segment[at + i]); };
    return (byte(1) & 0x1fu) << 8 | byte(2);
}

bool begins_unit(const std::string& segment, std::size_t at) { return (segment[at + 1] & 0x40) != 0; }

// Takes the packets of the audio from a segment: of its first unit, which holds a third of a second, or of its last
// one.
std::string take_audio(std::string& segment, bool first)
{
    std::vector<std::size_t> units;
    for (std::size_t at = 0; at < segment.size(); at += ts_packet)
        if (pid_of(segment, at) == audio_pid && begins_unit(segment, at)) units.push_back(at);
    const std::size_t begin = first ? units.at(0) : units.back();
    const std::size_t end = first ? units.at(1) : segment.size();
    std::string taken, left;
    for (std::size_t at = 0; at < segment.size(); at += ts_packet) {
        const bool is_taken = at >= begin && at < end && pid_of(segment, at) == audio_pid;
        (is_taken ? taken : left) += segment.substr(at, ts_packet);
    }
    segment = left;
    return taken;
}

std::size_t behind_tables(const std::string& segment)
{
    std::size_t at = 0;
    while (pid_of(segment, at) != video_pid && pid_of(segment, at) != audio_pid) at += ts_packet;
    return at;
}

enum class audio_stands { early, late };

// The long video's segments, their audio a third of a second before or behind the frames that it goes with.
std::vector<std::string> moved_audio(audio_stands where, std::size_t count)
{
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(video("hls_ts/s" + std::to_string(i) + ".ts"));
    for (std::size_t i = 0; i + 1 < count; ++i) {
        if (where == audio_stands::early) {
            all[i] += take_audio(all[i + 1], true);
        } else {
            const std::size_t n = count - 2 - i;
            const std::string taken = take_audio(all[n], false);
            all[n + 1].insert(behind_tables(all[n + 1]), taken);
        }
    }
    return all;
}

}  // namespace

TEST_CASE("the audio of a clip that begins or ends near a segment's boundary is complete", "[hls][audio][long]")
{
    const std::string list = GENERATE("hls_ts/list.m3u8", "hls_mp4/list.m3u8", "hls_groups/master.m3u8",
                                      "hls_ts_groups/master.m3u8", "hls_ts_one_file/list.m3u8");
    CAPTURE(list);
    nginx server(REELPIPE_TEST_MEDIA);
    const bool is_apart = list.ends_with("master.m3u8");
    const bool has_header = list.starts_with("hls_mp4") || list.starts_with("hls_groups");
    const std::size_t playlists = is_apart ? 3 : 1, streams = is_apart ? 2 : 1;
    for (const segment& wanted : near_boundaries) {
        fetching local;
        const fetched got = local.fetch(playlist_at(server.url(list)), {wanted});
        check_audio(got, wanted, local.folder);
        const std::size_t least = playlists + streams * ((has_header ? 1 : 0) + overlapped(wanted));
        CHECK(got.counts.requests >= least);
        CHECK(got.counts.requests <= least + 2 * streams);
    }
}

TEST_CASE("audio that stands in the segment before or behind that of its frames is fetched with them", "[hls][audio]")
{
    const auto where = GENERATE(audio_stands::early, audio_stands::late);
    constexpr std::size_t count = 5;
    CAPTURE(where == audio_stands::early);
    const std::vector<std::string> segments = moved_audio(where, count);
    const std::string list = video("hls_ts/list.m3u8");
    origin server;
    server.serve("/list.m3u8", [&](const asked& r) { return part_of(list, r); });
    for (std::size_t i = 0; i < count; ++i)
        server.serve("/s" + std::to_string(i) + ".ts", [&, i](const asked& r) { return part_of(segments[i], r); });
    for (const segment& wanted : near_boundaries) {
        fetching local;
        const fetched got = local.fetch(playlist_at(server.url("/list.m3u8")), {wanted});
        check_audio(got, wanted, local.folder);
        CHECK(got.counts.requests <= 1 + overlapped(wanted) + 2);
    }
}
