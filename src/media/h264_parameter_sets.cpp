#include "media/h264_parameter_sets.hpp"

#include <algorithm>

#include "media/bit_reader.hpp"
#include "media/nal_units.hpp"

namespace reelpipe::media::h264 {

namespace {

constexpr unsigned max_sequences = 32, max_frame_sets = 256;
constexpr unsigned max_dimension = 1024;  // in blocks of 16 pixels
constexpr unsigned max_buffered_frames = 16;

bool has_chroma_fields(unsigned profile)
{
    constexpr std::array profiles{100u, 110u, 122u, 244u, 44u, 83u, 86u, 118u, 128u, 138u, 139u, 134u, 135u};
    return std::ranges::find(profiles, profile) != profiles.end();
}

void read_chroma_fields(bit_reader& from, sequence_parameters& s)
{
    s.chroma_format = from.unsigned_number();
    if (s.chroma_format == 3) s.separate_planes = from.bit();
    s.luma_depth = 8 + from.unsigned_number();
    s.chroma_depth = 8 + from.unsigned_number();
    from.skip(1);  // qpprime_y_zero_transform_bypass_flag
    s.has_scaling_matrix = from.bit();
}

void read_order_count(bit_reader& from, sequence_parameters& s)
{
    s.order_count_type = from.unsigned_number();
    if (s.order_count_type == 0) from.unsigned_number();
    if (s.order_count_type != 1) return;
    from.skip(1);
    from.signed_number();
    from.signed_number();
    const std::uint32_t cycle = from.unsigned_number();
    for (std::uint32_t i = 0; i < std::min(cycle, 255u) && !from.failed(); ++i) from.signed_number();
}

void skip_buffer_model(bit_reader& from)
{
    const std::uint32_t count = 1 + std::min(from.unsigned_number(), 31u);
    from.skip(8);
    for (std::uint32_t i = 0; i < count && !from.failed(); ++i) {
        from.unsigned_number();
        from.unsigned_number();
        from.skip(1);
    }
    from.skip(20);
}

void read_pixel_shape(bit_reader& from, sequence_parameters& s)
{
    struct shape {
        unsigned width, height;
    };
    constexpr std::array<shape, 17> known{{{0, 0},
                                           {1, 1},
                                           {12, 11},
                                           {10, 11},
                                           {16, 11},
                                           {40, 33},
                                           {24, 11},
                                           {20, 11},
                                           {32, 11},
                                           {80, 33},
                                           {18, 11},
                                           {15, 11},
                                           {64, 33},
                                           {160, 99},
                                           {4, 3},
                                           {3, 2},
                                           {2, 1}}};
    constexpr std::uint32_t is_written_out = 255;
    const std::uint32_t number = from.bits(8);
    if (number == is_written_out) {
        s.shape_width = from.bits(16);
        s.shape_height = from.bits(16);
    } else if (number < known.size()) {
        s.shape_width = known[number].width;
        s.shape_height = known[number].height;
    }
}

void read_colours(bit_reader& from, sequence_parameters& s)
{
    from.skip(3);  // video_format
    s.full_range = from.bit();
    if (!from.bit()) return;
    s.primaries = from.bits(8);
    s.transfer = from.bits(8);
    s.matrix = from.bits(8);
}

void read_usability(bit_reader& from, sequence_parameters& s)
{
    if (from.bit()) read_pixel_shape(from, s);
    if (from.bit()) from.skip(1);  // overscan
    if (from.bit()) read_colours(from, s);
    if (from.bit()) s.chroma_location = {from.unsigned_number(), from.unsigned_number()};
    if (from.bit()) from.skip(65);  // timing
    const bool of_units = from.bit();
    if (of_units) skip_buffer_model(from);
    const bool of_slices = from.bit();
    if (of_slices) skip_buffer_model(from);
    s.has_buffer_model = of_units || of_slices;
    if (s.has_buffer_model) from.skip(1);
    from.skip(1);  // pic_struct_present_flag
    s.order_position = from.position();
    if (!from.bit()) return;
    from.skip(1);
    for (int i = 0; i < 4; ++i) from.unsigned_number();
    s.order = {.reordered_frames = from.unsigned_number(), .buffered_frames = from.unsigned_number()};
}

bool makes_sense(const sequence_parameters& s)
{
    return s.id < max_sequences && s.chroma_format <= 3 && s.luma_depth <= 14 && s.chroma_depth <= 14 &&
           (s.has_scaling_matrix ||
            (s.frame_number_bits <= 16 && s.order_count_type <= 2 && s.reference_frames <= max_buffered_frames &&
             s.width_blocks <= max_dimension && s.height_units <= max_dimension &&
             (!s.order || (s.order->buffered_frames <= max_buffered_frames &&
                           s.order->reordered_frames <= s.order->buffered_frames))));
}

// The bytes of fields, with what keeps start codes from occurring.
unit with_header(std::uint8_t header, const std::vector<bool>& bits)
{
    unit made{header};
    int zeros = 0;
    for (std::size_t i = 0; i < bits.size(); i += 8) {
        unsigned byte = 0;
        for (std::size_t j = i; j < i + 8; ++j) byte = byte << 1 | static_cast<unsigned>(j < bits.size() && bits[j]);
        if (zeros == 2 && byte <= 3) {
            made.push_back(3);
            zeros = 0;
        }
        made.push_back(static_cast<std::uint8_t>(byte));
        zeros = byte == 0 ? zeros + 1 : 0;
    }
    return made;
}

// Bytes of a box, from its front on.
class bytes_of_box {
public:
    explicit bytes_of_box(std::span<const std::uint8_t> box) : rest_(box) {}

