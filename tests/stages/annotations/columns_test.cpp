#include "stages/annotations/list_reader.hpp"

#include <stdexcept>

#include "stages/annotations/lists.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using reelpipe::clip_request;
using reelpipe::test::clips_of;
using reelpipe::test::complaints_of;
using reelpipe::test::refusal_of;

using clips = std::vector<clip_request>;

TEST_CASE("columns are named by the user", "[columns]")
{
    CHECK(clips_of("n,clip,from,len,what\n1,abcdefghijk,90000,10000,\"a, b\"\n",
                   {.columns = "id=clip,start=from,duration=len,label=what,unit=ms"}) ==
          clips{{"abcdefghijk", {90s, 100s}, "a, b", ""}});
    CHECK(clips_of("{\"vid\": \"abcdefghijk\", \"t0\": 1000, \"t1\": 2500, \"video_id\": \"other\"}\n",
                   {.columns = "id=vid,start=t0,end=t1,unit=ms"}) == clips{{"abcdefghijk", {1s, 2500ms}, "", ""}});
}

TEST_CASE("columns are numbered where there is no header, or one that nobody knows", "[columns]")
{
    CHECK(clips_of("x,abcdefghijk,1,2\ny,bcdefghijkl,3,4\n", {.columns = "id=2,start=3,end=4,label=1"}) ==
          clips{{"abcdefghijk", {1s, 2s}, "x", ""}, {"bcdefghijkl", {3s, 4s}, "y", ""}});
    CHECK(clips_of("what;which;from;to\ny;bcdefghijkl;3;4\n", {.columns = "id=2,start=3,end=4,label=1"}) ==
          clips{{"bcdefghijkl", {3s, 4s}, "y", ""}});
    CHECK_THAT(complaints_of("x,abcdefghijk,1,2\ny,bcdefghijkl\n", {.columns = "id=2,start=3,end=4"}).at(0),
               ContainsSubstring("2: has 2 columns"));
}

TEST_CASE("times of two units in one table are refused", "[columns]")
{
    CHECK_THAT(refusal_of("youtube_id,start_seconds,end_ms\nabcdefghijk,10,20000\n"),
               ContainsSubstring("the column 'end_ms' has another unit than 'start_seconds'"));
    CHECK(clips_of("youtube_id,start_ms,end_ms\nabcdefghijk,1000,2000\n") == clips{{"abcdefghijk", {1s, 2s}, "", ""}});
}

TEST_CASE("columns that do not exist or make no sense are refused", "[columns]")
{
    const std::string text = "n,clip,from,to\n1,abcdefghijk,1,2\n";
    CHECK_THAT(refusal_of(text, {.columns = "id=clip,start=begin,end=to"}),
               ContainsSubstring("no column is named 'begin'") && ContainsSubstring("n,clip,from,to"));
    CHECK_THAT(refusal_of(text, {.columns = "id=2,start=3,end=5"}),
               ContainsSubstring("no column 5, the first line has 4"));
    for (const char* wrong : {"id=clip", "id=clip,start=from", "id=clip,start=from,end=to,duration=x", "video=clip",
                              "id", "id=,start=1,end=2", "id=1,start=2,end=3,unit=min"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(refusal_of(text, {.columns = wrong}), std::invalid_argument);
    }
}
