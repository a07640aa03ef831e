#include "stages/fetch/playlist.hpp"

#include "media/error.hpp"
#include "support/catch.hpp"

using namespace reelpipe;
using namespace reelpipe::fetch;
using namespace std::chrono_literals;

namespace {

const std::string base = "https://host/a/list.m3u8?token=1";

media_playlist media_of(const std::string& body)
{
    return std::get<media_playlist>(parse_playlist("#EXTM3U\n" + body + "#EXT-X-ENDLIST\n", base));
}

master_playlist master_of(const std::string& body)
{
    return std::get<master_playlist>(parse_playlist("#EXTM3U\n" + body, base));
}

playlist_error::kind refusal_of(const std::string& text)
{
    try {
        parse_playlist(text, base);
    } catch (const playlist_error& e) {
        return e.why;
    }
    FAIL("accepted: " << text);
    throw;
}

}  // namespace

TEST_CASE("segments stand one behind the other, at addresses relative to the playlist", "[playlist]")
{
    const media_playlist list = media_of(
        "#EXT-X-TARGETDURATION:6\r\n#EXTINF:5.005,title, with a comma\r\none.ts?x=1\r\n\r\n# a remark\n"
        "#EXTINF:4\n/two.ts\n#EXTINF:3,\n//other/three.ts\n#EXTINF:2.5,\nhttp://else/four five.ts#part\n");

    REQUIRE(list.segments.size() == 4);
    CHECK(list.segments[0].media.url == "https://host/a/one.ts?x=1");
    CHECK(list.segments[1].media.url == "https://host/two.ts");
    CHECK(list.segments[2].media.url == "https://other/three.ts");
    CHECK(list.segments[3].media.url == "http://else/four%20five.ts");
    CHECK(list.segments[1].begin == 5005ms);
    CHECK(list.segments[3].end == 14505ms);
    CHECK_FALSE(list.segments[0].header);
}

TEST_CASE("a part without an offset follows the last one of the same file", "[playlist]")
{
    const media_playlist list = media_of(
        "#EXT-X-MAP:URI=\"video.mp4\",BYTERANGE=\"700@0\"\n"
        "#EXTINF:1,\n#EXT-X-BYTERANGE:100@700\nvideo.mp4\n#EXT-X-BYTERANGE:50\n#EXTINF:1,\nvideo.mp4\n"
        "#EXTINF:1,\n#EXT-X-BYTERANGE:10\nother.mp4\n#EXTINF:1,\nwhole.mp4\n");

    CHECK(list.headers.at(0).part == media::byte_range{0, 700});
    CHECK(list.segments.at(0).media.part == media::byte_range{700, 800});
    CHECK(list.segments.at(1).media.part == media::byte_range{800, 850});
    CHECK(list.segments.at(2).media.part == media::byte_range{0, 10});
    CHECK_FALSE(list.segments.at(3).media.part);
    CHECK(list.segments.at(3).header == 0u);
}

TEST_CASE("a discontinuity begins another clock", "[playlist]")
{
    const media_playlist list = media_of(
        "#EXTINF:5,\na.ts\n#EXTINF:5,\nb.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:5,\nc.ts\n#EXT-X-GAP\n#EXTINF:5,\nd.ts\n");
    const auto run = [&](std::chrono::microseconds start, std::chrono::microseconds end) {
        const segment_run found = segments_of(list, {start, end});
        return std::pair(found.first, found.last);
    };
    const auto fault_of = [&](std::chrono::microseconds start, std::chrono::microseconds end) {
        try {
            segments_of(list, {start, end});
        } catch (const media::error& e) {
            return e.kind();
        }
        throw std::logic_error("accepted");
    };

    CHECK(run(0s, 5s) == std::pair<std::size_t, std::size_t>(0, 1));
    CHECK(run(4s, 6s) == std::pair<std::size_t, std::size_t>(0, 2));
    CHECK(run(5s, 6s) == std::pair<std::size_t, std::size_t>(1, 2));
    CHECK(run(10s, 15s) == std::pair<std::size_t, std::size_t>(2, 3));
    CHECK(fault_of(9s, 11s) == media::fault::unsupported);
    CHECK(fault_of(14s, 16s) == media::fault::unsupported);
    CHECK(fault_of(20s, 21s) == media::fault::beyond_end);
}

