#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "cutting.hpp"
#include "media/error.hpp"
#include "stages/verify/verify.hpp"
#include "support/bad_videos.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/sanitizer.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace reelpipe::test;
using reelpipe::cut::options;
using reelpipe::cut::result;
using reelpipe::cut::way;
using reelpipe::media::fault;

namespace {

std::string name_of(fault kind)
{
    switch (kind) {
        case fault::not_media:
            return "not_media";
        case fault::no_video_stream:
            return "no_video_stream";
        case fault::unsupported:
            return "unsupported";
        case fault::too_large:
            return "too_large";
        case fault::corrupt:
            return "corrupt";
        case fault::encrypted:
            return "encrypted";
        case fault::before_start:
            return "before_start";
        case fault::beyond_end:
            return "beyond_end";
    }
    return "";
}

// "corrupt: ..." or, for a clip that verifies, "clip".
std::string outcome_of(const bad_video& video, const options& how)
{
    const temp_folder folder;
    write_file(folder / "video", video.content);
    result done;
    try {
        done = cut_to(folder / "clip.mp4", folder / "video", bad_segment, how);
    } catch (const reelpipe::media::error& e) {
        return name_of(e.kind()) + ": " + e.what();
    } catch (const reelpipe::media::missing_bytes& e) {
        return std::string("corrupt: ") + e.what();
    } catch (const std::exception& e) {
        return e.what();
    }
    try {
        reelpipe::verify::check_file(
            folder / "clip.mp4",
            {.frames = done.frames, .start = done.start, .duration = done.duration, .audio = done.audio});
    } catch (const reelpipe::verify::decode_error& e) {
        return std::string("corrupt: ") + e.what();
    } catch (const reelpipe::verify::verify_error& e) {
        return e.what();
    }
    const auto told = done.start + done.duration + done.missing;
    if (std::chrono::abs(told - (bad_segment.end - bad_segment.start)) > 200ms)
        return "a clip that hides what is missing";
    return "clip";
}

bool is_expected(const bad_video& video, const std::string& outcome)
{
    if (outcome == "clip") return video.may_be_cut;
    return std::ranges::any_of(video.reasons, [&](const std::string& why) { return outcome.starts_with(why + ": "); });
}

std::size_t peak_megabytes()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return static_cast<std::size_t>(used.ru_maxrss) / 1024;
}

}  // namespace

TEST_CASE("a bad video gives a typed reason or a clip that tells what is missing, within bounds of memory", "[bad]")
{
    const bool lossless = GENERATE(false, true);
    std::size_t videos = lossless ? 0 : 2;
    for (const bad_video& video : bad_videos(REELPIPE_TEST_MEDIA)) {
        if (sanitized && videos++ % 4 != 0) continue;  // each takes seconds there
        const std::string outcome =
            outcome_of(video, {.mode = lossless ? way::lossless : way::encode, .preset = "ultrafast"});
        CAPTURE(lossless, video.name, outcome);
        CHECK(is_expected(video, outcome));
    }
    if (!sanitized) CHECK(peak_megabytes() < 500);
}

TEST_CASE("damage outside of the segment does not change the clip", "[bad][long]")
{
    const temp_folder folder;
    const options how{.mode = GENERATE(way::encode, way::lossless), .preset = "ultrafast"};
    const result right = cut_to(folder / "right.mp4", video("moov_first.mp4"), bad_segment, how);
    for (const bad_video& damaged : harmless_videos(REELPIPE_TEST_MEDIA)) {
        CAPTURE(static_cast<int>(how.mode), damaged.name);
        write_file(folder / "video", damaged.content);
        const result done = cut_to(folder / "clip.mp4", folder / "video", bad_segment, how);
        CHECK(done.frames == right.frames);
        const bool same = read_file(folder / "clip.mp4") == read_file(folder / "right.mp4");
        CHECK(same);
    }
}

TEST_CASE("frames that are damaged inside of the segment fail the clip with their time, or are kept on request",
          "[bad]")
{
    const temp_folder folder;
    const auto videos = bad_videos(REELPIPE_TEST_MEDIA);
    const auto damaged = std::ranges::find(videos, "zeros_in_segment", &bad_video::name);
    REQUIRE(damaged != videos.end());

    const std::string outcome = outcome_of(*damaged, {.preset = "ultrafast"});
    write_file(folder / "video", damaged->content);
    const options keeping{.preset = "ultrafast", .keep_corrupt = true};
    const result kept = cut_to(folder / "clip.mp4", folder / "video", bad_segment, keeping);

    CHECK_THAT(outcome, Catch::Matchers::StartsWith("corrupt: the frame at 10."));
    CHECK_THAT(outcome, Catch::Matchers::ContainsSubstring("--keep-corrupt"));
    CHECK(kept.frames == 60);
    CHECK_NOTHROW(reelpipe::verify::check_file(folder / "clip.mp4", {.frames = 60, .duration = 2s}));
}

TEST_CASE("what is kept of a bad video is a whole clip", "[bad][long]")
{
    std::size_t videos = 0;
    for (const bad_video& video : bad_videos(REELPIPE_TEST_MEDIA)) {
        if (sanitized && videos++ % 4 != 0) continue;
        bad_video kept = video;
        kept.may_be_cut = true;
        kept.reasons.emplace_back("beyond_end");
        const std::string outcome = outcome_of(kept, {.preset = "ultrafast", .keep_corrupt = true});
        CAPTURE(video.name, outcome);
        CHECK(is_expected(kept, outcome));
    }
}
