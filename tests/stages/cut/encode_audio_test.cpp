#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "cutting.hpp"
#include "stages/verify/verify.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using reelpipe::segment;
using reelpipe::cut::audio_mode;
using reelpipe::cut::result;
using namespace reelpipe::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* quick = "ultrafast";
constexpr int sample_rate = 48000;
constexpr int samples_a_packet = 1024;  // of AAC

std::vector<std::int16_t> samples_of(const fs::path& clip)
{
    const std::string bytes = output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", clip.string(), "-map", "0:a", "-af",
                                         "aresample=48000:async=1:first_pts=0", "-ac", "1", "-f", "s16le", "-"});
    std::vector<std::int16_t> samples(bytes.size() / sizeof(std::int16_t));
    std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(std::int16_t));
    return samples;
}

// In samples.
std::vector<std::int64_t> durations_of(const fs::path& clip)
{
    std::istringstream said(output_of({"ffprobe", "-v", "error", "-select_streams", "a", "-show_entries",
                                       "packet=duration", "-of", "default=nw=1:nk=1", clip.string()}));
    return {std::istream_iterator<std::int64_t>(said), {}};
}

// Where it is loudest within 0.3 s around a time of the clip.
std::chrono::microseconds loudest_near(const std::vector<std::int16_t>& samples, std::chrono::microseconds time)
{
    const auto at = [&](std::chrono::microseconds t) {
        const auto index = static_cast<std::ptrdiff_t>(t.count() * sample_rate / 1'000'000);
        return samples.begin() + std::clamp<std::ptrdiff_t>(index, 0, std::ssize(samples));
    };
    const auto found =
        std::max_element(at(time - 300ms), at(time + 300ms), [](int a, int b) { return std::abs(a) < std::abs(b); });
    return std::chrono::microseconds((found - samples.begin()) * 1'000'000 / sample_rate);
}

// The videos click at every whole second.
void check_clicks(const fs::path& clip, segment wanted, std::vector<std::chrono::microseconds> seconds)
{
    const std::vector<std::int16_t> samples = samples_of(clip);
    for (const auto click : seconds) {
        const auto off = loudest_near(samples, click - wanted.start) - (click - wanted.start);
        CAPTURE(click.count(), off.count());
        CHECK(std::chrono::abs(off) <= 25ms);
    }
}

// Low-complexity AAC that says that it was HE-AAC: the decoder then gives twice as many samples.
fs::path he_aac(const temp_folder& folder)
{
    std::string content = read_file(video("audio_22050.mp4"));
    const std::string plain("\x13\x90\x56\xe5\x00", 5), spectral("\x2b\x92\x08\x00\x00", 5);
    const std::size_t at = content.find(plain);
    REQUIRE(at != std::string::npos);
    content.replace(at, plain.size(), spectral);
    write_file(folder / "he_aac.mp4", content);
    return folder / "he_aac.mp4";
}

}  // namespace

TEST_CASE("audio that MP4 carries is copied, packet by packet, and in time", "[encode]")
{
    const temp_folder folder;
    const segment wanted{1300ms, 3700ms};
    const std::string name =
        GENERATE("audio_mono.mp4", "audio_surround.mp4", "audio_mp3.mp4", "audio_opus.mkv", "audio_ac3.mkv", "HE-AAC");
    CAPTURE(name);
    const fs::path from = name == "HE-AAC" ? he_aac(folder) : video(name);

    const result done = encode_to(folder / "clip.mp4", from, wanted, {.preset = quick});

    output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", from.string(), "-ss", "1.3", "-t", "2.4", "-c:v", "libx264",
               "-preset", quick, "-c:a", "copy", folder / "ffmpeg.mp4"});
    CHECK(done.audio);
    CHECK(packets_of(folder / "clip.mp4", "a") == packets_of(folder / "ffmpeg.mp4", "a"));
    check_clicks(folder / "clip.mp4", wanted, {2s, 3s});
}

