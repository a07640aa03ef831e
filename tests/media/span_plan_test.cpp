#include "media/span_plan.hpp"

#include <filesystem>

#include "media/demuxer.hpp"
#include "media/error.hpp"
#include "media/segment_reader.hpp"
#include "media/videos.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/sparse_copy.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using reelpipe::segment;
using reelpipe::media::plan_spans;
using reelpipe::media::span_plan;
using reelpipe::test::media;
using reelpipe::test::sparse_copy;

namespace {

struct fetched {
    int rounds_before_the_span = 0;
    int rounds = 0;
    span_plan last;
};

// Does what the fetch stage does: the head first, then what is asked for, round by round.
fetched fetch(sparse_copy& copy, const std::vector<segment>& wanted)
{
    fetched result;
    copy.copy({0, std::min<std::uint64_t>(4 << 10, copy.file().size)});
    ++result.rounds;
    for (;;) {
        result.last = plan_spans(copy.file(), wanted);
        if (result.last.index_known && result.rounds_before_the_span == 0)
            result.rounds_before_the_span = result.rounds;
        if (result.last.needed.empty()) return result;
        copy.copy(result.last.needed);
        ++result.rounds;
        REQUIRE(result.rounds < 200);
    }
}

int packets_in(const reelpipe::media::partial_file& file, segment wanted)
{
    reelpipe::media::demuxer input(file);
    reelpipe::media::segment_reader reader(input, wanted);
    const reelpipe::av::packet packet = reelpipe::av::make_packet();
    int count = 0;
    for (; reader.next(packet.get()); av_packet_unref(packet.get())) ++count;
    return count;
}

double overhead(const sparse_copy& copy, const span_plan& plan)
{
    return static_cast<double>(copy.file().held.bytes()) / static_cast<double>(plan.index_bytes + plan.span_bytes);
}

}  // namespace

TEST_CASE("with the index in front, the span is known after two rounds", "[span_plan]")
{
    sparse_copy copy(media / "long.mp4");
    const fetched done = fetch(copy, {{150s, 160s}});

    CHECK(done.rounds_before_the_span <= 2);
    CHECK(done.rounds == done.rounds_before_the_span + 1);
    CHECK(overhead(copy, done.last) <= 1.10);
}

TEST_CASE("with the index behind, the span is known after two rounds, too", "[span_plan]")
{
    sparse_copy copy(media / "long_moov_last.mp4");
    const fetched done = fetch(copy, {{150s, 160s}});

    CHECK(done.rounds_before_the_span <= 2);
    CHECK(done.rounds == done.rounds_before_the_span + 1);
    CHECK(overhead(copy, done.last) <= 1.10);
}

TEST_CASE("the spans of all segments are asked for at once", "[span_plan]")
{
    sparse_copy copy(media / "long.mp4");
    const fetched done = fetch(copy, {{20s, 30s}, {25s, 35s}, {290s, 300s}});

    CHECK(done.rounds == 3);
    CHECK(overhead(copy, done.last) <= 1.10);
}

TEST_CASE("what was planned is enough to read every packet of the segment", "[span_plan]")
{
    const std::string name =
        GENERATE("moov_first.mp4", "moov_last.mp4", "silent.mp4", "video.mkv", "video.webm", "video.ts",
                 "fragments.mp4", "fragments_sidx.mp4", "edit_list.mp4", "open_gop.mp4", "late_frame.mp4");
    const segment wanted = GENERATE(segment{0s, 3s}, segment{2502500us, 5005000us}, segment{7300ms, 9s},
                                    segment{4990ms, 5020ms}, segment{8s, 100s});
    CAPTURE(name, wanted.start.count());
    sparse_copy copy(media / name);
    fetch(copy, {wanted});
    const reelpipe::test::whole_file whole(media / name);

    CHECK(packets_in(copy.file(), wanted) == packets_in(whole.file(), wanted));
}

