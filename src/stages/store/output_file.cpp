#include "stages/store/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
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

file_signature signature_in(const struct stat& facts)
{
    return {static_cast<std::uint64_t>(facts.st_size),
            std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec};
}

file_signature signature_in(int folder, const char* name)
{
    struct stat found{};
    if (fstatat(folder, name, &found, 0) == 0) return signature_in(found);
    if (errno == ENOENT || errno == ENOTDIR) return {};
    fail("look at", name);
}

// True for the errors of a file system or a kernel that lacks a call, or cannot make it between these folders.
bool is_lacking(int error)
{
    return error == EINVAL || error == ENOSYS || error == EPERM || error == EOPNOTSUPP || error == EXDEV ||
           error == EMLINK;
}

// The folder of a name, open. What is a link there is not followed, so that nobody who can write in the output folder
// has files made or moved elsewhere.
class place_of_name {
public:
    explicit place_of_name(const fs::path& file)
        : name_(file.filename()),
          folder_(open(parent_of(file).c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)),
          path_(file)
    {
        if (folder_ >= 0) return;
        std::error_code unknown;
        if (errno == ENOTDIR && fs::is_symlink(parent_of(file), unknown))
            throw std::system_error(ELOOP, std::generic_category(),
                                    fmt::format("the folder {} is a link, and reelpipe follows none in its output "
                                                "folder; put a folder in its place",
                                                parent_of(file).string()));
        fail("open", parent_of(file));
    }
    place_of_name(const place_of_name&) = delete;
    place_of_name& operator=(const place_of_name&) = delete;
    ~place_of_name() { ::close(folder_); }

    // The same, in a folder that is made if need be.
    static place_of_name in_made_folder(const fs::path& file)
    {
        if (mkdir(parent_of(file).c_str(), 0777) != 0 && errno == ENOENT) fs::create_directories(parent_of(file));
        return place_of_name(file);
    }

    int folder() const { return folder_; }
    const char* name() const { return name_.c_str(); }
    const fs::path& path() const { return path_; }

private:
    static fs::path parent_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : "."; }

    std::string name_;
    int folder_;
    fs::path path_;
};

// Gives a file another name that nothing has. False: something has it, and stays as it is.
bool move_to_free_name(const place_of_name& from, const place_of_name& to, const char* doing)
{
    const auto fail_here = [&] { fail(doing, to.path()); };
    if (renameat2(from.folder(), from.name(), to.folder(), to.name(), RENAME_NOREPLACE) == 0) return true;
    if (errno == EEXIST) return false;
    if (!is_lacking(errno)) fail_here();
    if (linkat(from.folder(), from.name(), to.folder(), to.name(), 0) == 0) {
        unlinkat(from.folder(), from.name(), 0);
        return true;
    }
    if (errno == EEXIST) return false;
    if (!is_lacking(errno)) fail_here();
    // Neither: some file systems over a network or an object store. The lock keeps other runs away, so that only
    // another program could take the name between these two calls. A claim on the name, an empty file, would be worse:
    // a process that is killed would leave it under the name of a clip.
    struct stat there{};
    if (fstatat(to.folder(), to.name(), &there, AT_SYMLINK_NOFOLLOW) == 0) return false;
    if (errno != ENOENT) fail_here();
    if (renameat(from.folder(), from.name(), to.folder(), to.name()) != 0) fail_here();
    return true;
}

}  // namespace

way_to_name find_way_to_name(const fs::path& folder, const fs::path& other)
{
    using enum way_to_name;
    const fs::path name = other / (std::string(leftover_prefix) + "name");  // as good as any, and told from a clip
    std::error_code wrong;
    for (const way_to_name way : {link_by_proc, link_by_descriptor, move}) {
        try {
            fs::remove(name);
            output_file first(folder, way), second(folder, way);
            const bool is_new = first.place(name).has_value(), is_replaced = second.place(name).has_value();
            fs::remove(name);
            if (is_new && !is_replaced) return way;
            wrong = std::make_error_code(std::errc::file_exists);
        } catch (const std::system_error& e) {
            if (e.code() == std::errc::no_space_on_device || e.code().value() == EDQUOT) throw;
            wrong = e.code();
        }
    }
    throw std::system_error(wrong, fmt::format("give a file its name in {}", other.string()));
}

output_file::output_file(const fs::path& folder, way_to_name way) : way_(way)
{
    const media::new_file made = way == way_to_name::move ? media::make_named_file_in(folder, leftover_prefix, 0644)
                                                          : media::make_file_in(folder, leftover_prefix, 0644);
    if (made.descriptor < 0) fail("make a file in", folder);
    descriptor_ = made.descriptor;
    temporary_name_ = made.name;
}

