#include "media/h264_parameter_sets.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "media/bit_reader.hpp"
#include "media/demuxer.hpp"
#include "support/catch.hpp"
#include "support/sparse_copy.hpp"
#include "videos.hpp"

namespace h264 = reelpipe::media::h264;
using h264::sequence_parameters;

namespace {

using bytes = std::vector<std::uint8_t>;

h264::decoder_configuration configuration_of(const std::string& name)
{
    const reelpipe::test::whole_file file(reelpipe::test::media / name);
    const reelpipe::media::demuxer input(file.file());
    const AVCodecParameters& described = *input.video()->codecpar;
    return h264::configuration_in({described.extradata, static_cast<std::size_t>(described.extradata_size)}).value();
}

sequence_parameters sequence_of(const std::string& name)
{
    return h264::sequence_parameters_in(configuration_of(name).sequences.front()).value();
}

}  // namespace

TEST_CASE("bits and numbers are read, and not beyond the end", "[bits]")
{
    const bytes data{0b10100110, 0b01000010};  // 1, 010, 011, 00100, 00101
    reelpipe::media::bit_reader from(data);
    CHECK(from.unsigned_number() == 0);
    CHECK(from.unsigned_number() == 1);
    CHECK(from.signed_number() == -1);
    CHECK(from.unsigned_number() == 3);
    CHECK(from.position() == 12);
    CHECK_FALSE(from.failed());
    from.bits(32);
    CHECK(from.failed());
    CHECK(from.unsigned_number() == 0);
}

TEST_CASE("bytes that keep start codes from occurring are no part of a field", "[bits]")
{
    const bytes data{0, 0, 3, 1, 0, 0, 3, 3};
    reelpipe::media::bit_reader from(data);
    CHECK(from.bits(24) == 1);
    CHECK(from.bits(24) == 3);
    CHECK_FALSE(from.failed());
}

TEST_CASE("sequence parameters say what an encoder was told", "[h264]")
{
    const sequence_parameters main = sequence_of("moov_first.mp4");
    CHECK(main.profile == 77);
    CHECK(main.width_blocks == 20);
    CHECK(main.height_units == 12);
    CHECK(main.crop == std::array<std::uint32_t, 4>{0, 0, 0, 6});
    CHECK(main.frames_only);
    REQUIRE(main.order);
    CHECK(main.order->reordered_frames > 0);

    const sequence_parameters deep = sequence_of("h264_10bit.mp4");
    CHECK(deep.profile == 110);
    CHECK(deep.luma_depth == 10);
    CHECK(sequence_of("h264_422.mp4").chroma_format == 2);
    CHECK(sequence_of("full_range.mp4").full_range);
    CHECK_FALSE(sequence_of("interlaced.mp4").frames_only);
    const sequence_parameters wide = sequence_of("anamorphic.mp4");
    CHECK(wide.shape_width * 3 == wide.shape_height * 4);
}

TEST_CASE("a description of H.264 is written as it was read", "[h264]")
{
    const std::string name = GENERATE("moov_first.mp4", "h264_10bit.mp4", "h264_422.mp4", "interlaced.mp4");
    const reelpipe::test::whole_file file(reelpipe::test::media / name);
    const reelpipe::media::demuxer input(file.file());
    const AVCodecParameters& described = *input.video()->codecpar;
    const bytes box(described.extradata, described.extradata + described.extradata_size);
    CHECK(h264::box_of(h264::configuration_in(box).value()) == box);
}

TEST_CASE("a description that is cut short is none", "[h264]")
{
    const bytes box = h264::box_of(configuration_of("moov_first.mp4"));
    for (std::size_t size = 0; size < box.size(); ++size)
        CHECK_FALSE(h264::configuration_in(std::span(box).first(size)));
}

