#ifndef REELPIPE_STAGES_STORE_CLIP_NAME_HPP
#define REELPIPE_STAGES_STORE_CLIP_NAME_HPP

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "reelpipe/clip.hpp"

namespace reelpipe::store {

// The format of the times in file names: a printf format with one integer conversion, such as "%06d" (whole seconds).
// A fraction follows the whole seconds, "000015.5", so that two clips never share a name.
class trim_format {
public:
    // Throws std::invalid_argument for a text that is no such format or that a path cannot hold.
    explicit trim_format(std::string_view format);

    std::string operator()(std::chrono::microseconds time) const;

private:
    std::string before_, after_;
    std::size_t width_ = 0;
    char fill_ = ' ';
};

// `<video>_<start>_<end>`: the name by which reports and files call a clip.
std::string clip_id(const clip_request&, const trim_format&);

// True for a label whose name a run has for a file of its own in the output folder: the report, the list beside it, the
// configuration. Capital letters count as small ones, as some file systems have it.
bool is_reserved(std::string_view label);

// A text as the name of a file or folder with this ending. What could leave a folder, hide in it or be refused on a
// disk is escaped as in URLs, "a/b" -> "a%2Fb": separators, control bytes, a leading dot, names of more than 255 bytes,
// and "%" itself likewise. So different texts never meet in one name.
std::string safe_name(std::string_view text, std::string_view ending = {});

// The folder of a label's clips, "test" without a label: a safe name, in which the first letter of a reserved label is
// escaped, too.
std::string label_folder(std::string_view label);

// `<label>/<clip id>.mp4`, or `test/<clip id>.mp4` without a label, relative to the output folder.
//
// Ids and labels are data from a list: both parts are safe names.
std::string clip_name(const clip_request&, const trim_format&);

// The name of a file about a clip, in the same folder: "a/b.mp4" and ".frames.json" give "a/b.frames.json". It is
// shortened if it would be too long.
std::filesystem::path name_beside(const std::filesystem::path& clip, std::string_view ending);

}  // namespace reelpipe::store

#endif
