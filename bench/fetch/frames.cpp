#include "fetch/frames.hpp"

#include "media/demuxer.hpp"
#include "media/segment_reader.hpp"
#include "support/sparse_copy.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;

std::size_t frames_in(const fs::path& video, segment wanted)
{
    const test::whole_file file(video);
    media::demuxer input(file.file());
    media::segment_reader reader(input, wanted);
    const av::packet packet = av::make_packet();
    std::size_t count = 0;
    while (reader.next(packet.get())) {
        const av::scoped_packet unref(packet);
        if (unref->stream_index != input.video()->index) continue;
        const auto time = av::to_microseconds(unref->pts, input.video()->time_base) - input.origin();
        if (time >= wanted.start && time < wanted.end) ++count;
    }
    return count;
}

std::size_t frames_of(const fs::path& clip)
{
    const test::whole_file file(clip);
    media::demuxer input(file.file());
    const av::packet packet = av::make_packet();
    std::size_t count = 0;
    while (input.read(packet.get())) {
        const av::scoped_packet unref(packet);
        if (unref->stream_index == input.video()->index && !(unref->flags & AV_PKT_FLAG_DISCARD)) ++count;
    }
    return count;
}

}  // namespace reelpipe::bench
