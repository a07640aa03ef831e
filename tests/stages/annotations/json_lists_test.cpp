#include "stages/annotations/list_reader.hpp"

#include "stages/annotations/lists.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using reelpipe::clip_request;
using reelpipe::test::clips_of;
using reelpipe::test::complaints_of;
using reelpipe::test::refusal_of;

using clips = std::vector<clip_request>;

TEST_CASE("Kinetics as JSON is read, in one line or in many", "[json_lists]")
{
    CHECK(clips_of(
              R"({"---QUuC4vJs":{"annotations":{"label":"testifying","segment":[84.0,94.0]},"duration":10.0,)"
              R"("subset":"validate","url":"https://www.youtube.com/watch?v=---QUuC4vJs"},)"
              R"("-abcdefghij":{"subset":"validate","annotations":{"segment":[1.5,1e1],"label":"a \"b\" \u00e9"}}})") ==
          clips{{"---QUuC4vJs", {84s, 94s}, "testifying", "validate"},
                {"-abcdefghij", {1500ms, 10s}, "a \"b\" \xc3\xa9", "validate"}});
    const std::string text =
        "{\n  \"abcdefghijk\": {\n    \"annotations\": {\n      \"label\": \"\",\n"
        "      \"segment\": [\n        84,\n        94\n      ]\n    },\n"
        "    \"subset\": \"test\"\n  },\n  \"bcdefghijkl\": {\n    \"annotations\": {}\n  }\n}\n";
    const auto rows = reelpipe::test::rows_of(text);
    REQUIRE(rows.size() == 2);
    CHECK(std::get<clip_request>(rows[0].content) == clip_request{"abcdefghijk", {84s, 94s}, "", "test"});
    CHECK(rows[0].line == 2);
    CHECK(rows[1].line == 12);
    CHECK(std::holds_alternative<reelpipe::annotations::row_error>(rows[1].content));
}

TEST_CASE("ActivityNet and HACS Segments give the segments of each video", "[json_lists]")
{
    CHECK(clips_of(R"({"version": "VERSION 1.3", "taxonomy": [{"parentName": "x", "nodeId": 1}], "database": {
              "sJbiSyBNPhY": {"duration": 82.73, "subset": "training", "resolution": "320x240", "url": "u",
                 "annotations": [{"segment": [0.01, 40.5], "label": "Archery"}, {"segment": [50, 60], "label": "B"}]},
              "v_bcdefghijkl": {"duration": "12.5", "subset": "testing", "annotations": []},
              "cdefghijklm": {"annotations": [{"label": "C", "segment": [1, 2]}], "subset": "validation"}},
              "more": {"x": 1}})") == clips{{"sJbiSyBNPhY", {10ms, 40500ms}, "Archery", "training"},
                                            {"sJbiSyBNPhY", {50s, 60s}, "B", "training"},
                                            {"cdefghijklm", {1s, 2s}, "C", "validation"}});
}

TEST_CASE("captions of HowTo100M give a clip each", "[json_lists]")
{
    CHECK(clips_of(R"({"abcdefghijk": {"text": ["a", "b"], "start": [3.5, 10], "end": [9.25, 12]}})") ==
          clips{{"abcdefghijk", {3500ms, 9250ms}, "", ""}, {"abcdefghijk", {10s, 12s}, "", ""}});
    CHECK_THAT(complaints_of(R"({"abcdefghijk": {"text": [], "start": [3.5, 10], "end": [9.25]}})").at(0),
               ContainsSubstring("fewer ends"));
}

