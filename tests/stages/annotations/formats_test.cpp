#include "stages/annotations/list_reader.hpp"

#include "stages/annotations/lists.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using reelpipe::clip_request;
using reelpipe::annotations::list_options;
using reelpipe::test::clips_of;
using reelpipe::test::complaints_of;
using reelpipe::test::refusal_of;

using clips = std::vector<clip_request>;

namespace {

constexpr const char* audioset_head =
    "# Segments csv created Sun Mar  5 10:54:25 2017\n"
    "# num_ytids=2, num_segs=2, num_unique_labels=3, num_positive_labels=3\n"
    "# YTID, start_seconds, end_seconds, positive_labels\n";

}  // namespace

TEST_CASE("AudioSet segments are a clip for each label", "[formats]")
{
    const std::string text = audioset_head + std::string(
                                                 "--4gqARaEJE, 0.000, 10.000, \"/m/068hy,/m/07q6cd_\"\n"
                                                 "--BfvyPmVMo, 20.000, 27.500, \"/m/03l9g\"\n");

    CHECK(clips_of(text) == clips{{"--4gqARaEJE", {0s, 10s}, "/m/068hy", ""},
                                  {"--4gqARaEJE", {0s, 10s}, "/m/07q6cd_", ""},
                                  {"--BfvyPmVMo", {20s, 27500ms}, "/m/03l9g", ""}});
}

TEST_CASE("AudioSet segments without their comments are recognised, and a bad row costs itself", "[formats]")
{
    const std::string text =
        "--4gqARaEJE, 0.000, 10.000, \"/m/068hy\"\n--BfvyPmVMo, 20.000, 30.000\nabcdefghijk, 9, 3, \"/m/1,/m/2\"\n"
        "--U7joUcTCo, 0.000, 10.000, \"/m/01b_21\"\n";

    const auto wrong = complaints_of(text);

    REQUIRE(wrong.size() == 2);
    CHECK_THAT(wrong[0], ContainsSubstring("2: has 3 columns where AudioSet has four"));
    CHECK_THAT(wrong[1], ContainsSubstring("3: the end '3' is not after the start '9'"));
    CHECK(reelpipe::test::rows_of(text).size() == 4);
}

TEST_CASE("an annotation that is not as expected costs only itself", "[formats]")
{
    const std::string text =
        R"({"database": {"sJbiSyBNPhY": {"annotations": [{"label": "a", "segment": [1, 2]}, {"label": "b", "segment": null},)"
        R"( {"label": "c"}, {"label": "d", "segment": [3, 4]}], "subset": "training"}}})";
    clips found;
    for (const auto& each : reelpipe::test::rows_of(text))
        if (const auto* const clip = std::get_if<clip_request>(&each.content)) found.push_back(*clip);
    CHECK(found == clips{{"sJbiSyBNPhY", {1s, 2s}, "a", "training"}, {"sJbiSyBNPhY", {3s, 4s}, "d", "training"}});
    CHECK(complaints_of(text).size() == 2);
}

TEST_CASE("a table whose column of videos ends in URL has microseconds where seconds cannot be", "[formats]")
{
    CHECK(clips_of("Video_URL,start,end\nhttps://youtu.be/abcdefghijk,5000000,9000000\n") ==
          clips{{"abcdefghijk", {5s, 9s}, "", ""}});
}

TEST_CASE("a column for videos counts before one for ids of clips", "[formats]")
{
    CHECK(clips_of("id,video,label,start,end\nabcdefghijk_000001_000002,abcdefghijk,a,1,2\n") ==
          clips{{"abcdefghijk", {1s, 2s}, "a", ""}});
}

TEST_CASE("AVA and AVA-Kinetics give a window around each key frame", "[formats]")
{
    CHECK(clips_of("-5KQ66BBWC4,0902,0.077,0.151,0.283,0.811,80,1\n-5KQ66BBWC4,0902,0.077,0.151,0.283,0.811,9,1\n") ==
          clips{{"-5KQ66BBWC4", {897s, 907s}, "", ""}, {"-5KQ66BBWC4", {897s, 907s}, "", ""}});
    CHECK(clips_of("000QsbOC-a4,191.000000\n004DJ9jpEFc,3.5\n") ==
          clips{{"000QsbOC-a4", {186s, 196s}, "", ""}, {"004DJ9jpEFc", {0s, 8500ms}, "", ""}});
    CHECK(clips_of("000QsbOC-a4,191.000000\n", {.window = 3s}) == clips{{"000QsbOC-a4", {189500ms, 192500ms}, "", ""}});
    CHECK_THAT(complaints_of("000QsbOC-a4,191.000000\n004DJ9jpEFc,soon\n").at(0),
               ContainsSubstring("2: the time 'soon'"));
}

