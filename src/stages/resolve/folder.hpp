#ifndef REELPIPE_STAGES_RESOLVE_FOLDER_HPP
#define REELPIPE_STAGES_RESOLVE_FOLDER_HPP

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "reelpipe/video_source.hpp"

namespace reelpipe::resolve {

// Whole videos in a folder, by id: "ID.mp4", else the one file with an id of 11 characters or more inside its name, as
// in "v_ID.mkv" or "Title [ID].webm". Clips that somebody cut before ("ID_000010_000020.mp4") are no whole videos.
class folder : public video_source {
public:
    // Reads the folder's names once. Throws std::filesystem::filesystem_error.
    explicit folder(const std::filesystem::path& path);

    // Throws source_error: gone if there is no such file; unknown if there are two, because luck is not a choice.
    media_source find(std::string_view video) const;
    asio::awaitable<resolved_video> resolve(std::string video) override;

private:
    std::filesystem::path path_;
    std::vector<std::string> names_;  // sorted
};

}  // namespace reelpipe::resolve

#endif