TEST_CASE("a bad video of a JSON list costs itself", "[json_lists]")
{
    const std::string good = R"("annotations":{"label":"x","segment":[1,2]}})";
    const auto wrong = complaints_of(R"({"goodvideo01":{)" + good + R"(,
        "badvideo001":{"annotations":{"label":"x","segment":[1]}},
        "badvideo002":{"annotations":{"label":"x","segment":[1,"soon"]}},
        "badvideo003":{"annotations":{"label":"x","segment":[1,2,3]}},
        "badvideo004":{"annotations":{"label":"x"}},
        "badvideo005":[1,2,{"}":"]"}],
        "badvideo006":12,
        "badvideo007":{"annotations":{"label":"x","segment":[5,4]}},
        "badvideo008":{"annotations":{"label":"x" "segment":[5,4]}},
        "1.23457E+17":{)" + good + R"(,
        "goodvideo02":{)" + good + "}");
    REQUIRE(wrong.size() == 9);
    for (std::size_t i = 0; i < wrong.size(); ++i)
        CHECK_THAT(wrong[i], Catch::Matchers::StartsWith(std::to_string(i + 2) + ": "));
    CHECK_THAT(wrong[0], ContainsSubstring("badvideo001"));
    CHECK_THAT(wrong[8], ContainsSubstring("spreadsheet"));
}

TEST_CASE("a JSON list that was cut off is refused with the line", "[json_lists]")
{
    const std::string start = "{\"goodvideo01\":{\"annotations\":{\"label\":\"x\",\"segment\":[1,2]}},\n";
    CHECK_THAT(refusal_of(start), ContainsSubstring("line 2") && ContainsSubstring("cut off"));
    CHECK_THAT(refusal_of(start + "\"badvideo001\":{\"annotations\":{\"label\":\"x"),
               ContainsSubstring("line 2") && ContainsSubstring("cut off"));
    CHECK_THAT(refusal_of(start + "\"badvideo001\":"), ContainsSubstring("cut off"));
    CHECK_THAT(refusal_of(start + "goodvideo02:{}}"), ContainsSubstring("line 2") && ContainsSubstring("name"));
    CHECK_THAT(refusal_of(start + "\"goodvideo02\"{}}"), ContainsSubstring("colon"));
    CHECK_THAT(refusal_of(start + "\"" + std::string(10'000, 'x') + "\":1}"), ContainsSubstring("4096"));
    CHECK_THAT(refusal_of("{\"version\":\"1\"}"), ContainsSubstring("accepted"));
}

TEST_CASE("what is said of one video has a limit, and what follows it is read", "[json_lists]")
{
    const auto rows =
        reelpipe::test::rows_of("{\"hugevideo01\":{\"x\":\"" + std::string(9u << 20, '}') +
                                "\"},\n\"goodvideo01\":{\"annotations\":{\"label\":\"x\",\"segment\":[1,2]}}}");
    REQUIRE(rows.size() == 2);
    CHECK_THAT(std::get<reelpipe::annotations::row_error>(rows[0].content).message, ContainsSubstring("hugevideo01"));
    CHECK(rows[1].line == 2);
    CHECK(std::get<clip_request>(rows[1].content).video == "goodvideo01");
}

TEST_CASE("members lie across the borders of reads", "[json_lists]")
{
    std::string text = "{";
    const int count = 20'000;
    for (int i = 0; i < count; ++i)
        text += std::string(i == 0 ? "" : ", ") + "\"id" + std::to_string(i) + "\": {\"annotations\": {\"label\": \"" +
                std::string(static_cast<std::size_t>(i % 97), 'l') + "\\\"\", \"segment\": [" + std::to_string(i) +
                ", " + std::to_string(i + 10) + "]}}";
    const clips all = clips_of(text + "}");
    REQUIRE(all.size() == count);
    for (int i = 0; i < count; ++i) {
        const clip_request& each = all[static_cast<std::size_t>(i)];
        if (each.video != "id" + std::to_string(i) || each.wanted.start != std::chrono::seconds(i) ||
            each.label.size() != static_cast<std::size_t>(i % 97) + 1)
            FAIL("member " << i << " came out as " << each.video);
    }
}

TEST_CASE("InternVid and HD-VILA lines are read", "[json_lists]")
{
    CHECK(
        clips_of(
            "{\"YoutubeID\": \"abcdefghijk\", \"Start_timestamp\": \"00:00:10.500\", \"End_timestamp\": "
            "\"00:01:00.000\", \"Caption\": \"a cat\", \"UMT_Score\": 0.4}\n\n"
            "{\"Caption\": null, \"End_timestamp\": 9, \"Start_timestamp\": 8.5, \"YoutubeID\": \"bcdefghijkl\"}\n") ==
        clips{{"abcdefghijk", {10500ms, 60s}, "", ""}, {"bcdefghijkl", {8500ms, 9s}, "", ""}});
    CHECK(
        clips_of("{\"video_id\": \"abcdefghijk\", \"url\": \"https://www.youtube.com/watch?v=abcdefghijk\", \"clip\": "
                 "[{\"clip_id\": \"abcdefghijk.0.mp4\", \"span\": [\"00:00:00.000\", \"00:00:08.300\"]}, "
                 "{\"clip_id\": \"abcdefghijk.1.mp4\", \"span\": [\"00:00:10.000\", \"00:00:12.000\"]}]}\n") ==
        clips{{"abcdefghijk", {0s, 8300ms}, "", ""}, {"abcdefghijk", {10s, 12s}, "", ""}});
}

TEST_CASE("an array of objects is read as lines are", "[json_lists]")
{
    CHECK(clips_of("[\n {\"id\": \"abcdefghijk\", \"start\": 1, \"end\": 2, \"label\": \"x\"},\n"
                   " {\"id\": \"bcdefghijkl\", \"start\": 1, \"end\": 2, \"split\": \"val\"}\n]\n") ==
          clips{{"abcdefghijk", {1s, 2s}, "x", ""}, {"bcdefghijkl", {1s, 2s}, "", "val"}});
}

TEST_CASE("an object with several labels is a clip for each of them", "[json_lists]")
{
    CHECK(clips_of("{\"id\": \"abcdefghijk\", \"start\": 1, \"end\": 2, \"label\": [\"x\", \"y, z\"]}\n"
                   "{\"id\": \"bcdefghijkl\", \"label\": [], \"start\": 1, \"end\": 2}\n"
                   "{\"id\": \"cdefghijklm\", \"boxes\": [\"a\", [1, 2], \"b\"], \"start\": 1, \"end\": 2, \"label\": "
                   "\"x\"}\n") == clips{{"abcdefghijk", {1s, 2s}, "x", ""},
                                        {"abcdefghijk", {1s, 2s}, "y, z", ""},
                                        {"bcdefghijkl", {1s, 2s}, "", ""},
                                        {"cdefghijklm", {1s, 2s}, "x", ""}});
    // Numbers are labels, too, and null is none.
    CHECK(clips_of("{\"id\": \"abcdefghijk\", \"start\": 1, \"end\": 2, \"label\": [3, null, \"x\"]}\n") ==
          clips{{"abcdefghijk", {1s, 2s}, "3", ""}, {"abcdefghijk", {1s, 2s}, "x", ""}});
    CHECK(clips_of("{\"id\": \"abcdefghijk\", \"start\": 1, \"end\": 2, \"l\": null}\n",
                   {.columns = "id=id,start=start,end=end,label=l"}) == clips{{"abcdefghijk", {1s, 2s}, "", ""}});
    CHECK(clips_of("{\"abcdefghijk\": {\"annotations\": {\"label\": [\"x\", \"y\"], \"segment\": [1, 2]}}}") ==
          clips{{"abcdefghijk", {1s, 2s}, "x", ""}, {"abcdefghijk", {1s, 2s}, "y", ""}});
    // What is wrong with it is told once.
    const std::string bad = "{\"id\": \"abcdefghijk\", \"start\": 2, \"end\": 1, \"label\": [\"x\", \"y\"]}\n";
    CHECK(complaints_of(bad + "{\"id\": \"abcdefghijk\", \"start\": 1, \"end\": 2}\n").size() == 1);
}

TEST_CASE("a bad line of JSON costs itself", "[json_lists]")
{
    const std::string good = "{\"id\": \"abcdefghijk\", \"start\": 1, \"end\": 2}\n";
    const auto wrong = complaints_of(good +
                                     "{\"id\": \"abcdefghijk\", \"start\": 1}\n{\"id\": \n[1]\n{\"start\": 1, "
                                     "\"end\": 2}\nnonsense\n{\"video_id\": \"x\", \"clip\": [{\"span\": [\"1\"]}]}\n" +
                                     good);
    REQUIRE(wrong.size() == 6);
    CHECK_THAT(wrong[0], ContainsSubstring("2: no members hold a start and an end"));
    CHECK_THAT(wrong[3], ContainsSubstring("5: no member holds a video id"));
}
