#include "stages/store/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "media/new_file.hpp"

namespace reelpipe::store {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const char* doing, const fs::path& where)
{
    throw std::system_error(errno, std::generic_category(), fmt::format("{} {}", doing, where.string()));
}

void make_durable(int descriptor, const fs::path& where)
{
    // Some file systems (FUSE, network) cannot sync and say EINVAL; there is nothing better to be had there.
    if (fsync(descriptor) != 0 && errno != EINVAL) fail("write", where);
}

stamp stamp_in(const struct stat& facts)
{
    return {static_cast<std::uint64_t>(facts.st_size),
            std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec};
}

stamp stamp_in(int folder, const char* name)
{
    struct stat found{};
    if (fstatat(folder, name, &found, 0) == 0) return stamp_in(found);
    if (errno == ENOENT || errno == ENOTDIR) return {};
    fail("look at", name);
}

}  // namespace

output_file::output_file(const fs::path& folder)
{
    const media::new_file made = media::make_file_in(folder, leftover_prefix, 0644);
    if (made.descriptor < 0) fail("make a file in", folder);
    descriptor_ = made.descriptor;
    temporary_name_ = made.name;
}

output_file::output_file(output_file&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), temporary_name_(std::exchange(other.temporary_name_, {}))
{
}

output_file& output_file::operator=(output_file&& other) noexcept
{
    std::swap(descriptor_, other.descriptor_);
    std::swap(temporary_name_, other.temporary_name_);
    return *this;
}

output_file::~output_file() { close(); }

void output_file::close() noexcept
{
    if (!temporary_name_.empty()) unlink(temporary_name_.c_str());
    temporary_name_.clear();
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

std::optional<stamp> output_file::place(const fs::path& final_name)
{
    make_durable(descriptor_, final_name);
    struct stat facts{};
    if (fstat(descriptor_, &facts) != 0) fail("look at", final_name);
    fs::create_directories(final_name.parent_path());

    const std::string own_name =
        temporary_name_.empty() ? fmt::format("/proc/self/fd/{}", descriptor_) : temporary_name_.string();
    if (linkat(AT_FDCWD, own_name.c_str(), AT_FDCWD, final_name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
        if (errno != EEXIST) fail("name the clip", final_name);
        return std::nullopt;
    }
    close();
    return stamp_in(facts);
}

std::optional<stamp> place_again(const fs::path& stored, const fs::path& final_name, const fs::path& folder)
{
    fs::create_directories(final_name.parent_path());
    if (link(stored.c_str(), final_name.c_str()) == 0) return stamp_of(final_name);
    if (errno == EEXIST) return std::nullopt;
    if (errno != EXDEV && errno != EMLINK && errno != EPERM && errno != EOPNOTSUPP) fail("name the clip", final_name);
    output_file copy(folder);
    const int source = open(stored.c_str(), O_RDONLY | O_CLOEXEC);
    if (source < 0) fail("open", stored);
    constexpr std::size_t piece = 64u << 20;
    ssize_t copied = 0;
    while ((copied = sendfile(copy.descriptor(), source, nullptr, piece)) > 0) continue;
    const int failed = copied < 0 ? errno : 0;
    ::close(source);
    errno = failed;
    if (failed) fail("copy the clip", final_name);
    return copy.place(final_name);
}

void make_names_durable(const fs::path& folder)
{
    const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) fail("open", folder);
    const int failed = syncfs(descriptor) != 0 ? errno : 0;
    ::close(descriptor);
    errno = failed;
    if (failed) fail("write", folder);
}

stamp stamp_of(const fs::path& file) { return stamp_in(AT_FDCWD, file.c_str()); }

stamp_reader::stamp_reader(const fs::path& folder) : descriptor_(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC))
{
    if (descriptor_ < 0) fail("open", folder);
}

stamp_reader::~stamp_reader() { ::close(descriptor_); }

stamp stamp_reader::stamp_of(const std::string& name) const { return stamp_in(descriptor_, name.c_str()); }

void remove_leftovers(const fs::path& folder)
{
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
        if (entry.path().filename().string().starts_with(leftover_prefix)) fs::remove(entry.path());
}

fs::path set_aside(const fs::path& file, const fs::path& folder)
{
    fs::create_directories(folder);
    for (unsigned n = 0;; ++n) {
        const std::string number = n ? fmt::format(".{}", n) : "";
        const fs::path name = folder / (file.stem().string() + number + file.extension().string());
        if (link(file.c_str(), name.c_str()) == 0) {
            fs::remove(file);
            return name;
        }
        if (errno != EEXIST) fail("set aside", file);
    }
}

}  // namespace reelpipe::store
