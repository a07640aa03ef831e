#ifndef REELPIPE_MEDIA_H264_PARAMETER_SETS_HPP
#define REELPIPE_MEDIA_H264_PARAMETER_SETS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

// Facts that H.264 streams state about themselves (ITU-T H.264, ISO/IEC 14496-15), as far as they decide whether parts
// of two streams can stand in one. Every function takes what a stranger wrote, and returns nothing where it makes no
// sense.
namespace reelpipe::media::h264 {

using unit = std::vector<std::uint8_t>;  // a NAL unit, its header first
using unit_view = std::span<const std::uint8_t>;

enum class unit_type : std::uint8_t {
    slice = 1,
    idr_slice = 5,
    supplemental_information = 6,
    sequence_parameters = 7,
    frame_parameters = 8,
    delimiter = 9,
    filler = 12,
};
inline unit_type type_of(unit_view u) { return static_cast<unit_type>(u.front() & 0x1fu); }

// A sequence parameter set. Defaults are what the standard infers of what is not there.
struct sequence_parameters {
    unsigned profile = 0, constraints = 0, level = 0;
    unsigned id = 0;
    unsigned chroma_format = 1;
    bool separate_planes = false;
    unsigned luma_depth = 8, chroma_depth = 8;
    bool has_scaling_matrix = false;  // then nothing behind it has been read
    unsigned frame_number_bits = 4;
    unsigned order_count_type = 0;
    unsigned reference_frames = 0;
    bool gaps_allowed = false;
    unsigned width_blocks = 0, height_units = 0;
    bool frames_only = true;
    std::array<std::uint32_t, 4> crop{};  // left, right, top, bottom
    // Pixel shape, 0: unknown.
    unsigned shape_width = 0, shape_height = 0;
    bool full_range = false;
    unsigned primaries = 2, transfer = 2, matrix = 2;
    std::array<std::uint32_t, 2> chroma_location{};
    bool has_buffer_model = false;  // HRD parameters
    struct output_order {
        std::uint32_t reordered_frames = 0, buffered_frames = 0;
        bool operator==(const output_order&) const = default;
    };
    std::optional<output_order> order{};  // none: bitstream_restriction is not there
    std::size_t order_position = 0;       // of the bit that says so; 0: there is no VUI
};
std::optional<sequence_parameters> sequence_parameters_in(unit_view);

// The same set without the part that says how many frames are reordered and buffered. Nothing where there is no
// sequence parameter set with a VUI.
std::optional<unit> without_output_order(unit_view);

// The first property of `other` that a decoder would see change in the middle of a stream of `one`; empty: none.
std::string_view difference(const sequence_parameters& one, const sequence_parameters& other);

// A picture parameter set: the numbers by which slices refer to it, and it to its sequence.
struct frame_parameters {
    unsigned id = 0, sequence_id = 0;
};
std::optional<frame_parameters> frame_parameters_in(unit_view);

// The contents of an avcC box, and the most sets that it can name.
inline constexpr std::size_t max_sequences_in_box = 31, max_frames_in_box = 255;
struct decoder_configuration {
    std::size_t length_bytes = 4;  // in front of each unit of a sample
    std::vector<unit> sequences{}, frames{};
    bool has_extensions = false;  // sets for further layers or alpha
};
std::optional<decoder_configuration> configuration_in(std::span<const std::uint8_t> box);

// Profile and level are those of the first sequence, constraints those that hold for all of them. Empty where a set
// cannot be read or they are too many.
std::vector<std::uint8_t> box_of(const decoder_configuration&);

// Sequence parameters of each frame parameter set, by the id of that set. Nothing where two sets have one id, or one
// cannot be read or refers to none.
using sets_by_id = std::map<unsigned, sequence_parameters>;
std::optional<sets_by_id> sets_of(const decoder_configuration&);

// One coded frame.
struct coded_frame {
    bool is_idr = false;
    bool is_reference = false;
    unsigned idr_id = 0;              // of an IDR frame
    bool has_parameter_sets = false;  // in the sample itself
    bool has_other_units = false;     // that only some decoders understand, or that are no frames
    bool is_field = false;
    std::vector<unsigned> set_ids{};  // of the slices, each once
};
// Nothing where the units do not fill the sample, there is not exactly one frame in it, a slice refers to none of the
// sets, or slices contradict each other.
std::optional<coded_frame> coded_frame_in(std::span<const std::uint8_t> sample, std::size_t length_bytes,
                                          const sets_by_id&);

// The units of a stream with start codes (Annex B), as encoders give it.
std::vector<unit_view> units_between_start_codes(std::span<const std::uint8_t>);

}  // namespace reelpipe::media::h264

#endif
