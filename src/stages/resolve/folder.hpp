#ifndef REELPIPE_STAGES_RESOLVE_FOLDER_HPP
#define REELPIPE_STAGES_RESOLVE_FOLDER_HPP

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "reelpipe/video_source.hpp"

namespace reelpipe::resolve {

// Whole videos in a folder, by id. A file belongs to a video when its name is "ID.mp4", or one that downloaders and
// data sets give: "Title [ID].mp4", "v_ID.mp4", and each of them with a format in front of the ending, "ID.f137.mp4".
// The id is that whole part of the name: "ID2.mp4" is another video, and so are clips that somebody cut before,
// "ID_000010_000020.mp4".
class folder : public video_source {
public:
    // Reads the folder's names once. Throws std::filesystem::filesystem_error, and std::invalid_argument for a folder
    // that is empty.
    explicit folder(const std::filesystem::path& path);

    // Throws source_error: gone if there is no such file; not_media if there is one whose ending is none of a video's;
    // unknown if there are two, because luck is not a choice.
    media_source find(std::string_view video) const;
    asio::awaitable<resolved_video> resolve(std::string video) override;

private:
    struct named_file {
        std::string id;
        std::string name;
        bool is_plain = false;  // the id and an ending, nothing else
    };
    std::vector<std::string_view> files_of(std::string_view video) const;
    std::string what_there_is(std::string_view video) const;

    std::filesystem::path path_;
    std::vector<named_file> videos_;  // by id; one for each id that the name may stand for
    std::vector<named_file> others_;  // with endings that are not known
};

}  // namespace reelpipe::resolve

#endif
