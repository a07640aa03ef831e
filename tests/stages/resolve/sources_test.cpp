#include "stages/resolve/folder.hpp"
#include "stages/resolve/url_template.hpp"
#include "stages/resolve/video_file_name.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using reelpipe::local_file;
using reelpipe::reason;
using reelpipe::remote_file;
using reelpipe::source_error;
using reelpipe::resolve::folder;
using reelpipe::resolve::url_template;

namespace {

std::string url_of(const std::string& pattern, std::string_view video)
{
    return std::get<remote_file>(url_template(pattern).find(video).files.at(0)).url;
}

std::string file_of(const folder& videos, std::string_view video)
{
    return std::get<local_file>(videos.find(video).files.at(0)).path.filename();
}

reason failure_of(const folder& videos, std::string_view video)
{
    try {
        videos.find(video);
    } catch (const source_error& error) {
        return error.why();
    }
    FAIL("found");
    return reason::unknown;
}

}  // namespace

TEST_CASE("a template becomes the URL of a video", "[url_template]")
{
    CHECK(url_of("https://mirror/k400/{id}.mp4", "-bcdefghij_") == "https://mirror/k400/-bcdefghij_.mp4");
    CHECK(url_of("http://mirror:8080/?v={id}&again={id}", "a/b?c#d %") ==
          "http://mirror:8080/?v=a%2Fb%3Fc%23d%20%25&again=a%2Fb%3Fc%23d%20%25");
    CHECK(url_of("http://mirror/{id}", "{id}") == "http://mirror/%7Bid%7D");
    CHECK_THROWS_AS(url_of("http://mirror/{id}", ""), source_error);
    CHECK_THROWS_AS(url_of("http://mirror/{id}/video.mp4", ".."), source_error);
}

TEST_CASE("what is no template of web addresses is refused", "[url_template]")
{
    for (const char* pattern : {"", "mirror/{id}.mp4", "http://mirror/video.mp4", "file:///videos/{id}.mp4",
                                "http://{id}/video.mp4", "http:///{id}", "ftp://mirror/{id}"}) {
        CAPTURE(pattern);
        CHECK_THROWS_AS(url_template(pattern), std::invalid_argument);
    }
}

TEST_CASE("where ids are URLs, they are http(s) URLs", "[url_template]")
{
    CHECK(url_of("{id}", "https://host/video.mp4?a=b%20c") == "https://host/video.mp4?a=b%20c");
    CHECK(url_of("{id}.mp4", "http://host:8080/video") == "http://host:8080/video.mp4");
    CHECK(std::holds_alternative<reelpipe::hls_playlist>(
        url_template("{id}").find("https://host/list.m3u8?x").files.at(0)));
    for (const char* id : {"", "video", "file:///etc/passwd", "ftp://host/video.mp4", "http://", "https:///video.mp4",
                           "http://host/a\r\nX: y"}) {
        CAPTURE(id);
        CHECK_THROWS_AS(url_of("{id}", id), source_error);
    }
}

TEST_CASE("a folder's videos are found by their id, alone or as names are given to it", "[folder]")
{
    const reelpipe::test::temp_folder here;
    for (const char* name : {"abcdefghijk.mp4", "v_-2345678901.MKV", "Some title [ABCDEFGHIJK].webm", "abcdefghijk.txt",
                             "clip0000000_000010_000020.mp4", "trailer abcdefghijk.mp4", "short.mov",
                             "Bcdefghijkl.f137.mp4", "T [Cdefghijklm].f22.mp4", "v_plain.avi"})
        reelpipe::test::write_file(here / name, "");
    const folder videos(here.path());

    CHECK(file_of(videos, "abcdefghijk") == "abcdefghijk.mp4");
    CHECK(file_of(videos, "-2345678901") == "v_-2345678901.MKV");
    CHECK(file_of(videos, "ABCDEFGHIJK") == "Some title [ABCDEFGHIJK].webm");
    CHECK(file_of(videos, "short") == "short.mov");
    CHECK(file_of(videos, "Bcdefghijkl") == "Bcdefghijkl.f137.mp4");
    CHECK(file_of(videos, "Cdefghijklm") == "T [Cdefghijklm].f22.mp4");
    CHECK(file_of(videos, "plain") == "v_plain.avi");
    CHECK(failure_of(videos, "hort") == reason::gone);
    CHECK(failure_of(videos, "") == reason::gone);
    CHECK(failure_of(videos, "../abcdefghijk") == reason::gone);
    CHECK(failure_of(videos, "clip0000000") == reason::gone);
}