TEST_CASE("VGGSound gives a window from each start, and labels may hold commas", "[formats]")
{
    CHECK(clips_of("---g-f_I2yQ,1,people marching,test\n--0PQM4-hqg,30,\"bird chirping, tweeting\",train\n") ==
          clips{{"---g-f_I2yQ", {1s, 11s}, "people marching", "test"},
                {"--0PQM4-hqg", {30s, 40s}, "bird chirping, tweeting", "train"}});
    CHECK_THAT(
        complaints_of("---g-f_I2yQ,1,people marching,test\n--0PQM4-hqg,30,bird chirping, tweeting,train\n").at(0),
        ContainsSubstring("2: has 5 columns") && ContainsSubstring("quotes"));
}

TEST_CASE("HACS Clips leave out what does not show its label, unless asked", "[formats]")
{
    const std::string text =
        "classname,youtube_id,subset,start,end,label\nArchery,a2X2hz1G6i8,training,15.5,17.5,1\n"
        "Archery,a2X2hz1G6i8,training,33.1,35.1,-1\n";

    CHECK(clips_of(text) == clips{{"a2X2hz1G6i8", {15500ms, 17500ms}, "Archery", "training"}});
    CHECK(clips_of(text, {.negatives = true}).size() == 2);
}

TEST_CASE("Panda-70M gives the segments of each video", "[formats]")
{
    const std::string head = "videoID,url,timestamp,caption,matching_score\n";
    const std::string video =
        "--a5nRkoZKs,https://www.youtube.com/watch?v=--a5nRkoZKs,\"[['0:00:05.005', '0:00:10.010'], "
        "['0:01:00.000', '1:02:03.500']]\",\"['A man, \"\"talking\"\".', \"\"It's a dog\"\"]\",\"[0.4, 0.5]\"\n";

    CHECK(clips_of(head + video) ==
          clips{{"--a5nRkoZKs", {5005ms, 10010ms}, "", ""}, {"--a5nRkoZKs", {60s, 3723500ms}, "", ""}});
    CHECK(clips_of("videoID,url,timestamp,caption,matching_score,desirable_filtering,shot_boundary_detection\n"
                   "abcdefghijk,u,\"[['0:00:01', '0:00:02']]\",c,m,\"['desirable']\",\"[[['0:00:01', '0:00:02']]]\"\n")
              .size() == 1);
    const auto wrong = complaints_of(head + video + "abcdefghijk,u,\"[['0:00:05.005'\",c,m\n" +
                                     "abcdefghijk,u,\"[['5', 'x']]\",c,m\nabcdefghijk,u,c,m\nabcdefghijk,u,[],c,m\n");
    REQUIRE(wrong.size() == 3);
    CHECK_THAT(wrong[0], ContainsSubstring("3: the timestamp"));
    CHECK_THAT(wrong[1], ContainsSubstring("4: the end time 'x'"));
    CHECK_THAT(wrong[2], ContainsSubstring("5: has 4 columns"));
}

TEST_CASE("VideoCC's microseconds are told from seconds by their size", "[formats]")
{
    CHECK(clips_of("video_url,start,end,caption\nhttps://www.youtube.com/watch?v=abcdefghijk&t=1,0,10000000,a cat\n"
                   "https://youtu.be/abcdefghijl,5000000,9000000,a dog\n") ==
          clips{{"abcdefghijk", {0s, 10s}, "", ""}, {"abcdefghijl", {5s, 9s}, "", ""}});
    CHECK(clips_of("video_url,start,end\nhttps://youtu.be/abcdefghijk,5,15\n") ==
          clips{{"abcdefghijk", {5s, 15s}, "", ""}});
    // In seconds, an end that is far too late is a slip and no other unit.
    CHECK_THAT(complaints_of("youtube_id,time_start,time_end\nabcdefghijk,1,99999999\n").at(0),
               ContainsSubstring("end time"));
}

