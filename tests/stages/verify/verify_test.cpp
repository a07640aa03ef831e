#include "stages/verify/verify.hpp"

#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "media/demuxer.hpp"
#include "media/mp4_boxes.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/sparse_copy.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using reelpipe::test::read_file;
using reelpipe::test::temp_folder;
using reelpipe::verify::check_file;
using reelpipe::verify::decode_error;
using reelpipe::verify::expectation;
using reelpipe::verify::facts;
using reelpipe::verify::verify_error;

namespace {

const std::filesystem::path media = REELPIPE_TEST_MEDIA;

// What the crawler writes for a clip.
class clip {
public:
    explicit clip(const std::vector<std::string>& audio = {"-c:a", "copy"}, const std::string& seconds = "4")
    {
        std::vector<std::string> words{"ffmpeg",  "-nostdin",  "-v",  "error", "-i",       media / "moov_first.mp4",
                                       "-ss",     "3",         "-t",  seconds, "-c:v",     "libx264",
                                       "-preset", "ultrafast", "-bf", "2",     "-threads", "1"};
        words.insert(words.end(), audio.begin(), audio.end());
        words.push_back(path());
        reelpipe::test::output_of(words);
    }

    std::filesystem::path path() const { return folder_ / "clip.mp4"; }
    std::string content() const { return read_file(path()); }
    std::filesystem::path changed(const std::string& content) const
    {
        reelpipe::test::write_file(folder_ / "changed.mp4", content);
        return folder_ / "changed.mp4";
    }

private:
    temp_folder folder_;
};

const expectation four_seconds{.frames = 120, .duration = 4s, .audio = true, .constant_rate = true};

std::optional<std::string> why_refused(const std::filesystem::path& path, const expectation& expected)
{
    try {
        check_file(path, expected);
    } catch (const verify_error& e) {
        return e.what();
    }
    return std::nullopt;
}

bool is_refused(const std::filesystem::path& path, const expectation& expected)
{
    return why_refused(path, expected).has_value();
}

// Where the sample in the middle of a stream ('v' or 'a') is.
reelpipe::media::byte_range sample_in_the_middle(const std::filesystem::path& path, char stream)
{
    std::istringstream lines(
        reelpipe::test::output_of({"ffprobe", "-v", "error", "-select_streams", std::string(1, stream), "-show_entries",
                                   "packet=size,pos", "-of", "compact=p=0", path.string()}));
    std::vector<reelpipe::media::byte_range> all;
    for (std::string line; std::getline(lines, line);) {
        unsigned long size = 0, begin = 0;
        if (std::sscanf(line.c_str(), "size=%lu|pos=%lu", &size, &begin) == 2) all.push_back({begin, begin + size});
    }
    return all.at(all.size() / 2);
}

// What a reader sees of the frames.
std::string frames_of(const std::filesystem::path& path)
{
    const reelpipe::test::whole_file file(path);
    reelpipe::media::demuxer input(file.file());
    const reelpipe::av::packet packet = reelpipe::av::make_packet();
    std::string all;
    while (input.read(packet.get())) {
        const reelpipe::av::scoped_packet unref(packet);
        if (unref->stream_index != input.video()->index) continue;
        all += std::to_string(unref->pts) + ' ' + std::to_string(unref->flags & AV_PKT_FLAG_DISCARD) + ' ';
        all.append(reinterpret_cast<const char*>(unref->data), static_cast<std::size_t>(unref->size));
    }
    return all;
}

// Where the sizes of the audio's samples are, one after the other.
reelpipe::media::byte_range audio_sizes_of(const std::string& content)
{
    const std::size_t at = content.rfind("stsz");  // the audio is the last track
    std::uint32_t count = 0;
    for (std::size_t i = at + 12; i < at + 16; ++i) count = count << 8 | static_cast<unsigned char>(content[i]);
    return {at + 16, at + 16 + 4ull * count};
}

reelpipe::media::byte_range moov_of(const std::filesystem::path& path)
{
    using namespace reelpipe::media;
    const reelpipe::test::whole_file file(path);
    return find_box(file.file(), {0, file.file().size}, box_type("moov")).value().payload;
}

}  // namespace

