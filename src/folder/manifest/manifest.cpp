#include "reelpipe/manifest.hpp"
#include "folder/manifest/clip_stream.hpp"
#include "folder/manifest/manifest_line.hpp"
#include "media/content_hash.hpp"

namespace reelpipe {

manifest_summary make_manifest(const manifest_options& options, const std::function<void(std::string_view)>& write)
{
    folder_stream clips(options, true);
    manifest_summary summary;
    media::sha256 digest;
    write(manifest_head());
    while (const std::optional<manifest_clip> c = clips.next()) {
        write(manifest_line(*c));
        if (c->failed) {
            ++summary.failed;
            continue;
        }
        ++summary.stored;
        if (!c->unreadable.empty()) ++summary.unreadable;
        // As lines, so that what is not told apart here is not told apart by who compares manifests either.
        manifest_clip same{.clip = c->clip};
        same.clip.split.clear();
        digest.add(manifest_line(same));
        digest.add(c->video_hash);
    }
    summary.digest = media::in_hexadecimal(digest.end());
    write(manifest_end(summary));
    return summary;
}

}  // namespace reelpipe
