#include "stages/resolve/archive_reader.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string_view>
#include <system_error>

#include "packed/gzip_file.hpp"

namespace reelpipe::resolve {

namespace {

constexpr std::size_t piece = 1u << 20;
constexpr std::chrono::milliseconds slice{50};

bool is_over(std::chrono::steady_clock::time_point until) { return std::chrono::steady_clock::now() >= until; }

// Names that lead out of the folder are not for anybody who means well.
bool stays_below(std::string_view name)
{
    if (name.empty() || name.front() == '/') return false;
    while (!name.empty()) {
        const std::size_t slash = std::min(name.find('/'), name.size());
        if (name.substr(0, slash) == "..") return false;
        name.remove_prefix(std::min(slash + 1, name.size()));
    }
    return true;
}

std::string name_of(archive_entry* entry)
{
    const char* name = archive_entry_pathname(entry);
    if (!name) name = archive_entry_pathname_utf8(entry);  // has letters that this locale lacks
    return name ? name : "";
}

// Spelled as name_of() spells it in other members. Empty: no link.
std::string link_target_of(archive_entry* entry, const std::string& name)
{
    if (const char* target = archive_entry_hardlink(entry)) return target;
    const char* const target = archive_entry_symlink(entry);
    return target ? (std::filesystem::path(name).parent_path() / target).lexically_normal().string() : "";
}

}  // namespace

// The file, and what takes gzip's compression off.
class archive_reader::input {
public:
    explicit input(const std::filesystem::path& path) : path_(path), file_(path)
    {
        if (file_.number < 0) fail(std::generic_category().message(errno));
        struct stat facts{};
        if (fstat(file_.number, &facts) != 0 || !S_ISREG(facts.st_mode)) fail("it is not a regular file");
        if (!packed::gzip_file::is_one(file_.number)) return;
        gzip_ = std::make_unique<packed::gzip_file>(file_.number);
        file_.number = -1;  // closed with it
    }

    int descriptor() const { return file_.number; }
    packed::gzip_file* gzip() const { return gzip_.get(); }

    // Reads on behind the archive's end, where the checksum is. False: not at the end of the file yet.
    bool reach_end(archive* reader, std::chrono::steady_clock::time_point until)
    {
        if (!gzip_) return true;
        const void* bytes = nullptr;
        la_ssize_t got = 0;
        while ((got = packed::gzip_file::on_read(reader, gzip_.get(), &bytes)) > 0)
            if (is_over(until)) return false;
        if (got < 0) fail(archive_error_string(reader));
        return true;
    }

    [[noreturn]] void fail(const std::string& why, bool is_fatal = true) const
    {
        throw archive_error("archive " + path_.string() + ": " + why, is_fatal);
    }

private:
    struct descriptor_owner {
        explicit descriptor_owner(const std::filesystem::path& path)
            : number(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
        {
        }
        descriptor_owner(const descriptor_owner&) = delete;
        descriptor_owner& operator=(const descriptor_owner&) = delete;
        ~descriptor_owner()
        {
            if (number >= 0) close(number);
        }
        int number;
    };
    std::filesystem::path path_;
    descriptor_owner file_;
    std::unique_ptr<packed::gzip_file> gzip_{};
};

void archive_reader::free_archive::operator()(archive* one) const { archive_read_free(one); }

archive_reader::archive_reader(const std::filesystem::path& path)
    : input_(std::make_unique<input>(path)), archive_(archive_read_new()), buffer_(piece)
{
    if (!archive_) throw std::bad_alloc();
    archive* const one = archive_.get();
    // By name, and not all that there are: some of libarchive's filters start programs.
    archive_read_support_filter_bzip2(one);
    archive_read_support_filter_xz(one);
    archive_read_support_filter_zstd(one);
    archive_read_support_filter_lz4(one);
    archive_read_support_format_tar(one);
    archive_read_support_format_zip(one);
    packed::gzip_file* const gzip = input_->gzip();
    const int opened = gzip ? archive_read_open(one, gzip, nullptr, &packed::gzip_file::on_read, nullptr)
                            : archive_read_open_fd(one, input_->descriptor(), piece / 4);
    if (opened < ARCHIVE_WARN) fail(opened);
}

archive_reader::~archive_reader() = default;

archive_reader::place archive_reader::advance()
{
    const time_point until = std::chrono::steady_clock::now() + slice;
    while (!has_ended_) {
        if (!leave_member(until)) return place::between;
        archive_entry* entry = nullptr;
        const int found = archive_read_next_header(archive_.get(), &entry);
        has_ended_ = found == ARCHIVE_EOF;
        if (has_ended_) break;
        if (found == ARCHIVE_RETRY) continue;
        if (found < ARCHIVE_WARN) fail(found);
        is_inside_ = true;
        name_ = name_of(entry);
        link_target_ = link_target_of(entry, name_);
        const bool is_file = archive_entry_filetype(entry) == AE_IFREG && link_target_.empty();
        if ((is_file || stays_below(link_target_)) && stays_below(name_)) return place::member;
        if (is_over(until)) return place::between;
    }
    return input_->reach_end(archive_.get(), until) ? place::end : place::between;
}

// False: not behind the member's end yet.
bool archive_reader::leave_member(time_point until)
{
    // Without compression there is nothing to read: the file is sought.
    if (is_inside_ && !input_->gzip() && archive_filter_code(archive_.get(), 0) == ARCHIVE_FILTER_NONE) {
        is_inside_ = false;
        const int skipped = archive_read_data_skip(archive_.get());
        if (skipped < ARCHIVE_WARN) fail(skipped);
    }
    while (is_inside_) {
        if (read().empty()) break;
        if (is_over(until)) return false;
    }
    return true;
}

std::span<const std::byte> archive_reader::read()
{
    la_ssize_t got = 0;
    do {
        got = archive_read_data(archive_.get(), buffer_.data(), buffer_.size());
    } while (got == ARCHIVE_RETRY);
    if (got <= 0) is_inside_ = false;
    if (got < 0) fail(static_cast<int>(got));
    return std::span<const std::byte>(buffer_).first(static_cast<std::size_t>(got));
}

void archive_reader::fail(int code) const
{
    if (archive_errno(archive_.get()) == ENOMEM) throw std::bad_alloc();
    const char* const text = archive_error_string(archive_.get());
    input_->fail(text ? text : "it is damaged", code == ARCHIVE_FATAL);
}

}  // namespace reelpipe::resolve
