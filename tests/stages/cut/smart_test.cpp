#include "stages/cut/smart.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "cutting.hpp"
#include "shown_frames.hpp"
#include "stages/verify/verify.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace reelpipe::test;
using reelpipe::segment;
using reelpipe::cut::options;
using reelpipe::cut::result;
using reelpipe::cut::way;
using reelpipe::cut::why_encoded;
using reelpipe::verify::expectation;
using std::chrono::microseconds;

namespace {

const options smart{.mode = way::smart, .preset = "veryfast"};

// The source's frames of a segment.
std::vector<shown_frame> inside(const std::vector<shown_frame>& all, segment wanted, microseconds origin = {})
{
    std::vector<shown_frame> found;
    for (const shown_frame& each : all)
        if (each.time - origin >= wanted.start && each.time - origin < wanted.end) found.push_back(each);
    return found;
}

expectation expected_of(const result& made)
{
    return {.frames = made.frames, .start = made.start, .audio = made.audio, .decodable = true, .parts = made.parts};
}

// Empty where the clip is what it should be.
std::string what_is_wrong(const std::filesystem::path& clip, const result& made, const std::vector<shown_frame>& source)
{
    if (!made.parts) return "encoded as a whole: " + std::string(explain(made.encoded_because));
    try {
        reelpipe::verify::check_file(clip, expected_of(made));
    } catch (const reelpipe::verify::verify_error& e) {
        return e.what();
    }
    const std::vector<shown_frame> shown = shown_frames(clip);
    if (shown.size() != source.size())
        return std::to_string(shown.size()) + " frames instead of " + std::to_string(source.size());
    if (made.frames != static_cast<std::int64_t>(shown.size())) return "another number of frames is told";
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const microseconds off = shown[i].time - (source[i].time - source.front().time);
        if (std::chrono::abs(off) > 100us) return "frame " + std::to_string(i) + " at another time";
        const auto at = static_cast<std::int64_t>(i);
        const bool is_copied = at >= made.parts->copy_begin && at < made.parts->copy_end;
        if (is_copied && shown[i].hash != source[i].hash) return "copied frame " + std::to_string(i) + " differs";
    }
    return {};
}

}  // namespace

TEST_CASE("a smart cut shows the source's frames, and those behind the first IDR frame bit by bit", "[smart]")
{
    const temp_folder folder;
    const auto source = shown_frames(video("moov_first.mp4"));
    for (const segment wanted : {segment{3s, 13s}, segment{0s, 10s}, segment{7700ms, 12345ms}, segment{4s, 5100ms}}) {
        const result made = cut_to(folder / "clip.mp4", video("moov_first.mp4"), wanted, smart);
        CAPTURE(wanted.start.count(), wanted.end.count());
        CHECK(what_is_wrong(folder / "clip.mp4", made, inside(source, wanted)) == "");
    }
}

// Over the videos of a folder, as scripts/check_smart makes them: ZOO the folder, CUTS how many, SEED.
TEST_CASE("random cuts of a folder of videos", "[.zoo]")
{
    const std::filesystem::path zoo = std::getenv("ZOO");
    const char *const cuts = std::getenv("CUTS"), *const seed = std::getenv("SEED");
    std::mt19937 random(static_cast<unsigned>(seed ? std::atoi(seed) : 1));
    std::vector<std::filesystem::path> videos;
    for (const auto& each : std::filesystem::directory_iterator(zoo)) videos.push_back(each.path());
    std::ranges::sort(videos);
    std::map<std::string, int> outcomes;
    const temp_folder folder;
    const int count = (cuts ? std::atoi(cuts) : 100) / static_cast<int>(videos.size()) + 1;
    for (const auto& video : videos) {
        const auto source = shown_frames(video);
        const double length = std::chrono::duration<double>(source.back().time - source.front().time).count();
        for (int i = 0; i < count; ++i) {
            const double start = std::uniform_real_distribution(0.0, length)(random);
            const double lasts = std::uniform_real_distribution(0.1, 12.0)(random);
            const segment wanted{microseconds(std::llround(start * 1e6)),
                                 microseconds(std::llround((start + lasts) * 1e6))};
            const auto want = inside(source, wanted, source.front().time);
            if (want.empty()) continue;
            INFO(video << " " << wanted.start.count() << " " << wanted.end.count());
            std::string wrong;
            try {
                const result made = cut_to(folder / "clip.mp4", video, wanted, smart);
                wrong = what_is_wrong(folder / "clip.mp4", made, want);
                outcomes[made.parts ? "copied" : std::exchange(wrong, "")] += 1;
            } catch (const std::exception& e) {
                wrong = e.what();
            }
            CHECK(wrong == "");
        }
        for (const auto& [what, times] : outcomes)
            std::cout << video.filename().string() << ": " << times << " x " << what << std::endl;
        outcomes.clear();
    }
}
