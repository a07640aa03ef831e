// Whatever a muxer leaves behind: finishing its index ends, with an error that changed nothing, or with a file that has
// its index behind the first box.
#include "stages/cut/clip_index.hpp"

#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "fuzz/fuzzing.hpp"
#include "media/mp4_boxes.hpp"
#include "stages/cut/cut.hpp"

using namespace reelpipe;
using fuzzing::require;

namespace {

bool has_index(int descriptor)
{
    struct stat facts{};
    require(fstat(descriptor, &facts) == 0);
    media::partial_file file{.descriptor = descriptor, .size = static_cast<std::uint64_t>(facts.st_size)};
    file.held.add({0, file.size});
    const auto index = media::find_box(file, {0, file.size}, media::box_type("moov"));
    return index && index->payload.end <= file.size;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static fuzzing::file file;
    const fuzzing::input input(data, size);
    const int descriptor = file.holding(input.rest());
    const std::array<cut::edit, 2> tracks{
        cut::edit{.duration = 3000, .media_begin = 512, .media_duration = 4000},
        cut::edit{.begin = 20, .duration = 2980, .media_begin = 1024, .media_duration = 4096}};
    try {
        cut::finish_index(descriptor, tracks);
    } catch (const cut::encode_error&) {
        return 0;
    }
    require(has_index(descriptor));
    return 0;
}