TEST_CASE("a clip out of the middle of a long video without an index costs its ends and the clip", "[span_plan]")
{
    const segment wanted =
        GENERATE(segment{18250ms, 28250ms}, segment{150s, 160s}, segment{271990ms, 281990ms}, segment{289s, 299s});
    CAPTURE(wanted.start.count());
    sparse_copy copy(media / "long.ts");
    const fetched done = fetch(copy, {wanted});
    const reelpipe::test::whole_file whole(media / "long.ts");

    CHECK(packets_in(copy.file(), wanted) == packets_in(whole.file(), wanted));
    CHECK(done.rounds <= 20);
    CHECK(copy.file().held.bytes() < copy.file().size / 10);
}

TEST_CASE("a segment beyond the end of the video needs no samples of its own", "[span_plan]")
{
    sparse_copy copy(media / "moov_first.mp4");
    CHECK_NOTHROW(fetch(copy, {{1000s, 1010s}}));
}

TEST_CASE("what is no video is told from a video that cannot be cut", "[demuxer]")
{
    const auto fault_of = [](const std::filesystem::path& path) {
        const reelpipe::test::whole_file file(path);
        try {
            plan_spans(file.file(), std::vector{segment{0s, 1s}});
        } catch (const reelpipe::media::error& e) {
            return e.kind();
        }
        FAIL("no error for " << path);
        throw;
    };
    using reelpipe::media::fault;
    const reelpipe::test::temp_folder folder;
    const auto written = [&](const char* name, std::string_view content) {
        reelpipe::test::write_file(folder / name, content);
        return folder / name;
    };

    CHECK(fault_of(written("empty", "")) == fault::not_media);
    CHECK(fault_of(written("page.html", "<!DOCTYPE html><html><body>Not here</body></html>")) == fault::not_media);
    CHECK(fault_of(written("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n/etc/passwd\n")) ==
          fault::unsupported);
    CHECK(fault_of(written("list.ffconcat", "ffconcat version 1.0\nfile /etc/passwd\n")) == fault::unsupported);
    CHECK(fault_of(media / "audio_only.mp4") == fault::no_video_stream);
    const std::string video = reelpipe::test::read_file(media / "moov_last.mp4");
    CHECK(fault_of(written("no_index.mp4", video.substr(0, video.size() / 2))) == fault::corrupt);
}

TEST_CASE("a stop request ends the reading", "[demuxer]")
{
    std::stop_source stop;
    stop.request_stop();
    const reelpipe::test::whole_file file(media / "moov_first.mp4");

    CHECK_THROWS_AS(plan_spans(file.file(), std::vector{segment{0s, 1s}},
                               reelpipe::media::stream_selection::audio_and_video, stop.get_token()),
                    std::system_error);
}

TEST_CASE("an index that names places behind the end, or runs backwards, leads to bytes that are there", "[span_plan]")
{
    std::string video = reelpipe::test::read_file(media / "long.webm");
    // Where the clusters are (CueClusterPosition, of three bytes), but for the first two.
    const std::string cue = "\xf1\x83";
    const std::string place = GENERATE(std::string("\xff\xff\xff"), std::string("\0\x02\x67", 3));
    int cues = 0;
    for (auto at = video.find(cue, video.rfind("\x1c\x53\xbb\x6b")); at != video.npos; at = video.find(cue, at + 5))
        if (++cues > 2) video.replace(at + cue.size(), place.size(), place);
    REQUIRE(cues > 10);
    const reelpipe::test::temp_folder folder;
    reelpipe::test::write_file(folder / "video.webm", video);
    const std::vector<segment> wanted{{6s, 7s}, {20s, 30s}};
    sparse_copy copy(folder / "video.webm");
    copy.copy({0, 4 << 10});
    for (int rounds = 0;; ++rounds) {
        REQUIRE(rounds < 200);
        const span_plan next = plan_spans(copy.file(), wanted);
        CHECK(next.span_bytes <= video.size());
        if (next.needed.empty()) break;
        for (const reelpipe::media::byte_range& each : next.needed) {
            REQUIRE(each.end <= video.size());
            REQUIRE(copy.file().held.missing(each) == std::vector{each});
        }
        copy.copy(next.needed);
    }
}