TEST_CASE("a whole clip passes and says what it is", "[verify]")
{
    const clip whole;
    const facts found = check_file(whole.path(), four_seconds);

    CHECK(found.frames == 120);
    CHECK(found.start == 0us);
    CHECK(found.codec == "h264");
    CHECK(found.width == 320);
    CHECK(found.height == 180);
    CHECK(found.audio);
    CHECK(std::chrono::abs(found.audio_duration - 4s) < 50ms);
    CHECK(found.bytes == std::filesystem::file_size(whole.path()));
}

TEST_CASE("videos of other makers pass, whatever their frame rate and their boxes", "[verify]")
{
    const std::string name = GENERATE("moov_first.mp4", "moov_last.mp4", "silent.mp4", "open_gop.mp4", "fragments.mp4",
                                      "fragments_sidx.mp4", "edit_list.mp4", "variable_rate.mp4");
    CAPTURE(name);
    CHECK_FALSE(is_refused(media / name, {}));
}

TEST_CASE("frames that an edit list hides are not counted", "[verify]")
{
    // Cut at 3.1 s by copying: the key frame is at 2.5 s, ffmpeg hides what lies between.
    const facts found = check_file(media / "edit_list.mp4", {});
    const std::string shown =
        reelpipe::test::output_of({"ffprobe", "-v", "error", "-select_streams", "v", "-count_frames", "-show_entries",
                                   "stream=nb_read_frames", "-of", "csv=p=0", media / "edit_list.mp4"});

    CHECK(found.frames == std::stoi(shown));
    CHECK(found.start < 40ms);
}

TEST_CASE("a clip cut short, swapped or without its audio is refused", "[verify]")
{
    const clip whole;
    CHECK(is_refused(whole.path(), {.duration = 5s}));
    CHECK(is_refused(whole.path(), {.frames = 121}));
    CHECK(is_refused(media / "silent.mp4", four_seconds));
    CHECK(is_refused(media / "audio_only.mp4", {}));

    const clip silent({"-an"});
    CHECK(is_refused(silent.path(), four_seconds));
    CHECK_FALSE(is_refused(silent.path(), {.frames = 120, .audio = false}));
}

TEST_CASE("a file that ends anywhere before its end is refused", "[verify]")
{
    // With the index in front only the samples tell that something is missing.
    const clip whole(GENERATE(std::vector<std::string>{"-c:a", "copy"},
                              std::vector<std::string>{"-c:a", "copy", "-movflags", "+faststart"}));
    const std::string content = whole.content();
    for (int percent = 0; percent < 100; percent += 7)
        CHECK(is_refused(whole.changed(content.substr(0, content.size() * static_cast<unsigned>(percent) / 100)), {}));
    CHECK(is_refused(whole.changed(content.substr(0, content.size() - 1)), {}));
}

TEST_CASE("what a killed crawler leaves is refused", "[verify]")
{
    const temp_folder folder;
    const std::filesystem::path path = folder / "clip.mp4";
    reelpipe::test::process crawler({"ffmpeg", "-nostdin", "-v", "error", "-re", "-i", media / "moov_first.mp4",
                                     "-flush_packets", "1", "-c", "copy", path});
    std::error_code not_yet;
    while (!std::filesystem::exists(path, not_yet) || std::filesystem::file_size(path, not_yet) < 4096) {
    }
    crawler.signal(SIGKILL);
    crawler.wait();

    CHECK(is_refused(path, {}));
}

