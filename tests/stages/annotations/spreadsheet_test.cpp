#include "stages/annotations/list_reader.hpp"

#include "stages/annotations/lists.hpp"
#include "support/catch.hpp"

using Catch::Matchers::ContainsSubstring;
using reelpipe::test::clips_of;
using reelpipe::test::complaints_of;

TEST_CASE("ids that a spreadsheet has broken are told by row", "[spreadsheet]")
{
    const std::string head = "youtube_id,time_start,time_end,split\n";
    const auto wrong = complaints_of(head +
                                         "#NAME?,1,3,test\ngoodvideo01,5,8,test\n=-abcdefghij,1,2,test\n"
                                         "1.23457E+17,1,2,test\n1E+05,1,2,test\n12345,1,2,test\n",
                                     {.youtube_ids = true});
    REQUIRE(wrong.size() == 5);
    CHECK_THAT(wrong[0],
               ContainsSubstring("2: the video id '#NAME?' is what a spreadsheet makes of an id that begins with '-'"));
    CHECK_THAT(wrong[1], ContainsSubstring("4: ") && ContainsSubstring("spreadsheet"));
    CHECK_THAT(wrong[2], ContainsSubstring("5: ") && ContainsSubstring("rounded"));
    CHECK_THAT(wrong[3], ContainsSubstring("6: ") && ContainsSubstring("rounded"));
    CHECK_THAT(wrong[4], ContainsSubstring("7: ") && ContainsSubstring("removed zeros"));
    for (const char* id : {"1E5", "1e10", "1E05", "1.5E7"}) {
        CHECK_THAT(complaints_of(head + id + ",1,2,test\n", {.youtube_ids = true}).at(0),
                   ContainsSubstring("short form"));
        CHECK(clips_of(head + id + ",1,2,test\n").size() == 1);
    }
    CHECK(complaints_of(head + "12345678E12,1,2,test\n", {.youtube_ids = true}).empty());
    // Elsewhere than on YouTube a number is an id like any other.
    CHECK(clips_of(head + "12345,1,2,test\n12345678901,1,2,test\n").size() == 2);
}

TEST_CASE("words, dates and small numbers are no ids of YouTube's", "[spreadsheet]")
{
    const std::string head = "youtube_id,time_start,time_end,split\n";
    for (const char* id : {"TRUE", "FALSE", "5-Jan", "Jan-05", "1.20E-05"}) {
        CHECK_THAT(complaints_of(head + id + ",1,2,test\n", {.youtube_ids = true}).at(0),
                   ContainsSubstring("2: the video id '") && ContainsSubstring("spreadsheet"));
        CHECK(clips_of(head + id + ",1,2,test\n").size() == 1);
    }
    CHECK(complaints_of(head + "https://example.org/a.mp4,1,2,test\n-abcdefghij,1,2,test\n", {.youtube_ids = true})
              .empty());
}

TEST_CASE("the mark that keeps a spreadsheet from calculating with an id is not part of it", "[spreadsheet]")
{
    const auto clips =
        clips_of("youtube_id,time_start,time_end\n'-abcdefghij,1,3\n'abcdefghij,1,3\n''-bcdefghij,1,3\n");
    REQUIRE(clips.size() == 3);
    CHECK(clips[0].video == "-abcdefghij");
    CHECK(clips[1].video == "'abcdefghij");
    CHECK(clips[2].video == "'-bcdefghij");
}

TEST_CASE("behind the header a line that begins with # is a row", "[spreadsheet]")
{
    const auto clips = clips_of("# a remark\nlabel,youtube_id,time_start,time_end\n#throwback,goodvideo01,1,3\n");
    REQUIRE(clips.size() == 1);
    CHECK(clips[0].label == "#throwback");
    CHECK_THAT(complaints_of("#NAME?,191.0\n000QsbOC-a4,191.0\n", {.format = "ava"}).at(0),
               ContainsSubstring("1: the video id"));
}

TEST_CASE("lines that end with CR are lines", "[spreadsheet]")
{
    const auto rows =
        reelpipe::test::rows_of("youtube_id,time_start,time_end,label\rgoodvideo01,1,3,run\r\rgoodvideo01,5,8,run\r");
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].line == 2);
    CHECK(rows[1].line == 4);
    CHECK(clips_of("youtube_id,time_start,time_end,label\r\r\ngoodvideo01,1,3,run\r\r\n").at(0).label == "run");
}

TEST_CASE("a header in a comment is a header", "[spreadsheet]")
{
    CHECK(clips_of("# made by hand\n# youtube_id, time_start, time_end\ngoodvideo01,1,3\n").size() == 1);
}
