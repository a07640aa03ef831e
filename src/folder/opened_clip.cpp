#include "reelpipe/opened_clip.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse_to_open(int error, const fs::path& name)
{
    throw std::system_error(error, std::generic_category(), "open " + name.string());
}

bool is_below(const fs::path& name)
{
    for (const fs::path& part : name)
        if (part.empty() || part == "." || part == "..") return false;
    return name.is_relative() && !name.empty();
}

// A folder on the way is only passed through; the last part is read, and might be a pipe.
int open_part(int folder, const fs::path& part, bool is_last)
{
    const int how = is_last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY;
    return openat(folder, part.c_str(), how | O_NOFOLLOW | O_CLOEXEC);
}

}  // namespace

opened_clip::opened_clip(const fs::path& folder, const fs::path& name)
{
    if (!is_below(name)) refuse_to_open(EINVAL, name);
    int at = open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (auto part = name.begin(); at >= 0 && part != name.end(); ++part) {
        const int above = std::exchange(at, open_part(at, *part, std::next(part) == name.end()));
        const int error = errno;
        close(above);
        errno = error;
    }
    if (at < 0) refuse_to_open(errno, name);
    descriptor_ = at;
    struct stat found{};
    const int error = fstat(at, &found) != 0 ? errno : S_ISREG(found.st_mode) ? 0 : EINVAL;
    if (error != 0) {
        close(at);
        refuse_to_open(error, name);
    }
    bytes_ = static_cast<std::uint64_t>(found.st_size);
    identity_ = fmt::format("{}:{}:{}:{}.{}", found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec,
                            found.st_mtim.tv_nsec);
}

opened_clip::~opened_clip() { close(descriptor_); }

std::string opened_clip::read(std::uint64_t offset, std::size_t most) const
{
    std::string bytes(most, '\0');
    ssize_t got = -1;
    do got = pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    while (got < 0 && errno == EINTR);
    if (got < 0) throw std::system_error(errno, std::generic_category(), "read a clip");
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
}

}  // namespace reelpipe
