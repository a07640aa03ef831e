// Whatever stands in the boxes of an MP4 file, with a hole in it: what they are said to be lies in the file and in
// order, and what is asked for next is something that is missing. The first two bytes of the input say where the hole
// is.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "fuzz/fuzzing.hpp"
#include "media/error.hpp"
#include "media/fragment_index.hpp"
#include "media/mp4_boxes.hpp"

using namespace reelpipe;
using fuzzing::require;

namespace {

void check_fragments(const media::partial_file& video)
{
    const media::fragment* before = nullptr;
    const std::vector<media::fragment> all = media::fragments_of(video);
    for (const media::fragment& each : all) {
        require(each.bytes.begin <= each.bytes.end && each.bytes.end <= video.size && each.begin <= each.end);
        if (before) require(before->bytes.end <= each.bytes.begin && before->end <= each.begin);
        before = &each;
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static fuzzing::file file;
    fuzzing::input input(data, size);
    const std::uint64_t hole_begin = input.number(), hole_size = input.number();
    const std::string_view content = input.rest();
    media::partial_file video{.descriptor = file.holding(content), .size = content.size()};
    const std::uint64_t begin = hole_begin * video.size / 256;
    video.held.add({0, begin});
    video.held.add({std::min(video.size, begin + hole_size * video.size / 256), video.size});
    try {
        check_fragments(video);
        media::index_bytes(video);
        if (const auto next = media::next_towards_index(video)) {
            require(next->begin < next->end && next->end <= video.size);
            require(!video.held.missing(*next).empty());
        }
    } catch (const media::error&) {
        return 0;
    }
    return 0;
}
