#include "stages/fetch/sparse_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "media/new_file.hpp"
#include "stages/fetch/errors.hpp"

namespace reelpipe::fetch {

namespace {

[[noreturn]] void fail(const std::string& doing, int error = errno)
{
    throw std::system_error(error, std::generic_category(), doing);
}

[[noreturn]] void refuse(const std::string& doing, int error = errno)
{
    throw source_file_error(error, std::generic_category(), doing);
}

int unnamed_file(const std::filesystem::path& folder)
{
    const int file = media::open_nameless_file(folder);
    if (file < 0) fail("open a temporary file in " + folder.string());
    return file;
}

}  // namespace

std::shared_ptr<sparse_file> sparse_file::in(const std::filesystem::path& folder, std::shared_ptr<disk_share> share)
{
    std::shared_ptr<sparse_file> file(new sparse_file(unnamed_file(folder)));
    file->share_ = std::move(share);
    return file;
}

std::shared_ptr<sparse_file> sparse_file::of(const std::filesystem::path& path, std::shared_ptr<disk_share> share)
{
    // O_NONBLOCK: a FIFO of that name must not hold up the loop.
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) refuse("open " + path.string());
    std::shared_ptr<sparse_file> file(new sparse_file(descriptor));

    struct stat facts{};
    if (fstat(descriptor, &facts) != 0) refuse("stat " + path.string());
    if (S_ISDIR(facts.st_mode)) refuse("open " + path.string(), EISDIR);
    if (!S_ISREG(facts.st_mode)) refuse("open " + path.string() + ", which is not a regular file", EINVAL);
    file->size_ = static_cast<std::uint64_t>(facts.st_size);
    file->held_.add({0, file->size_});
    if (share) share->hold(file->size_);
    file->share_ = std::move(share);
    return file;
}

sparse_file::~sparse_file()
{
    close(descriptor_);
    if (share_) share_->give_back(held_.bytes());
}

void sparse_file::resize(std::uint64_t size)
{
    if (ftruncate(descriptor_, static_cast<off_t>(size)) != 0)
        fail("make a temporary file of " + std::to_string(size) + " bytes");
    size_ = size;
}

void sparse_file::write(std::uint64_t offset, std::span<const std::byte> bytes)
{
    for (const media::byte_range hole : held_.missing({offset, offset + bytes.size()})) {
        for (std::uint64_t at = hole.begin; at < hole.end;) {
            const ssize_t written =
                pwrite(descriptor_, bytes.data() + (at - offset), hole.end - at, static_cast<off_t>(at));
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail("write a temporary file at offset " + std::to_string(at));
            at += static_cast<std::uint64_t>(written);
        }
        held_.add(hole);
        size_ = std::max(size_, hole.end);
        if (share_) share_->hold(hole.size());
    }
}

}  // namespace reelpipe::fetch
