#include "media/clip_hashes.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <span>
#include <system_error>

#include "media/av.hpp"
#include "media/content_hash.hpp"
#include "media/demuxer.hpp"
#include "media/partial_file.hpp"

namespace reelpipe::media {

clip_hashes hash_clip(int descriptor)
{
    struct stat facts{};
    if (fstat(descriptor, &facts) != 0) throw std::system_error(errno, std::generic_category(), "look at a clip");
    partial_file file{.descriptor = descriptor, .size = static_cast<std::uint64_t>(facts.st_size)};
    if (file.size > 0) file.held.add({0, file.size});

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
