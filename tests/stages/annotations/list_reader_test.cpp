#include "stages/annotations/list_reader.hpp"

#include <string>
#include <system_error>
#include <vector>

#include "stages/annotations/lists.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using reelpipe::clip_request;
using reelpipe::annotations::list_reader;
using reelpipe::annotations::row;
using reelpipe::annotations::row_error;
using reelpipe::test::refusal_of;
using reelpipe::test::rows_of;

namespace {

clip_request only_request(std::string_view content)
{
    const std::vector<row> all = rows_of(content);
    REQUIRE(all.size() == 1);
    REQUIRE(std::holds_alternative<clip_request>(all[0].content));
    return std::get<clip_request>(all[0].content);
}

// What is said about the only row of a list with one bad row.
std::string complaint(std::string_view bad_row)
{
    const std::vector<row> all = rows_of("label,youtube_id,time_start,time_end,split\nbowling,before00000,1,2,val\n" +
                                         std::string(bad_row) + "\nbowling,after000000,3,4,val\n");
    REQUIRE(all.size() == 3);
    CHECK(std::get<clip_request>(all[0].content).video == "before00000");
    CHECK(std::get<clip_request>(all[2].content).video == "after000000");
    CHECK(all[1].line == 3);
    REQUIRE(std::holds_alternative<row_error>(all[1].content));
    return std::get<row_error>(all[1].content).message;
}

}  // namespace

TEST_CASE("every header that lists of clips come with is understood", "[list_reader]")
{
    struct sample {
        const char* text;
        clip_request expected;
    };
    const std::vector<sample> samples{
        {"label,youtube_id,time_start,time_end,split,is_cc\nabseiling,0wR5jVB-WPk,417,427,val,0\n",
         {"0wR5jVB-WPk", {417s, 427s}, "abseiling", "val"}},
        {"youtube_id,time_start,time_end,split\n--6bJUbfpnQ,17,27,test\n", {"--6bJUbfpnQ", {17s, 27s}, "", "test"}},
        {"label,youtube_id,time_start,time_end,split\ntestifying,---QUuC4vJs,84,94,validate\n",
         {"---QUuC4vJs", {84s, 94s}, "testifying", "validate"}},
        {"video-id,start-time,end-time,label-name\nQQJPvlKaJGQ,5.5,15.25,playing drums\n",
         {"QQJPvlKaJGQ", {5500ms, 15250ms}, "playing drums", ""}},
        {"comment,time_end,label,\"time_start\",other,youtube_id\nx,12,bowling,2,,abcdefghijk\n",
         {"abcdefghijk", {2s, 12s}, "bowling", ""}},
        {"YouTube_ID, Time_Start, Time_End, Label\nabcdefghijk, 2, 12, bowling\n",
         {"abcdefghijk", {2s, 12s}, "bowling", ""}},
    };
    for (const sample& each : samples) {
        CAPTURE(each.text);
        CHECK(only_request(each.text) == each.expected);
    }
}

TEST_CASE("labels are passed on as they are", "[list_reader]")
{
    const std::string head = "youtube_id,time_start,time_end,label\n";
    CHECK(only_request(head + "abcdefghijk,0,1,\"chirping, \"\"loud\"\"\"\n").label == "chirping, \"loud\"");
    CHECK(only_request(head + "abcdefghijk,0,1,skiing (not slalom or crosscountry)\n").label ==
          "skiing (not slalom or crosscountry)");
    CHECK(only_request(head + "abcdefghijk,0,1,massaging person's head\n").label == "massaging person's head");
    CHECK(only_request(head + "abcdefghijk,0,1,../../etc\n").label == "../../etc");
    CHECK(only_request(head + "abcdefghijk,0,1,\" d\xc3\xa9j\xc3\xa0 vu \"\n").label == " d\xc3\xa9j\xc3\xa0 vu ");
    CHECK(only_request(head + "abcdefghijk,0,1,5\" nails\n").label == "5\" nails");
}

TEST_CASE("a quoted value that goes on in the next line costs its lines and makes no row", "[list_reader]")
{
    const auto all =
        rows_of("label,youtube_id,time_start,time_end\n\"two\nlines\",abcdefghijk,0,1\nbowling,bcdefghijkl,1,2\n");
    REQUIRE(all.size() == 3);
    CHECK(std::holds_alternative<reelpipe::annotations::row_error>(all[0].content));
    CHECK(std::holds_alternative<reelpipe::annotations::row_error>(all[1].content));
    CHECK(std::get<clip_request>(all[2].content).label == "bowling");
}

TEST_CASE("lines of a quoted value are no rows, and a quote too many costs no other row", "[list_reader]")
{
    using reelpipe::annotations::row_error;
    const std::string head = "youtube_id,time_start,time_end,label\n";
    const std::string last = "bcdefghijkl,1,2,bowling\n";
    const auto clips_in = [](const std::string& text) {
        std::vector<std::string> videos;
        for (const auto& each : rows_of(text))
            if (const auto* const clip = std::get_if<clip_request>(&each.content)) videos.push_back(clip->video);
        return videos;
    };
    const std::string in_quotes = "abcdefghijk,0,1,\"three\nzzzzzzzzzzz,5,6,lines\n\n\"\"said\"\" so\nend\"\n";
    CHECK(clips_in(head + in_quotes + last) == std::vector<std::string>{"bcdefghijkl"});
    CHECK(rows_of(head + in_quotes + last).back().line == 7);
    CHECK(clips_in(head + "abcdefghijk,0,1,\"open\ncdefghijklm,1,2,a\n" + last) ==
          std::vector<std::string>{"cdefghijklm", "bcdefghijkl"});
    CHECK(clips_in(head + "abcdefghijk,0,1,\"open\ncdefghijklm,1,2,\"a\"\ndefghijklmn,1,2,\"open\n" + last) ==
          std::vector<std::string>{"cdefghijklm", "bcdefghijkl"});
}

