#ifndef REELPIPE_MEDIA_NEW_FILE_HPP
#define REELPIPE_MEDIA_NEW_FILE_HPP

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace reelpipe::media {

// A file that is being made, and goes with its process unless somebody gives it a name.
struct new_file {
    int descriptor = -1;  // of whoever asked; negative: none could be made, errno says why
    std::string name{};   // only where the file system makes no files without one; to be removed by whoever asked
};

inline new_file make_named_file_in(const std::filesystem::path& folder, std::string_view prefix, mode_t mode)
{
    std::string name = folder / (std::string(prefix) + "XXXXXX");
    const int named = mkostemp(name.data(), O_CLOEXEC);
    if (named < 0) return {};
    fchmod(named, mode);
    return {named, name};
}

inline new_file make_file_in(const std::filesystem::path& folder, std::string_view prefix, mode_t mode)
{
    const int nameless = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
    // Three ways to say that there are no such files: of a file system, of an old kernel, and of FUSE.
    if (nameless >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return {nameless};
    return make_named_file_in(folder, prefix, mode);
}

// The same, and no name from the beginning.
inline int open_nameless_file(const std::filesystem::path& folder)
{
    const new_file made = make_file_in(folder, ".reelpipe-", S_IRUSR | S_IWUSR);
    if (!made.name.empty()) unlink(made.name.c_str());
    return made.descriptor;
}

}  // namespace reelpipe::media

#endif