TEST_CASE("ACAV100M, tabs, semicolons and units in names of columns are read", "[formats]")
{
    CHECK(clips_of("videoID,start,end\nabcdefghijk,1.5,11.5\n") == clips{{"abcdefghijk", {1500ms, 11500ms}, "", ""}});
    CHECK(clips_of("Video ID\tStart Time\tEnd Time\tLabel\nabcdefghijk\t0:01\t0:11,5\tplaying, loudly\n") ==
          clips{{"abcdefghijk", {1s, 11500ms}, "playing, loudly", ""}});
    CHECK(clips_of("youtube_id;time_start;time_end;label\nabcdefghijk;1;2;a, b\n") ==
          clips{{"abcdefghijk", {1s, 2s}, "a, b", ""}});
    CHECK(clips_of("video_id,start_ms,end_ms\nabcdefghijk,1500,2500.5\n") ==
          clips{{"abcdefghijk", {1500ms, 2500500us}, "", ""}});
}

TEST_CASE("URLs with times are a list", "[formats]")
{
    CHECK(clips_of("https://youtu.be/abcdefghijk 10 20\nhttps://www.youtube.com/shorts/abcdefghijl 1:00 1:10\n") ==
          clips{{"abcdefghijk", {10s, 20s}, "", ""}, {"abcdefghijl", {60s, 70s}, "", ""}});
    CHECK(clips_of("https://mirror.example/a;b.mp4?x=1\t10\t20\tplaying drums\n") ==
          clips{{"https://mirror.example/a;b.mp4?x=1", {10s, 20s}, "playing drums", ""}});
    CHECK(clips_of("https://mirror.example/a.mp4,10,20\n") ==
          clips{{"https://mirror.example/a.mp4", {10s, 20s}, "", ""}});
    CHECK_THAT(complaints_of("https://youtu.be/abcdefghijk 10 20\nhttps://youtu.be/abcdefghijk 10\nabc 1 2\n").at(0),
               ContainsSubstring("2: has 2 values"));
}

TEST_CASE("names of clips are a list", "[formats]")
{
    CHECK(clips_of("abseiling/0347ZoDXyP0_000095_000105.mp4 0\nair_drumming/_a_b_c_d_e1_000001_000011.mp4 1\n") ==
          clips{{"0347ZoDXyP0", {95s, 105s}, "abseiling", ""}, {"_a_b_c_d_e1", {1s, 11s}, "air_drumming", ""}});
    CHECK(clips_of("brush hair/0347ZoDXyP0_000095_000105.mp4 0\nrun/_a_b_c_d_e1_000001_000011.mp4 to and fro\n") ==
          clips{{"0347ZoDXyP0", {95s, 105s}, "brush hair", ""}, {"_a_b_c_d_e1", {1s, 11s}, "to and fro", ""}});
    CHECK(clips_of("glLQrEijrKg_000300.mp4,playing hammond organ\n") ==
          clips{{"glLQrEijrKg", {300s, 310s}, "playing hammond organ", ""}});
    CHECK(clips_of("ab_123456_7_000300.wav\n") == clips{{"ab_123456_7", {300s, 310s}, "", ""}});
}

TEST_CASE("where ids suffice, lists without times name whole videos", "[formats]")
{
    const list_options ids{.ids_suffice = true};
    CHECK(clips_of("abcdefghijk\n-bcdefghijk\n", ids) ==
          clips{{"abcdefghijk", {}, "", ""}, {"-bcdefghijk", {}, "", ""}});
    CHECK(clips_of("video_id,label\nabcdefghijk,x\n", ids) == clips{{"abcdefghijk", {}, "x", ""}});
    CHECK(clips_of("https://youtu.be/abcdefghijk\n", ids) == clips{{"abcdefghijk", {}, "", ""}});
    CHECK(clips_of("abcdefghijk_000001_000002\nbcdefghijkl\n", ids).at(1) == clip_request{"bcdefghijkl", {}, "", ""});
    CHECK_THAT(refusal_of("abcdefghijk\n-bcdefghijk\n"), ContainsSubstring("line 1, 'abcdefghijk', names no columns"));
}

