#include "stages/cut/subtitles.hpp"

#include <string>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using reelpipe::segment;
using reelpipe::cut::subtitles_within;

TEST_CASE("of a track, the lines within the segment are kept, with its times", "[subtitles]")
{
    const std::string track =
        "WEBVTT\nKind: captions\n\nSTYLE\n::cue { color: red }\n\n"
        "00:08.000 --> 00:09.999\nbefore\n\n"
        "first\n00:09.000 --> 00:11.500 align:start position:0%\nbegins before,\nin two lines\n\n"
        "NOTE nobody sees this\n\n"
        "00:00:12.000 --> 00:00:13.250\nwithin\n\n"
        "00:14.000 --> 01:00:00.000\nends after\n\n"
        "00:15.000 --> 00:16.000\nafter\n";
    CHECK(subtitles_within(track, {10s, 15s}) ==
          "WEBVTT\n\n00:00:00.000 --> 00:00:01.500 align:start position:0%\nbegins before,\nin two lines\n"
          "\n00:00:02.000 --> 00:00:03.250\nwithin\n"
          "\n00:00:04.000 --> 00:00:05.000\nends after\n");
}

TEST_CASE("SubRip becomes WebVTT", "[subtitles]")
{
    const std::string track =
        "1\r\n01:00:01,500 --> 01:00:02,000\r\n<i>one</i>\r\n\r\n2\r\n01:00:09,000 --> "
        "01:00:10,000\r\ntwo\r\n";
    CHECK(subtitles_within(track, {3600s, 3605s}) == "WEBVTT\n\n00:00:01.500 --> 00:00:02.000\n<i>one</i>\n");
}

TEST_CASE("times of single words move with their line", "[subtitles]")
{
    const std::string track =
        "WEBVTT\n\n00:00:09.000 --> 00:00:12.000\nso<00:00:09.500><c> we</c><00:00:11.000><c> go</c> <3\n";
    CHECK(subtitles_within(track, {10s, 20s}) ==
          "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nso<c> we</c><00:00:01.000><c> go</c> <3\n");
}

TEST_CASE("a track without lines there, or that is none, gives none", "[subtitles]")
{
    for (const char* track : {"", "WEBVTT", "WEBVTT\n\n00:01.000 --> 00:02.000\nlong ago\n", "<html>--></html>",
                              "--> 1\n\n1:2:3 --> x\n", "99999999999:00:00.000 --> 00:00\ntext\n", "00:01.000 -->\n"})
        CHECK(subtitles_within(track, {10s, 20s}) == "WEBVTT\n");
}