TEST_CASE("without the order of output a set is the same else", "[h264]")
{
    const h264::unit set = configuration_of("moov_first.mp4").sequences.front();
    const auto shorter = h264::without_output_order(set);
    REQUIRE(shorter);
    sequence_parameters before = h264::sequence_parameters_in(set).value();
    const sequence_parameters after = h264::sequence_parameters_in(*shorter).value();
    CHECK_FALSE(after.order);
    before.order.reset();
    CHECK(h264::difference(before, after).empty());
}

TEST_CASE("what a decoder would see change is a difference", "[h264]")
{
    const sequence_parameters one = sequence_of("moov_first.mp4");
    CHECK(h264::difference(one, one).empty());
    struct change {
        const char* told;
        void (*make)(sequence_parameters&);
    };
    const auto each = GENERATE(values<change>({
        {"profile", [](sequence_parameters& s) { s.profile = 100; }},
        {"level", [](sequence_parameters& s) { ++s.level; }},
        {"pixel format", [](sequence_parameters& s) { s.luma_depth = 10; }},
        {"size", [](sequence_parameters& s) { ++s.width_blocks; }},
        {"size", [](sequence_parameters& s) { s.crop[3] = 0; }},
        {"order count", [](sequence_parameters& s) { s.order_count_type = 2; }},
        {"reordered and buffered frames", [](sequence_parameters& s) { ++s.order->buffered_frames; }},
        {"reordered and buffered frames", [](sequence_parameters& s) { s.order.reset(); }},
        {"pixel shape", [](sequence_parameters& s) { s.shape_width = 4, s.shape_height = 3; }},
        {"colours", [](sequence_parameters& s) { s.full_range = true; }},
        {"colours", [](sequence_parameters& s) { s.matrix = 1; }},
    }));
    sequence_parameters other = one;
    each.make(other);
    CHECK(h264::difference(one, other) == each.told);
}

TEST_CASE("frames of samples are what they are, and nonsense is none", "[h264]")
{
    const h264::decoder_configuration sets = configuration_of("moov_first.mp4");
    const h264::sets_by_id by_id = h264::sets_of(sets).value();
    const reelpipe::test::whole_file file(reelpipe::test::media / "moov_first.mp4");
    reelpipe::media::demuxer input(file.file());
    const reelpipe::av::packet packet = reelpipe::av::make_packet();
    int keys = 0, others = 0;
    while (input.read(packet.get()) && others < 200) {
        const reelpipe::av::scoped_packet unref(packet);
        if (unref->stream_index != input.video()->index) continue;
        const std::span<const std::uint8_t> sample(unref->data, static_cast<std::size_t>(unref->size));
        const auto frame = h264::coded_frame_in(sample, sets.length_bytes, by_id);
        REQUIRE(frame);
        CHECK(frame->is_idr == ((unref->flags & AV_PKT_FLAG_KEY) != 0));
        CHECK_FALSE(frame->has_parameter_sets);
        CHECK_FALSE(frame->is_field);
        ++(frame->is_idr ? keys : others);

        CHECK_FALSE(h264::coded_frame_in(sample.first(sample.size() - 1), sets.length_bytes, by_id));
        CHECK_FALSE(h264::coded_frame_in(sample, sets.length_bytes, {}));
        bytes twice(sample.begin(), sample.end());
        twice.insert(twice.end(), sample.begin(), sample.end());
        CHECK_FALSE(h264::coded_frame_in(twice, sets.length_bytes, by_id));
    }
    CHECK(keys > 1);
}

TEST_CASE("units are found between start codes", "[h264]")
{
    const bytes stream{0, 0, 0, 1, 9, 5, 0, 0, 1, 7, 1, 2, 0, 0, 0, 0, 1, 8};
    const auto units = h264::units_between_start_codes(stream);
    REQUIRE(units.size() == 3);
    CHECK(std::ranges::equal(units[0], bytes{9, 5}));
    CHECK(std::ranges::equal(units[1], bytes{7, 1, 2}));
    CHECK(std::ranges::equal(units[2], bytes{8}));
    CHECK(h264::units_between_start_codes({}).empty());
}
