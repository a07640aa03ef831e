#include "stages/store/clip_name.hpp"

#include <filesystem>
#include <stdexcept>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using reelpipe::clip_request;
using reelpipe::store::clip_id;
using reelpipe::store::clip_name;
using reelpipe::store::trim_format;

namespace {

clip_request clip(std::string video, std::string label)
{
    return {.video = std::move(video), .wanted = {10s, 20s}, .label = std::move(label), .split = ""};
}

const trim_format usual("%06d");

}  // namespace

TEST_CASE("a clip is named as the ActivityNet crawler names it", "[clip_name]")
{
    CHECK(clip_id(clip("--abc_DEF-1", "x"), usual) == "--abc_DEF-1_000010_000020");
    CHECK(clip_name(clip("--abc_DEF-1", "air drumming"), usual) == "air drumming/--abc_DEF-1_000010_000020.mp4");
    CHECK(clip_name(clip("a", "massaging person's head"), usual) == "massaging person's head/a_000010_000020.mp4");
}

TEST_CASE("a clip without a label stands in the folder test", "[clip_name]")
{
    CHECK(clip_name(clip("a", ""), usual) == "test/a_000010_000020.mp4");
}

TEST_CASE("the trim format is printf's, with one integer", "[clip_name]")
{
    CHECK(trim_format("%d")(7s) == "7");
    CHECK(trim_format("%4i")(7s) == "   7");
    CHECK(trim_format("t%03ds")(7s) == "t007s");
    CHECK(trim_format("%06d")(12345678s) == "12345678");
    for (const char* bad : {"", "06d", "%", "%06", "%s", "%06d%d", "%n", "%-6d", "../%d", "%d/x", "%999999d"}) {
        INFO(bad);
        CHECK_THROWS_AS(trim_format(bad), std::invalid_argument);
    }
}

TEST_CASE("fractions of a second keep clips apart", "[clip_name]")
{
    CHECK(usual(15500ms) == "000015.5");
    CHECK(usual(15s + 1us) == "000015.000001");
}

TEST_CASE("a label with the name of a run's own file has another folder", "[clip_name]")
{
    for (const char* own : {"download_report.json", "Download_report.json", "download_report_shorter.json",
                            "download_report.json.part", "reelpipe.toml"}) {
        CAPTURE(own);
        CHECK(reelpipe::store::is_reserved(own));
        CHECK(reelpipe::store::label_folder(own).starts_with('%'));
    }
    CHECK(clip_name(clip("a", "reelpipe.toml"), usual).starts_with("%72eelpipe.toml/"));
    CHECK(clip_name(clip("a", "%72eelpipe.toml"), usual).starts_with("%2572eelpipe.toml/"));
    CHECK(clip_name(clip("a", "reelpipe.toml2"), usual).starts_with("reelpipe.toml2/"));
}

TEST_CASE("no id and no label leaves the output folder", "[clip_name]")
{
    CHECK(clip_name(clip("../../etc/passwd", ".."), usual) == "%2E./%2E.%2F..%2Fetc%2Fpasswd_000010_000020.mp4");
    CHECK(clip_name(clip("a", "."), usual).starts_with("%2E/"));
    CHECK(clip_name(clip("a", ".reelpipe"), usual).starts_with("%2Ereelpipe/"));
    CHECK(clip_name(clip("a\nb", "c\\d\x7f"), usual) == "c%5Cd%7F/a%0Ab_000010_000020.mp4");
}

TEST_CASE("different names stay different when they are escaped or shortened", "[clip_name]")
{
    CHECK(clip_name(clip("a/b", "x"), usual) != clip_name(clip("a%2Fb", "x"), usual));

    const std::string endless(10'000, 'z');
    const std::filesystem::path one = clip_name(clip(endless + "1", endless + "1"), usual);
    const std::filesystem::path two = clip_name(clip(endless + "2", endless + "2"), usual);
    CHECK(one.parent_path() != two.parent_path());
    CHECK(one.filename() != two.filename());
    CHECK(one.filename().string().size() <= 255);
    CHECK(one.parent_path().string().size() <= 255);
    CHECK(one.extension() == ".mp4");
}