TEST_CASE("a name that goes on behind an id, or in front of it, is another video's", "[folder]")
{
    const reelpipe::test::temp_folder here;
    for (const char* name : {"dashcam_0012.mp4", "my_dashcam_001.mp4", "dashcam_001-b.mp4", "[dashcam_001] title.mp4",
                             "[xdashcam_001].mp4", "dashcam_001.final.mp4", "dashcam_001.f.mp4"})
        reelpipe::test::write_file(here / name, "");
    const folder videos(here.path());

    CHECK(failure_of(videos, "dashcam_001") == reason::gone);
    try {
        videos.find("dashcam_001");
    } catch (const source_error& e) {
        CHECK_THAT(e.what(), Catch::Matchers::ContainsSubstring("has the id inside of its name"));
    }
    CHECK(file_of(videos, "dashcam_0012") == "dashcam_0012.mp4");
}

TEST_CASE("videos are files of every ending that they have, and others are told as such", "[folder]")
{
    const reelpipe::test::temp_folder here;
    for (const char* ending : {"avi", "flv", "3gp", "mpg", "mpeg", "MTS", "m2ts", "ogv", "wmv", "mov", "ts", "m4v"})
        reelpipe::test::write_file(here / ("video." + std::string(ending)), "");
    for (const char* ending : {"avi", "flv", "3gp", "mpg", "mpeg", "MTS", "m2ts", "ogv", "wmv", "mov", "ts", "m4v"}) {
        const reelpipe::test::temp_folder one;
        const std::string name = "video." + std::string(ending);
        reelpipe::test::write_file(one / name, "");
        CHECK(file_of(folder(one.path()), "video") == name);
    }
    reelpipe::test::write_file(here / "page.html", "");
    reelpipe::test::write_file(here / "T [part].mp4.part", "");
    const folder videos(here.path());
    CHECK(failure_of(videos, "page") == reason::not_media);
    CHECK(failure_of(videos, "video") == reason::unknown);
    CHECK_THROWS_WITH(videos.find("page"),
                      Catch::Matchers::ContainsSubstring("page.html") && Catch::Matchers::ContainsSubstring("m2ts"));
}

TEST_CASE("two files for one video are an error, not luck", "[folder]")
{
    const reelpipe::test::temp_folder here;
    for (const char* name : {"abcdefghijk.mp4", "abcdefghijk.webm", "a [00000000000].mp4", "b [00000000000].mp4"})
        reelpipe::test::write_file(here / name, "");
    const folder videos(here.path());

    CHECK(failure_of(videos, "abcdefghijk") == reason::unknown);
    CHECK(failure_of(videos, "00000000000") == reason::unknown);
}

TEST_CASE("a folder that is none is an error of the file system", "[folder]")
{
    CHECK_THROWS_AS(folder("/nonexistent"), std::filesystem::filesystem_error);
}

TEST_CASE("the name of a clip says of which video it is and what it holds", "[clip_name]")
{
    using namespace std::chrono_literals;
    const auto named = [](std::string_view name, std::string_view video, reelpipe::segment holds) {
        CAPTURE(name);
        const auto found = reelpipe::resolve::clip_of(name);
        REQUIRE(found);
        CHECK(found->video == video);
        CHECK(found->holds == holds);
    };
    named("-bcdefghij__000010_000020.mp4", "-bcdefghij_", {10s, 20s});
    named("a_1_2_3_4.MKV", "a_1_2", {3s, 4s});
    named("video_000012.345_000022.5.mp4", "video", {12345ms, 22500ms});
    for (const char* name :
         {"", ".mp4", "video.mp4", "_1_2.mp4", "video_2_1.mp4", "video_1_1.mp4", "video_1.mp4", "video_1_2",
          "video_1_2.txt", "video_-1_2.mp4", "video_1_.mp4", "video_1__2.mp4", "video_1e1_20.mp4", "video_.5_2.mp4",
          "video_1._2.mp4", "video_1_9999999999.mp4", "video_1_2.1234567.mp4"}) {
        CAPTURE(name);
        CHECK_FALSE(reelpipe::resolve::clip_of(name));
    }
}