TEST_CASE("audio that MP4 does not carry becomes the AAC that ffmpeg makes of it", "[encode]")
{
    const temp_folder folder;
    const segment wanted = GENERATE(segment{1300ms, 3700ms}, segment{90ms, 3500ms}, segment{777ms, 3211ms});
    const std::string name = GENERATE("audio_pcm.mov", "audio_pcm_surround.mkv", "audio_flac.mkv", "audio_vorbis.mkv");
    CAPTURE(name, wanted.start.count());

    const result done = encode_to(folder / "clip.mp4", video(name), wanted, {.preset = quick});

    ffmpeg_to(folder / "ffmpeg.mp4", video(name), wanted, {"-vn", "-c:a", "aac"});
    CHECK(done.audio);
    check_clicks(folder / "clip.mp4", wanted, {2s, 3s});
    const std::vector<std::int64_t> durations = durations_of(folder / "clip.mp4");
    REQUIRE(durations.size() > 1);
    CHECK(std::ranges::all_of(durations.begin(), durations.end() - 1, [](auto d) { return d == samples_a_packet; }));
    // Where in a millisecond of Matroska a sample lies depends on the packet that reading begins with.
    const bool counts_milliseconds = name == "audio_vorbis.mkv" || name == "audio_pcm_surround.mkv";
    if (counts_milliseconds)
        CHECK(durations.size() == durations_of(folder / "ffmpeg.mp4").size());
    else
        CHECK(packets_of(folder / "clip.mp4", "a") == packets_of(folder / "ffmpeg.mp4", "a"));
}

TEST_CASE("audio is encoded anew or left out on request", "[encode]")
{
    const temp_folder folder;
    const segment wanted{1300ms, 3700ms};
    const std::string name = GENERATE("audio_mono.mp4", "audio_opus.mkv", "HE-AAC");
    CAPTURE(name);
    const fs::path from = name == "HE-AAC" ? he_aac(folder) : video(name);

    const result anew = encode_to(folder / "anew.mp4", from, wanted, {.preset = quick, .audio = audio_mode::aac});
    const result none = encode_to(folder / "none.mp4", from, wanted, {.preset = quick, .audio = audio_mode::none});

    CHECK(anew.audio);
    check_clicks(folder / "anew.mp4", wanted, {2s, 3s});
    const auto facts = reelpipe::verify::check_file(folder / "anew.mp4", {.frames = anew.frames, .audio = true});
    CHECK(std::chrono::abs(facts.audio_duration - 2400ms) < 50ms);
    CHECK_FALSE(none.audio);
    CHECK_FALSE(reelpipe::verify::check_file(folder / "none.mp4", {}).audio);
}

TEST_CASE("audio in a part of the segment stays where it is", "[encode]")
{
    const temp_folder folder;
    const segment wanted{500ms, 3500ms};  // the video is heard from 1.5 to 2.7 s
    const audio_mode how = GENERATE(audio_mode::copy, audio_mode::aac);

    const result done =
        encode_to(folder / "clip.mp4", video("audio_part.mp4"), wanted, {.preset = quick, .audio = how});
    const result silent =
        encode_to(folder / "silent.mp4", video("audio_part.mp4"), {3s, 3800ms}, {.preset = quick, .audio = how});

    CHECK(done.audio);
    check_clicks(folder / "clip.mp4", wanted, {2500ms});  // its click at 1 s
    CHECK_NOTHROW(reelpipe::verify::check_file(folder / "clip.mp4", {.frames = done.frames, .audio = true}));
    CHECK_FALSE(silent.audio);
    CHECK_NOTHROW(reelpipe::verify::check_file(folder / "silent.mp4", {.frames = silent.frames, .audio = false}));
}

TEST_CASE("audio that is copied out of the middle of a video decodes without errors", "[encode]")
{
    const temp_folder folder;
    const std::string name =
        GENERATE("audio_mono.mp4", "audio_surround.mp4", "audio_mp3.mp4", "audio_opus.mkv", "audio_ac3.mkv");
    for (auto start = 0ms; start < 2000ms; start += 90ms) {
        CAPTURE(name, start.count());
        const result done = encode_to(folder / "clip.mp4", video(name), {start, start + 1s}, {.preset = quick});
        CHECK_NOTHROW(reelpipe::verify::check_file(folder / "clip.mp4", {.frames = done.frames, .decodable = true}));
    }
}