TEST_CASE("a variant is chosen by its height, then its codec, then its bits", "[playlist]")
{
    const master_playlist list = master_of(
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"de\",URI=\"de.m3u8\"\n"
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"g\",NAME=\"en, spoken\",DEFAULT=YES,URI=\"en.m3u8\"\n"
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"inside\",NAME=\"en\",DEFAULT=YES\n"
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"g\",NAME=\"x\",URI=\"text.m3u8\"\n"
        "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"frames.m3u8\"\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=90000,CODECS=\"mp4a.40.2\"\naudio.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=640x360,CODECS=\"avc1.4d401e,mp4a.40.2\",AUDIO=\"g\"\n360.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=700000,RESOLUTION=640x360,CODECS=\"avc1.4d401e\",AUDIO=\"inside\"\n360b.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360,CODECS=\"av01.0\"\n360c.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720,CODECS=\"avc1.64001f\"\n720.m3u8\n");

    CHECK(choose_variant(list, 360).url == "https://host/a/360b.m3u8");
    CHECK(choose_variant(list, 0).url == "https://host/a/720.m3u8");
    CHECK(choose_variant(list, 144).url == "https://host/a/360b.m3u8");
    CHECK(choose_audio(list, list.variants.at(1))->url == "https://host/a/en.m3u8");
    CHECK(choose_audio(list, list.variants.at(2)) == nullptr);
    CHECK(choose_audio(list, list.variants.at(4)) == nullptr);
}

TEST_CASE("what makes no sense is refused", "[playlist]")
{
    using kind = playlist_error::kind;
    const std::string end = "#EXT-X-ENDLIST\n";
    CHECK(refusal_of("") == kind::no_playlist);
    CHECK(refusal_of("<html>") == kind::no_playlist);
    CHECK(refusal_of("#EXTM3U") == kind::live);
    CHECK(refusal_of("#EXTM3U\n" + end) == kind::no_playlist);
    for (const char* duration : {"", "-1", "nan", "inf", "1e99", "x"})
        CHECK(refusal_of("#EXTM3U\n#EXTINF:" + std::string(duration) + ",\na.ts\n" + end) == kind::no_playlist);
    for (const char* range : {"", "0", "-5", "5@", "5@x", "99999999999999999999", "5@9999999999999999999"})
        CHECK(refusal_of("#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:" + std::string(range) + "\na.ts\n" + end) ==
              kind::no_playlist);
    for (const char* address : {"file:///etc/passwd", "ftp://host/a.ts", "data:text/plain,a", "crypto:a.ts"})
        CHECK(refusal_of("#EXTM3U\n#EXTINF:1,\n" + std::string(address) + "\n" + end) == kind::unsupported);
    CHECK(refusal_of("#EXTM3U\na.ts\n" + end) == kind::no_playlist);
    CHECK(refusal_of("#EXTM3U\n#EXT-X-MAP:BYTERANGE=\"1@0\"\n#EXTINF:1,\na.ts\n" + end) == kind::no_playlist);
    CHECK(refusal_of("#EXTM3U\n#EXT-X-I-FRAMES-ONLY\n#EXTINF:1,\na.ts\n" + end) == kind::unsupported);
    CHECK(refusal_of("#EXTM3U\n#EXT-X-DEFINE:NAME=\"a\",VALUE=\"b\"\n" + end) == kind::unsupported);
    CHECK(refusal_of("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n") == kind::no_playlist);
    CHECK(refusal_of("#EXTM3U\n#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n") ==
          kind::encrypted);
}
