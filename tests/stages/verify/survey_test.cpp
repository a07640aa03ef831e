#include "stages/verify/survey.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "media/error.hpp"
#include "reelpipe/clip.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
using Catch::Matchers::WithinAbs;
using reelpipe::test::read_file;
using reelpipe::test::temp_folder;
using reelpipe::test::write_file;
using reelpipe::verify::truncated_error;

namespace {

const fs::path survey_media = REELPIPE_TEST_MEDIA;

reelpipe::verify::facts survey_of(const fs::path& file, bool decodable = false)
{
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(descriptor >= 0);
    const struct closing {
        ~closing() { close(descriptor); }
        int descriptor;
    } at_the_end{descriptor};
    return reelpipe::verify::survey(descriptor, decodable);
}

void make_file(const fs::path& file, std::vector<std::string> how)
{
    std::vector<std::string> words{"ffmpeg", "-nostdin", "-v", "error"};
    words.insert(words.end(), how.begin(), how.end());
    words.push_back(file.string());
    reelpipe::test::output_of(words);
}

double length_s(const reelpipe::verify::facts& facts) { return reelpipe::in_seconds(facts.duration); }

// The beginning of a file.
fs::path beginning_of(const temp_folder& folder, const fs::path& whole, double part)
{
    const std::string content = read_file(whole);
    const fs::path file = folder / ("cut" + whole.extension().string());
    write_file(file, content.substr(0, static_cast<std::size_t>(part * static_cast<double>(content.size()))));
    return file;
}

}  // namespace

TEST_CASE("videos of every container are fine, whoever made them", "[survey]")
{
    struct expected {
        const char* name;
        double expected_s;
        bool audio = true;
    };
    const auto each =
        GENERATE(expected{"moov_first.mp4", 40}, expected{"moov_last.mp4", 40}, expected{"silent.mp4", 20, false},
                 expected{"video.mkv", 15}, expected{"video.ts", 15}, expected{"fragments.mp4", 15},
                 expected{"fragments_sidx.mp4", 15}, expected{"video.webm", 15}, expected{"edit_list.mp4", 15},
                 expected{"open_gop.mp4", 15}, expected{"variable_rate.mp4", 15}, expected{"late_frame.mp4", 11.3},
                 expected{"full_range.mp4", 6}, expected{"hevc.mp4", 12}, expected{"pair_video.webm", 15, false});
    INFO(each.name);
    const reelpipe::verify::facts found = survey_of(survey_media / each.name);
    CHECK_THAT(length_s(found), WithinAbs(each.expected_s, 0.2));
    CHECK(found.audio == each.audio);
}

TEST_CASE("an old AVI file and a live WebM without lengths are fine, and all of them decodes", "[survey]")
{
    const temp_folder folder;
    make_file(folder / "old.avi", {"-i", (survey_media / "moov_first.mp4").string(), "-t", "5", "-c:v", "mpeg4", "-bf",
                                   "2", "-c:a", "pcm_s16le"});
    make_file(folder / "live.webm", {"-i", (survey_media / "video.webm").string(), "-c", "copy", "-live", "1"});
    make_file(folder / "flash.flv", {"-i", (survey_media / "moov_first.mp4").string(), "-t", "5", "-c", "copy"});
    CHECK_THAT(length_s(survey_of(folder / "old.avi", true)), WithinAbs(5, 0.2));
    CHECK_THAT(length_s(survey_of(folder / "live.webm", true)), WithinAbs(15, 0.1));
    CHECK_THAT(length_s(survey_of(folder / "flash.flv", true)), WithinAbs(5, 0.2));
}

TEST_CASE("a file that ends early is truncated, in every container that says where it ends", "[survey]")
{
    const temp_folder folder;
    const double part = GENERATE(0.5, 0.97);
    INFO(part);
    for (const char* name : {"moov_first.mp4", "moov_last.mp4", "fragments.mp4", "video.mkv", "video.webm"}) {
        INFO(name);
        CHECK_THROWS_AS(survey_of(beginning_of(folder, survey_media / name, part)), truncated_error);
    }
    make_file(folder / "old.avi",
              {"-i", (survey_media / "moov_first.mp4").string(), "-t", "5", "-c:v", "mpeg4", "-c:a", "pcm_s16le"});
    CHECK_THROWS_AS(survey_of(beginning_of(folder, folder / "old.avi", part)), truncated_error);
    write_file(folder / "empty.mp4", "");
    CHECK_THROWS_AS(survey_of(folder / "empty.mp4"), truncated_error);
}

TEST_CASE("a file without lengths that lost its end says so by its duration", "[survey]")
{
    const temp_folder folder;
    make_file(folder / "flash.flv", {"-i", (survey_media / "moov_first.mp4").string(), "-t", "5", "-c", "copy"});
    CHECK_THROWS_AS(survey_of(beginning_of(folder, folder / "flash.flv", 0.5)), truncated_error);
}

TEST_CASE("what is no video is told from a video that is broken", "[survey]")
{
    const temp_folder folder;
    write_file(folder / "page.mp4", "<html><body>404 not found</body></html>");
    try {
        survey_of(folder / "page.mp4");
        FAIL("a page is no video");
    } catch (const reelpipe::media::error& e) {
        CHECK(e.kind() == reelpipe::media::fault::not_media);
    }
    try {
        survey_of(survey_media / "audio_only.mp4");
        FAIL("audio is no video");
    } catch (const reelpipe::media::error& e) {
        CHECK(e.kind() == reelpipe::media::fault::no_video_stream);
    }
}

TEST_CASE("a hole in the frames is found without decoding all of a good file", "[survey]")
{
    const temp_folder folder;
    std::string content = read_file(survey_media / "moov_first.mp4");
    content.replace(content.size() / 2, 60'000, 60'000, '\0');  // as a download leaves it that has lost a range
    write_file(folder / "hole.mp4", content);
    CHECK_THROWS_AS(survey_of(folder / "hole.mp4"), reelpipe::verify::decode_error);
}
