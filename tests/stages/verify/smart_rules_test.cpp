#include "stages/verify/smart_rules.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "media/av.hpp"
#include "media/demuxer.hpp"
#include "media/h264_parameter_sets.hpp"
#include "media/splice.hpp"
#include "stages/cut/clip_writer.hpp"
#include "stages/cut/cut.hpp"
#include "stages/verify/verify.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/sparse_copy.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
namespace h264 = reelpipe::media::h264;
using reelpipe::segment;

namespace {

using bytes = std::vector<std::uint8_t>;

// A clip taken apart, so that one thing of it can be changed.
struct dissected {
    struct sample {
        std::int64_t time = 0, decoded = 0;
        bool is_key = false;
        bytes content{};
    };
    h264::decoder_configuration sets{};
    std::vector<sample> samples{};
    reelpipe::media::splice planned{};
};

int open_new(const std::filesystem::path& path)
{
    return open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

// Frames that are re-encoded, copied, and re-encoded again.
dissected cut_smartly(const std::filesystem::path& clip, std::optional<segment> wanted = {})
{
    const reelpipe::test::whole_file source(std::filesystem::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    const int output = open_new(clip);
    const reelpipe::cut::result made =
        reelpipe::cut::make_clip({.video = source.file()}, wanted.value_or(segment{2070ms, 5540ms}), output,
                                 {.mode = reelpipe::cut::way::smart, .preset = "veryfast"});
    close(output);
    REQUIRE(made.parts);

    dissected all{.planned = *made.parts};
    const reelpipe::test::whole_file file(clip);
    reelpipe::media::demuxer input(file.file());
    const AVCodecParameters& described = *input.video()->codecpar;
    all.sets =
        h264::configuration_in({described.extradata, static_cast<std::size_t>(described.extradata_size)}).value();
    const reelpipe::av::packet packet = reelpipe::av::make_packet();
    while (input.read(packet.get())) {
        const reelpipe::av::scoped_packet unref(packet);
        all.samples.push_back({unref->pts, unref->dts, (unref->flags & AV_PKT_FLAG_KEY) != 0,
                               bytes(unref->data, unref->data + unref->size)});
    }
    return all;
}

// The clip again, from its pieces.
void put_together(const std::filesystem::path& path, const std::filesystem::path& like, const dissected& all)
{
    const reelpipe::test::whole_file file(like);
    reelpipe::media::demuxer input(file.file());
    const reelpipe::av::parameters described = reelpipe::av::make_parameters();
    REQUIRE(avcodec_parameters_copy(described.get(), input.video()->codecpar) >= 0);
    const bytes box = h264::box_of(all.sets);
    av_freep(&described->extradata);
    described->extradata = static_cast<std::uint8_t*>(av_mallocz(box.size() + AV_INPUT_BUFFER_PADDING_SIZE));
    described->extradata_size = static_cast<int>(box.size());
    std::ranges::copy(box, described->extradata);

    const int output = open_new(path);
    reelpipe::cut::clip_writer writer(output);
    const AVRational tick = input.video()->time_base;
    AVStream& target = writer.add(*described, tick);
    writer.begin();
    const reelpipe::av::packet packet = reelpipe::av::make_packet();
    for (const dissected::sample& each : all.samples) {
        const reelpipe::av::scoped_packet unref(packet);
        REQUIRE(av_new_packet(unref.get(), static_cast<int>(each.content.size())) >= 0);
        std::ranges::copy(each.content, unref->data);
        unref->pts = each.time;
        unref->dts = each.decoded;
        unref->duration = 1;
        unref->flags = each.is_key ? AV_PKT_FLAG_KEY : 0;
        writer.write(*unref.get(), target, tick);
    }
    writer.finish();
    close(output);
}

// Empty: no rule is broken.
std::string broken_rule(const std::filesystem::path& path, const reelpipe::media::splice& planned)
{
    const reelpipe::test::whole_file file(path);
    try {
        reelpipe::verify::check_parts(file.file(), planned);
    } catch (const reelpipe::verify::verify_error& e) {
        return e.what();
    }
    return "";
}

// A unit in front of what is in the sample, which is then what was planned.
void put_unit_into(dissected& all, std::size_t sample, const h264::unit& unit)
{
    bytes& content = all.samples[sample].content;
    const auto size = static_cast<std::uint8_t>(unit.size());
    content.insert(content.begin(), unit.begin(), unit.end());
    content.insert(content.begin(), {0, 0, 0, size});
    all.planned.samples[sample].print = reelpipe::media::print_of(content);
}

std::size_t copy_begin(const dissected& all) { return static_cast<std::size_t>(all.planned.copy_begin); }

struct breach {
    const char* name;
    void (*commit)(dissected&);
    const char* told;
};

const std::array breaches{
    breach{"two sets of one number", [](dissected& d) { d.sets.sequences.push_back(d.sets.sequences.front()); },
           "two have one number"},
    breach{"a frame whose set is missing", [](dissected& d) { d.sets.frames.pop_back(); },
           "no frame whose parameter sets are there"},
    breach{"a source's set that is missing", [](dissected& d) { d.planned.sets.push_back(7); },
           "set of the source is missing"},
    breach{"sets that differ",
           [](dissected& d) { d.sets.sequences.back() = h264::without_output_order(d.sets.sequences.back()).value(); },
           "differ in reordered and buffered frames"},
    breach{"parameter sets in a sample", [](dissected& d) { put_unit_into(d, 20, d.sets.sequences.front()); },
           "sample 20 has parameter sets"},
    breach{"a unit of another layer", [](dissected& d) { put_unit_into(d, 20, {0x74, 1, 2, 3}); },
           "sample 20 is not a frame alone"},
    breach{"a frame less", [](dissected& d) { d.planned.samples.emplace_back(); }, "samples instead of"},
    breach{"a frame at another time", [](dissected& d) { ++d.planned.samples[30].time; },
           "sample 30 is shown at another time"},
    breach{"another frame", [](dissected& d) { d.samples[30].content.back() ^= 1; },
           "sample 30 is not the planned one"},
    breach{"a part that begins with a frame in the middle", [](dissected& d) { ++d.planned.copy_begin; },
           "begins a part but is not an IDR frame"},
    breach{"parts that share a set", [](dissected& d) { d.planned.copy_end = std::ssize(d.samples); },
           "share a parameter set"},
    breach{"a key frame that is not told of", [](dissected& d) { d.samples[copy_begin(d)].is_key = false; },
           "is not told to be a key frame"},
    breach{"a key frame that is none", [](dissected& d) { d.samples[copy_begin(d) + 3].is_key = true; },
           "is told to be a key frame"},
    breach{"damage behind a key frame",
           [](dissected& d) {
               const std::size_t at = copy_begin(d) + 1;
               bytes& content = d.samples[at].content;
               const std::size_t half = (content.size() - 4) / 2;  // of its one unit
               content.resize(4 + half);
               content[2] = static_cast<std::uint8_t>(half >> 8);
               content[3] = static_cast<std::uint8_t>(half);
               d.planned.samples[at].print = reelpipe::media::print_of(content);
           },
           "do not decode"}};

}  // namespace

TEST_CASE("a clip of copied and re-encoded frames keeps every rule", "[smart rules]")
{
    const reelpipe::test::temp_folder folder;
    const dissected clip = cut_smartly(folder / "clip.mp4");
    CHECK(clip.planned.copy_begin > 0);
    CHECK(clip.planned.copied() > 0);
    CHECK(clip.planned.copy_end < std::ssize(clip.samples));

    CHECK(broken_rule(folder / "clip.mp4", clip.planned).empty());
    put_together(folder / "again.mp4", folder / "clip.mp4", clip);
    CHECK(broken_rule(folder / "again.mp4", clip.planned).empty());
}

TEST_CASE("each rule is broken by a clip that keeps the others", "[smart rules]")
{
    const reelpipe::test::temp_folder folder;
    const dissected whole = cut_smartly(folder / "clip.mp4");
    for (const breach& each : breaches) {
        CAPTURE(each.name);
        dissected clip = whole;
        each.commit(clip);
        put_together(folder / "broken.mp4", folder / "clip.mp4", clip);
        CHECK_THAT(broken_rule(folder / "broken.mp4", clip.planned), Catch::Matchers::ContainsSubstring(each.told));
    }
}

TEST_CASE("two IDR frames in a row have two numbers", "[smart rules]")
{
    const reelpipe::test::temp_folder folder;
    dissected clip = cut_smartly(folder / "clip.mp4");
    const auto at = static_cast<std::ptrdiff_t>(copy_begin(clip));
    auto key = clip.samples[copy_begin(clip)];
    key.time = key.decoded = 0;
    auto next = key;
    next.time = next.decoded = 100;
    clip.samples = {key, next};
    const auto print = clip.planned.samples[static_cast<std::size_t>(at)].print;
    clip.planned.samples = {{0, print}, {0, print}};
    clip.planned.copy_begin = 0;
    clip.planned.copy_end = 2;
    put_together(folder / "broken.mp4", folder / "clip.mp4", clip);
    const reelpipe::test::whole_file file(folder / "broken.mp4");
    reelpipe::media::demuxer input(file.file());
    clip.planned.samples[1].time = av_rescale_q(100, input.video()->time_base,
                                                {clip.planned.time_base_numerator, clip.planned.time_base_denominator});
    CHECK_THAT(broken_rule(folder / "broken.mp4", clip.planned), Catch::Matchers::ContainsSubstring("have one number"));
}

TEST_CASE("nothing of a clip is hidden", "[smart rules]")
{
    const reelpipe::test::temp_folder folder;
    const dissected clip = cut_smartly(folder / "clip.mp4");
    std::string content = reelpipe::test::read_file(folder / "clip.mp4");
    const std::size_t list = content.find("elst");
    REQUIRE(list != std::string::npos);
    const bool is_long = content[list + 4] == 1;         // the duration of its edit has 8 bytes, else 4
    const std::string three_seconds("\0\0\x0b\xb8", 4);  // in thousandths
    reelpipe::test::write_file(folder / "clip.mp4", content.replace(list + (is_long ? 16 : 12), 4, three_seconds));
    CHECK_THAT(broken_rule(folder / "clip.mp4", clip.planned), Catch::Matchers::ContainsSubstring("is hidden"));
}

TEST_CASE("a clip has one description of its frames", "[smart rules]")
{
    const reelpipe::test::temp_folder folder;
    const dissected clip = cut_smartly(folder / "clip.mp4");
    const std::string content = reelpipe::test::read_file(folder / "clip.mp4");
    const std::size_t entries = content.find("stsd");
    const auto with = [&](std::size_t at, const std::string& change) {
        std::string changed = content;
        reelpipe::test::write_file(folder / "broken.mp4", changed.replace(at, change.size(), change));
        return broken_rule(folder / "broken.mp4", clip.planned);
    };
    CHECK_THAT(with(entries + 11, "\2"), Catch::Matchers::ContainsSubstring("not exactly one description"));
    CHECK_THAT(with(entries + 16, "avc3"), Catch::Matchers::ContainsSubstring("not described as avc1"));
}

TEST_CASE("decoding times ascend", "[smart rules]")
{
    const reelpipe::test::temp_folder folder;
    const dissected clip = cut_smartly(folder / "clip.mp4");
    std::string content = reelpipe::test::read_file(folder / "clip.mp4");
    const std::size_t first_step = content.find("stts") + 12;  // behind version, flags and count: samples, their step
    content.replace(first_step + 4, 4, std::string(4, '\0'));
    reelpipe::test::write_file(folder / "broken.mp4", content);
    CHECK_FALSE(broken_rule(folder / "broken.mp4", clip.planned).empty());
}