output_file::output_file(output_file&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      way_(other.way_),
      temporary_name_(std::exchange(other.temporary_name_, {}))
{
}

output_file& output_file::operator=(output_file&& other) noexcept
{
    std::swap(descriptor_, other.descriptor_);
    std::swap(way_, other.way_);
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

void output_file::copy_from(int source)
{
    constexpr std::size_t piece = 64u << 20;
    off64_t at = 0;
    bool may_share = true;
    for (;;) {
        const ssize_t copied = may_share ? copy_file_range(source, &at, descriptor_, nullptr, piece, 0)
                                         : sendfile64(descriptor_, source, &at, piece);
        if (copied == 0) return;
        if (copied < 0 && !may_share) fail("copy a file to", temporary_name_.empty() ? "a new one" : temporary_name_);
        if (copied < 0) may_share = false;
    }
}

void output_file::write(std::string_view text)
{
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor_, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("write", temporary_name_.empty() ? "a new file" : temporary_name_);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::optional<file_signature> output_file::place(const fs::path& final_name)
{
    make_durable(descriptor_, final_name);
    struct stat facts{};
    if (fstat(descriptor_, &facts) != 0) fail("look at", final_name);
    if (!take_name(final_name)) return std::nullopt;
    close();
    return signature_in(facts);
}

bool output_file::take_name(const fs::path& final_name)
{
    const place_of_name to = place_of_name::in_made_folder(final_name);
    if (!temporary_name_.empty()) {
        if (!move_to_free_name(place_of_name(temporary_name_), to, "name the clip")) return false;
        temporary_name_.clear();
        return true;
    }
    const bool by_proc = way_ == way_to_name::link_by_proc;
    const std::string own_name = by_proc ? fmt::format("/proc/self/fd/{}", descriptor_) : "";
    const int from = by_proc ? AT_FDCWD : descriptor_;
    const int how = by_proc ? AT_SYMLINK_FOLLOW : AT_EMPTY_PATH;
    if (linkat(from, own_name.c_str(), to.folder(), to.name(), how) == 0) return true;
    if (errno != EEXIST) fail("name the clip", final_name);
    return false;
}

std::optional<file_signature> place_again(const fs::path& stored, const fs::path& final_name, const fs::path& folder,
                                          way_to_name way)
{
    const place_of_name to = place_of_name::in_made_folder(final_name);
    // A symbolic link that stands there is followed: elsewhere it may lead nowhere.
    if (linkat(AT_FDCWD, stored.c_str(), to.folder(), to.name(), AT_SYMLINK_FOLLOW) == 0)
        return signature_of(final_name);
    if (errno == EEXIST) return std::nullopt;
    if (!is_lacking(errno)) fail("name the clip", final_name);
    output_file copy(folder, way);
    const int source = open(stored.c_str(), O_RDONLY | O_CLOEXEC);
    if (source < 0) fail("open", stored);
    try {
        copy.copy_from(source);
    } catch (...) {
        ::close(source);
        throw;
    }
    ::close(source);
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

file_signature signature_of(const fs::path& file) { return signature_in(AT_FDCWD, file.c_str()); }

signature_reader::signature_reader(const fs::path& folder)
    : descriptor_(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC))
{
    if (descriptor_ < 0) fail("open", folder);
}

signature_reader::~signature_reader() { ::close(descriptor_); }

file_signature signature_reader::signature_of(const std::string& name) const
{
    return signature_in(descriptor_, name.c_str());
}

void remove_leftovers(const fs::path& folder)
{
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
        if (entry.path().filename().string().starts_with(leftover_prefix)) fs::remove(entry.path());
}

fs::path quarantine(const fs::path& file, const fs::path& folder)
{
    const place_of_name from(file);
    for (unsigned n = 0;; ++n) {
        const std::string number = n ? fmt::format(".{}", n) : "";
        const fs::path name = folder / (file.stem().string() + number + file.extension().string());
        if (move_to_free_name(from, place_of_name::in_made_folder(name), "set aside")) return name;
    }
}

std::optional<fs::path> quarantine(const fs::path& file, const fs::path& folder, const file_signature& judged)
{
    fs::path kept = quarantine(file, folder);
    if (signature_of(kept) == judged) return kept;
    move_to_free_name(place_of_name(kept), place_of_name(file), "put back");
    return std::nullopt;
}

}  // namespace reelpipe::store