TEST_CASE("a page saved under the name of a clip is refused", "[verify]")
{
    const clip whole;
    CHECK(is_refused(whole.changed("<!DOCTYPE html><html><body>Sign in</body></html>"), {}));
    CHECK(is_refused(whole.changed(""), {}));
    CHECK(is_refused(whole.changed(std::string(100'000, '\0')), {}));
}

TEST_CASE("no flipped byte in the index changes the frames unnoticed", "[verify][long]")
{
    const clip whole({"-c:a", "copy"}, "1");
    const std::string content = whole.content();
    const std::string frames = frames_of(whole.path());
    const auto moov = moov_of(whole.path());
    int noticed = 0;
    for (std::uint64_t at = moov.begin; at < moov.end; ++at) {
        std::string flipped = content;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
        const std::filesystem::path path = whole.changed(flipped);
        if (is_refused(path, {.frames = 30, .duration = 1s, .audio = true, .constant_rate = true})) {
            ++noticed;
            continue;
        }
        CAPTURE(at - moov.begin, moov.size());
        const bool same = frames_of(path) == frames;
        CHECK(same);
    }
    CHECK(noticed > 0);
}

TEST_CASE("a flipped byte in the sizes of the audio is noticed, though any bytes could be AAC", "[verify]")
{
    const clip whole({"-c:a", "copy"}, "1");
    const std::string content = whole.content();
    const auto sizes = audio_sizes_of(content);
    for (std::uint64_t at = sizes.begin; at < sizes.end; ++at) {
        std::string flipped = content;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x01);
        CAPTURE(at - sizes.begin);
        CHECK(is_refused(whole.changed(flipped), {}));
    }
}

TEST_CASE("every frame and audio of a whole clip decodes", "[verify]")
{
    const std::string name =
        GENERATE("moov_first.mp4", "silent.mp4", "open_gop.mp4", "fragments_sidx.mp4", "edit_list.mp4",
                 "variable_rate.mp4", "interlaced.mp4", "hevc.mp4", "hevc_open_gop.mp4", "vp9.mp4", "mpeg4.mp4",
                 "h264_10bit.mp4", "audio_mp3.mp4", "audio_part.mp4", "audio_surround.mp4");
    CAPTURE(name);
    CHECK_FALSE(why_refused(media / name, {.decodable = true}));
}

TEST_CASE("damage that the structure does not show is found by decoding", "[verify][long]")
{
    const clip whole;
    // The samples stay where they are and as long as they say; what is in them makes no sense.
    const auto damaged = [&whole](char stream) {
        std::string content = whole.content();
        const auto sample = sample_in_the_middle(whole.path(), stream);
        const std::size_t lengths = stream == 'v' ? 5 : 0;
        for (auto at = sample.begin + lengths; at < sample.end; ++at)
            content[at] = static_cast<char>(content[at] ^ 0x55);
        return whole.changed(content);
    };

    const std::filesystem::path frames = damaged('v');
    CHECK_FALSE(is_refused(frames, four_seconds));
    CHECK_THROWS_AS(check_file(frames, {.decodable = true}), decode_error);
    CHECK(why_refused(frames, {.decodable = true}).value().starts_with("the frame at "));

    const std::filesystem::path audio = damaged('a');
    CHECK_FALSE(is_refused(audio, four_seconds));
    CHECK_THROWS_AS(check_file(audio, {.decodable = true}), decode_error);
    CHECK(why_refused(audio, {.decodable = true}).value().starts_with("the audio at "));
}

TEST_CASE("audio with a checksum is found to be damaged by one byte of it", "[verify]")
{
    const temp_folder folder;
    const std::filesystem::path path = folder / "clip.mp4";
    reelpipe::test::output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", media / "audio_ac3.mkv", "-c", "copy", path});
    CHECK_FALSE(why_refused(path, {.decodable = true}));
    std::string content = read_file(path);
    const auto sample = sample_in_the_middle(path, 'a');
    const auto middle = static_cast<std::size_t>((sample.begin + sample.end) / 2);
    content[middle] = static_cast<char>(content[middle] ^ 1);
    reelpipe::test::write_file(path, content);

    CHECK_FALSE(why_refused(path, {}));
    CHECK_THROWS_AS(check_file(path, {.decodable = true}), decode_error);
}