TEST_CASE("byte order mark, CRLF, comments, blank lines and a missing last newline change nothing", "[list_reader]")
{
    const auto all = rows_of(
        "\xef\xbb\xbf# made by hand\r\n\r\n# by me\r\nyoutube_id,time_start,time_end,label\r\n"
        "abcdefghijk,0,1,bowling\r\n \t\r\n-bcdefghijk,1,2,archery");
    REQUIRE(all.size() == 2);
    CHECK(all[0].line == 5);
    CHECK(std::get<clip_request>(all[0].content).label == "bowling");
    CHECK(all[1].line == 7);
    CHECK(std::get<clip_request>(all[1].content) == clip_request{"-bcdefghijk", {1s, 2s}, "archery", ""});
}

TEST_CASE("a malformed row costs only itself and is told by line and cause", "[list_reader]")
{
    using Catch::Matchers::ContainsSubstring;
    CHECK_THAT(complaint("bowling,abcdefghijk,1,2"), ContainsSubstring("4 columns") && ContainsSubstring("5"));
    CHECK_THAT(complaint("bowling, indoors,abcdefghijk,1,2,val"), ContainsSubstring("6 columns"));
    CHECK_THAT(complaint("bowling,,1,2,val"), ContainsSubstring("video id is empty"));
    CHECK_THAT(complaint("bowling,abcdefghijk,one,2,val"), ContainsSubstring("start time 'one'"));
    CHECK_THAT(complaint("bowling,abcdefghijk,1,,val"), ContainsSubstring("end time ''"));
    CHECK_THAT(complaint("bowling,abcdefghijk,-1,2,val"), ContainsSubstring("start time '-1'"));
    CHECK_THAT(complaint("bowling,abcdefghijk,1,nan,val"), ContainsSubstring("end time 'nan'"));
    CHECK_THAT(complaint("bowling,abcdefghijk,5,5,val"), ContainsSubstring("not after the start"));
    CHECK_THAT(complaint("\"bowling,abcdefghijk,1,2,val"), ContainsSubstring("quote"));
    CHECK_THAT(complaint(std::string("bowling,abc\0efghijk,1,2,val", 27)), ContainsSubstring("UTF-8"));
    CHECK_THAT(complaint("bowl\xffing,abcdefghijk,1,2,val"), ContainsSubstring("UTF-8"));
    CHECK_THAT(complaint(std::string(3u << 20, 'x')), ContainsSubstring("longer than"));
    CHECK_THAT(complaint("bowling,abcdefghijk,\x1b[2J" + std::string(200, '7') + ",2,val"),
               ContainsSubstring("'?[2J777") && ContainsSubstring("...'"));
}

TEST_CASE("a file that is no list is refused by name with what was expected", "[list_reader]")
{
    using Catch::Matchers::ContainsSubstring;
    CHECK_THAT(refusal_of(""),
               ContainsSubstring("list.csv") && ContainsSubstring("empty") && ContainsSubstring("youtube_id"));
    CHECK_THAT(refusal_of("\n# only remarks\n"), ContainsSubstring("empty"));
    CHECK_THAT(refusal_of("first,second\nabcdefghijk,bowling\n"),
               ContainsSubstring("video ids") && ContainsSubstring("--columns"));
    CHECK_THAT(refusal_of("youtube_id,label\nabcdefghijk,bowling\n"), ContainsSubstring("start times"));
    CHECK_THAT(refusal_of("youtube_id,time_start,label\n"), ContainsSubstring("end times"));
    CHECK_THAT(refusal_of("youtube_id,video-id,time_start,time_end\n"), ContainsSubstring("two columns"));
    CHECK_THAT(refusal_of(std::string("\x7f"
                                      "ELF\x02\x01\x01\0\0\0",
                                      10)),
               ContainsSubstring("UTF-8"));
    CHECK_THAT(refusal_of(std::string(5u << 20, 'x')), ContainsSubstring("'xxx"));
}

TEST_CASE("a list that cannot be read is an error of the system that names it", "[list_reader]")
{
    const reelpipe::test::temp_folder folder;
    CHECK_THROWS_AS(list_reader(folder / "missing.csv"), std::system_error);
    CHECK_THROWS_AS(list_reader(folder.path().string()), std::system_error);
    CHECK_THROWS_WITH(list_reader(folder / "missing.csv"), Catch::Matchers::ContainsSubstring("missing.csv"));
}

TEST_CASE("rows that lie across the borders of reads come out whole", "[list_reader]")
{
    std::string text = "label,youtube_id,time_start,time_end\n";
    const int count = 20'000;
    for (int i = 0; i < count; ++i)
        text += "label " + std::string(static_cast<std::size_t>(i % 97), 'l') + ",id" + std::to_string(i) + "," +
                std::to_string(i) + "," + std::to_string(i + 10) + "\n";
    const auto all = rows_of(text);
    REQUIRE(all.size() == count);
    for (int i = 0; i < count; ++i) {
        const auto& each = all[static_cast<std::size_t>(i)];
        const auto& request = std::get<clip_request>(each.content);
        if (each.line != static_cast<std::uint64_t>(i) + 2 || request.video != "id" + std::to_string(i) ||
            request.wanted != reelpipe::segment{std::chrono::seconds(i), std::chrono::seconds(i + 10)})
            FAIL("row " << i << " came out as " << request.video);
    }
}