TEST_CASE("lists of whole videos and other files are refused by what they are", "[formats]")
{
    CHECK_THAT(refusal_of("video_id,category_1,category_2,rank,task_id\nnVbIUDjzWY4,Cars,x,27,52907\n"),
               ContainsSubstring("HowTo100M") && ContainsSubstring("caption.json"));
    CHECK_THAT(refusal_of("videoid,contentUrl,duration,page_dir,name\n1,https://x/1.mp4,PT00H00M10S,a,b\n"),
               ContainsSubstring("WebVid"));
    CHECK_THAT(refusal_of("PAR1\x15\x04"), ContainsSubstring("Parquet") && ContainsSubstring("read_parquet"));
    CHECK_THAT(refusal_of("PK\x03\x04"), ContainsSubstring("spreadsheet"));
    CHECK_THAT(refusal_of("\xff\xfey\0o\0"), ContainsSubstring("UTF-16"));
    CHECK_THAT(refusal_of("<!DOCTYPE html><html>\n"), ContainsSubstring("web page"));
    CHECK_THAT(refusal_of("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
               ContainsSubstring("git lfs pull"));
}

TEST_CASE("a format that is named and does not fit is refused with the one that does", "[formats]")
{
    const std::string text = audioset_head + std::string("--4gqARaEJE, 0.000, 10.000, \"/m/068hy\"\n");
    CHECK_THAT(refusal_of(text, {.format = "vggsound"}), ContainsSubstring("line 4") &&
                                                             ContainsSubstring("this looks like AudioSet segments") &&
                                                             ContainsSubstring("--list-format audioset"));
    CHECK_THROWS_WITH(refusal_of(text, {.format = "excel"}),
                      ContainsSubstring("no list format 'excel'") && ContainsSubstring("panda"));
    CHECK(clips_of(text, {.format = "audioset"}).size() == 1);
    CHECK(clips_of("---g-f_I2yQ,1,people marching,validation\n", {.format = "vggsound"}).size() == 1);
}

TEST_CASE("columns are explained to tables and JSON lines only", "[formats]")
{
    const std::string by_id = R"({"a": {"annotations": {"label": "x", "segment": [1, 2]}, "subset": "val"}})";
    CHECK(clips_of(by_id).size() == 1);
    CHECK_THAT(refusal_of(by_id, {.columns = "id=1,start=2,end=3"}), ContainsSubstring("leave --columns out"));
    CHECK_THAT(refusal_of("a,1,2\n", {.format = "vggsound", .columns = "id=1,start=2,end=3"}),
               ContainsSubstring("is to be read as VGGSound"));
    const std::string like_audioset = "--4gqARaEJE, 0.000, 10.000, \"/m/068hy\"\n";
    CHECK(clips_of(like_audioset, {.columns = "id=1,start=2,end=3"}).size() == 1);
}

TEST_CASE("only rows with a free license are clips, if that is asked for and the list says it", "[formats]")
{
    const std::string text =
        "label,youtube_id,time_start,time_end,split,is_cc\nx,abcdefghijk,1,2,val,0\nx,bcdefghijkl,1,2,val,1\n";
    CHECK(clips_of(text, {.cc_only = true}) == clips{{"bcdefghijkl", {1s, 2s}, "x", "val"}});
    CHECK_THAT(refusal_of("youtube_id,time_start,time_end\na,1,2\n", {.cc_only = true}), ContainsSubstring("is_cc"));
    CHECK_THROWS_WITH(clips_of(text, {.columns = "id=2,id=1,start=3,end=4"}), ContainsSubstring("'id' is named twice"));
    CHECK(clips_of(text, {.columns = "id=youtube_id,start=time_start,end=time_end", .cc_only = true}).size() == 1);
    CHECK_THAT(refusal_of("a,1,2\n", {.columns = "id=1,start=2,end=3", .cc_only = true}),
               ContainsSubstring("is_cc") && !ContainsSubstring("--columns"));
    CHECK_THAT(refusal_of("000QsbOC-a4,191.000000\n", {.cc_only = true}),
               ContainsSubstring("AVA") && ContainsSubstring("license"));
}
