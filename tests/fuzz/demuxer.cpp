// Whatever a server sends as a video, with a hole in it: opening, seeking and reading ends, with an error, at the hole,
// or at the end. The first bytes of the input say where the hole is, where to seek to, and what for.
#include "media/demuxer.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "fuzz/fuzzing.hpp"
#include "media/error.hpp"
#include "media/segment_reader.hpp"
#include "media/time_span.hpp"

using namespace reelpipe;
using namespace std::chrono_literals;
using fuzzing::require;

namespace {

// Of 64 kB: more packets than bytes would be an endless loop.
constexpr int max_packets = 100'000;

void read(const media::partial_file& video, segment wanted, media::edit_list_mode lists, media::stream_selection kind)
{
    media::demuxer input(video, {}, lists, kind);
    input.entries(wanted.start);
    media::segment_reader reader(input, wanted);
    const av::packet packet = av::make_packet();
    for (int count = 0; reader.next(packet.get()); av_packet_unref(packet.get())) require(++count < max_packets);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static fuzzing::file file;
    fuzzing::input input(data, size);
    const std::uint64_t hole_begin = input.number(), hole_size = input.number();
    const segment wanted{100ms * input.number(), 100ms * input.number()};
    const std::uint64_t flags = input.number();
    const std::string_view content = input.rest();
    const auto kind = flags & 1 ? media::stream_selection::audio_only : media::stream_selection::audio_and_video;
    media::partial_file video{.descriptor = file.holding(content), .size = content.size()};
    const std::uint64_t begin = hole_begin * video.size / 256;
    video.held.add({0, begin});
    video.held.add({std::min(video.size, begin + hole_size * video.size / 256), video.size});
    try {
        if (flags & 4)
            media::time_span_of(video, kind);
        else
            read(video, wanted, flags & 2 ? media::edit_list_mode::ignored : media::edit_list_mode::applied, kind);
    } catch (const media::missing_bytes& hole) {
        require(!video.held.holds({hole.offset(), hole.offset() + 1}));
    } catch (const media::error&) {
        return 0;
    }
    return 0;
}
