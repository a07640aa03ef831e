#ifndef REELPIPE_STAGES_RESOLVE_CLIP_FOLDER_HPP
#define REELPIPE_STAGES_RESOLVE_CLIP_FOLDER_HPP

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "reelpipe/video_source.hpp"

namespace reelpipe::resolve {

// Clips in a folder, or in folders below it, that another tool has made: files whose names say of which video they are
// and which segment they hold, "LABEL/ID_000010_000020.mp4". Folders with a dot in front hold none.
class clip_folder : public video_source {
public:
    // Throws std::invalid_argument if there is no such folder.
    explicit clip_folder(std::filesystem::path path);

    // Reads all names. Throws std::invalid_argument where that is not possible, and if none is that of a clip.
    asio::awaitable<std::vector<message>> start() override;

    // After start(). Throws source_error (gone) if there is no clip of the video.
    media_source find(std::string_view video) const;
    asio::awaitable<resolved_video> resolve(std::string video) override;

private:
    struct clip_file {
        std::string video;
        segment holds;
        std::string name;  // below the folder
    };

    std::filesystem::path path_;
    std::vector<clip_file> clips_;  // sorted
};

}  // namespace reelpipe::resolve

#endif