    unsigned number(std::size_t bytes)
    {
        unsigned value = 0;
        for (const std::uint8_t byte : take(bytes)) value = value << 8 | byte;
        return value;
    }
    unit_view take(std::size_t count)
    {
        if (count > rest_.size()) {
            failed_ = true;
            return {};
        }
        const unit_view taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    void take_sets(unsigned count, unit_type kind, std::vector<unit>& sets)
    {
        for (unsigned i = 0; i < count && !failed_; ++i) {
            const unit_view set = take(number(2));
            if (set.empty() || type_of(set) != kind) failed_ = true;
            sets.emplace_back(set.begin(), set.end());
        }
    }
    bool is_empty() const { return rest_.empty(); }
    bool failed() const { return failed_; }

private:
    unit_view rest_;
    bool failed_ = false;
};

void put_number(std::vector<std::uint8_t>& to, std::size_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

bool put_sets(std::vector<std::uint8_t>& to, const std::vector<unit>& sets)
{
    for (const unit& each : sets) {
        if (each.size() > 0xffff) return false;
        put_number(to, each.size(), 2);
        to.insert(to.end(), each.begin(), each.end());
    }
    return true;
}

struct slice {
    std::uint32_t first_block = 0;
    unsigned set_id = 0;
    bool is_field = false;
    unsigned idr_id = 0;
};

std::optional<slice> slice_in(unit_view u, const sets_by_id& sets)
{
    constexpr std::uint32_t max_idr_id = 65535;
    bit_reader from(u.subspan(1));
    slice s{.first_block = from.unsigned_number()};
    from.unsigned_number();  // slice_type
    s.set_id = from.unsigned_number();
    const auto set = sets.find(s.set_id);
    if (set == sets.end()) return std::nullopt;
    const sequence_parameters& sequence = set->second;
    if (sequence.separate_planes) from.skip(2);
    from.bits(static_cast<int>(sequence.frame_number_bits));
    if (!sequence.frames_only) s.is_field = from.bit();
    if (s.is_field) from.skip(1);
    if (type_of(u) == unit_type::idr_slice) s.idr_id = from.unsigned_number();
    if (from.failed() || s.idr_id > max_idr_id) return std::nullopt;
    return s;
}

// False where the slice contradicts the ones before it.
bool add_slice(coded_frame& frame, unit_view u, const slice& s, bool is_first)
{
    const bool is_idr = type_of(u) == unit_type::idr_slice;
    const bool is_reference = (u.front() >> 5 & 3u) != 0;
    if (is_first) {
        frame.is_idr = is_idr;
        frame.is_reference = is_reference;
        frame.idr_id = s.idr_id;
        frame.is_field = s.is_field;
    }
    if (std::ranges::find(frame.set_ids, s.set_id) == frame.set_ids.end()) frame.set_ids.push_back(s.set_id);
    return is_first == (s.first_block == 0) && frame.is_idr == is_idr && frame.is_reference == is_reference &&
           frame.idr_id == s.idr_id && frame.is_field == s.is_field && (!is_idr || is_reference);
}

}  // namespace

std::optional<sequence_parameters> sequence_parameters_in(unit_view u)
{
    if (u.empty() || type_of(u) != unit_type::sequence_parameters) return std::nullopt;
    bit_reader from(u.subspan(1));
    sequence_parameters s;
    s.profile = from.bits(8);
    s.constraints = from.bits(8);
    s.level = from.bits(8);
    s.id = from.unsigned_number();
    if (has_chroma_fields(s.profile)) read_chroma_fields(from, s);
    if (!s.has_scaling_matrix) {
        s.frame_number_bits = 4 + std::min(from.unsigned_number(), 100u);
        read_order_count(from, s);
        s.reference_frames = from.unsigned_number();
        s.gaps_allowed = from.bit();
        s.width_blocks = 1 + std::min(from.unsigned_number(), max_dimension);
        s.height_units = 1 + std::min(from.unsigned_number(), max_dimension);
        s.frames_only = from.bit();
        if (!s.frames_only) from.skip(1);
        from.skip(1);  // direct_8x8_inference_flag
        if (from.bit())
            for (std::uint32_t& each : s.crop) each = from.unsigned_number();
        if (from.bit()) read_usability(from, s);
    }
    if (from.failed() || !makes_sense(s)) return std::nullopt;
    return s;
}

std::optional<unit> without_output_order(unit_view u)
{
    const std::optional<sequence_parameters> s = sequence_parameters_in(u);
    if (!s || s->order_position == 0) return std::nullopt;
    bit_reader from(u.subspan(1));
    std::vector<bool> bits;
    while (bits.size() < s->order_position) bits.push_back(from.bit());
    bits.push_back(false);
    bits.push_back(true);  // rbsp_stop_one_bit
    return with_header(u.front(), bits);
}

std::string_view difference(const sequence_parameters& one, const sequence_parameters& other)
{
    if (one.profile != other.profile) return "profile";
    if (one.level != other.level) return "level";
    if (one.chroma_format != other.chroma_format || one.separate_planes != other.separate_planes ||
        one.luma_depth != other.luma_depth || one.chroma_depth != other.chroma_depth)
        return "pixel format";
    if (one.width_blocks != other.width_blocks || one.height_units != other.height_units || one.crop != other.crop ||
        one.frames_only != other.frames_only)
        return "size";
    if (one.order_count_type != other.order_count_type) return "order count";
    if (one.order != other.order) return "reordered and buffered frames";
    if (!one.order && other.reference_frames > one.reference_frames) return "reference frames";
    const bool shape_is_known = one.shape_width != 0 && one.shape_height != 0;
    if (shape_is_known != (other.shape_width != 0 && other.shape_height != 0) ||
        one.shape_width * other.shape_height != other.shape_width * one.shape_height)
        return "pixel shape";
    if (one.full_range != other.full_range || one.primaries != other.primaries || one.transfer != other.transfer ||
        one.matrix != other.matrix || one.chroma_location != other.chroma_location)
        return "colours";
    return {};
}

std::optional<frame_parameters> frame_parameters_in(unit_view u)
{
    if (u.empty() || type_of(u) != unit_type::frame_parameters) return std::nullopt;
    bit_reader from(u.subspan(1));
    const frame_parameters f{.id = from.unsigned_number(), .sequence_id = from.unsigned_number()};
    if (from.failed() || f.id >= max_frame_sets || f.sequence_id >= max_sequences) return std::nullopt;
    return f;
}

std::optional<decoder_configuration> configuration_in(std::span<const std::uint8_t> box)
{
    bytes_of_box from(box);
    if (from.number(1) != 1) return std::nullopt;
    const unsigned profile = from.number(1);
    from.take(2);
    decoder_configuration found;
    found.length_bytes = (from.number(1) & 3u) + 1;
    from.take_sets(from.number(1) & 0x1fu, unit_type::sequence_parameters, found.sequences);
    from.take_sets(from.number(1), unit_type::frame_parameters, found.frames);
    if (from.failed() || found.sequences.empty() || found.frames.empty() || found.length_bytes == 3)
        return std::nullopt;
    // Muxers leave this part out, or add it for profiles that have none.
    const bool may_have_more = profile != 66 && profile != 77 && profile != 88 && !from.is_empty();
    if (may_have_more) {
        from.take(3);
        found.has_extensions = from.number(1) != 0;
    }
    return found;
}

std::vector<std::uint8_t> box_of(const decoder_configuration& c)
{
    if (c.sequences.empty() || c.sequences.size() > max_sequences_in_box || c.frames.size() > max_frames_in_box)
        return {};
    unsigned constraints = 0xff;
    for (const unit& each : c.sequences) {
        const auto s = sequence_parameters_in(each);
        if (!s) return {};
        constraints &= s->constraints;
    }
    const sequence_parameters first = *sequence_parameters_in(c.sequences.front());
    std::vector<std::uint8_t> box;
    for (const std::size_t byte : {std::size_t{1}, std::size_t{first.profile}, std::size_t{constraints},
                                   std::size_t{first.level}, 0xfcu | (c.length_bytes - 1), 0xe0u | c.sequences.size()})
        put_number(box, byte, 1);
    if (!put_sets(box, c.sequences)) return {};
    put_number(box, c.frames.size(), 1);
    if (!put_sets(box, c.frames)) return {};
    if (has_chroma_fields(first.profile))
        for (const unsigned byte :
             {0xfcu | first.chroma_format, 0xf8u | (first.luma_depth - 8), 0xf8u | (first.chroma_depth - 8), 0u})
            put_number(box, byte, 1);
    return box;
}

std::optional<sets_by_id> sets_of(const decoder_configuration& c)
{
    std::map<unsigned, sequence_parameters> sequences;
    for (const unit& each : c.sequences) {
        const auto s = sequence_parameters_in(each);
        if (!s || !sequences.emplace(s->id, *s).second) return std::nullopt;
    }
    sets_by_id sets;
    for (const unit& each : c.frames) {
        const auto f = frame_parameters_in(each);
        if (!f || !sequences.contains(f->sequence_id) || !sets.emplace(f->id, sequences[f->sequence_id]).second)
            return std::nullopt;
    }
    return sets;
}

std::optional<coded_frame> coded_frame_in(std::span<const std::uint8_t> sample, std::size_t length_bytes,
                                          const sets_by_id& sets)
{
    if (!units_fill_sample(sample, length_bytes)) return std::nullopt;
    coded_frame frame;
    bool is_first = true;
    while (!sample.empty()) {
        std::size_t length = 0;
        for (const std::uint8_t byte : sample.first(length_bytes)) length = length << 8 | byte;
        const unit_view u = sample.subspan(length_bytes, length);
        sample = sample.subspan(length_bytes + length);
        switch (type_of(u)) {
            case unit_type::slice:
            case unit_type::idr_slice: {
                const std::optional<slice> s = slice_in(u, sets);
                if (!s || !add_slice(frame, u, *s, is_first)) return std::nullopt;
                is_first = false;
                break;
            }
            case unit_type::sequence_parameters:
            case unit_type::frame_parameters:
                frame.has_parameter_sets = true;
                break;
            case unit_type::supplemental_information:
            case unit_type::delimiter:
            case unit_type::filler:
                break;
            default:
                frame.has_other_units = true;
        }
    }
    if (is_first) return std::nullopt;
    return frame;
}

std::vector<unit_view> units_between_start_codes(std::span<const std::uint8_t> stream)
{
    constexpr std::array<std::uint8_t, 3> start_code{0, 0, 1};
    std::vector<unit_view> units;
    auto rest = std::ranges::search(stream, start_code);
    while (!rest.empty()) {
        const auto begin = rest.end();
        const std::span behind(begin, stream.end());
        rest = std::ranges::search(behind, start_code);
        auto last = std::span(begin, rest.begin());
        while (!last.empty() && last.back() == 0) last = last.first(last.size() - 1);
        if (!last.empty()) units.push_back(last);
        if (rest.empty()) break;
    }
    return units;
}

}  // namespace reelpipe::media::h264
