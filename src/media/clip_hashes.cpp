#include "media/clip_hashes.hpp"

#include <span>

#include "media/av.hpp"
#include "media/content_hash.hpp"
#include "media/demuxer.hpp"
#include "media/partial_file.hpp"

namespace reelpipe::media {

clip_hashes hash_clip(int descriptor)
{
    const partial_file file = whole_file(descriptor);
    clip_hashes all;
    demuxer clip(file, {}, edit_list_mode::ignored);
    clip.skip_parsing();
    sha256 video;
    const av::packet packet = av::make_packet();
    while (clip.read(packet.get())) {
        const av::scoped_packet unref(packet);
        if (unref->stream_index != clip.video()->index) continue;
        video.add({unref->data, static_cast<std::size_t>(unref->size)});
        ++all.packets;
    }
    all.video = in_hexadecimal(video.end());
    all.file = in_hexadecimal(content_hash(descriptor));
    return all;
}

}  // namespace reelpipe::media
