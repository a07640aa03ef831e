// Whatever a container says of its H.264 and holds as a frame of it: reading ends, with nothing or with what can be
// written and read again.
#include "media/h264_parameter_sets.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/fuzzing.hpp"

using fuzzing_bytes = std::span<const std::uint8_t>;
namespace h264 = reelpipe::media::h264;
using reelpipe::fuzzing::require;

namespace {

void read_sets(const h264::decoder_configuration& found)
{
    for (const h264::unit& each : found.sequences) {
        const auto sequence = h264::sequence_parameters_in(each);
        if (!sequence) continue;
        require(h264::difference(*sequence, *sequence).empty());
        const auto shorter = h264::without_output_order(each);
        if (!shorter) continue;
        const auto again = h264::sequence_parameters_in(*shorter);
        require(again && !again->order && again->level == sequence->level);
    }
    const auto box = h264::box_of(found);
    if (!box.empty()) require(h264::configuration_in(box).has_value());
}

}  // namespace

// The first byte says how long the description is; what follows it is a sample.
// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const fuzzing_bytes all(data + 1, size - 1);
    const fuzzing_bytes box = all.first(std::min<std::size_t>(data[0], all.size()));
    const fuzzing_bytes sample = all.subspan(box.size());
    h264::units_between_start_codes(sample);
    const auto found = h264::configuration_in(box);
    if (!found) return 0;
    read_sets(*found);
    if (const auto sets = h264::sets_of(*found)) h264::coded_frame_in(sample, found->length_bytes, *sets);
    return 0;
}
