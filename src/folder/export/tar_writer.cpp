#include "folder/export/tar_writer.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

namespace reelpipe {

namespace {

constexpr std::size_t piece = 1u << 20;

struct free_entry {
    void operator()(archive_entry* one) const { archive_entry_free(one); }
};

}  // namespace

// An archive that was not finished is given up, and nothing more is written.
void tar_writer::free_archive::operator()(archive* one) const
{
    archive_write_fail(one);
    archive_write_free(one);
}

tar_writer::tar_writer(int descriptor) : descriptor_(descriptor), archive_(archive_write_new()), buffer_(piece)
{
    if (!archive_) throw std::bad_alloc();
    check(archive_write_set_format_pax_restricted(archive_.get()), "begin a tar file");
    // No blocks: what is written is passed on as it is, not copied into blocks of 10 kB first.
    check(archive_write_set_bytes_per_block(archive_.get(), 0), "begin a tar file");
    check(archive_write_set_bytes_in_last_block(archive_.get(), 1), "begin a tar file");
    check(archive_write_open_fd(archive_.get(), descriptor), "begin a tar file");
}

void tar_writer::add(const std::string& name, std::int64_t modified_s, std::string_view content)
{
    begin(name, modified_s, content.size());
    write(content.data(), content.size());
}

void tar_writer::add_file(const std::string& name, std::int64_t modified_s, int file, std::uint64_t bytes)
{
    begin(name, modified_s, bytes);
    for (std::uint64_t at = 0; at < bytes;) {
        const std::size_t most = std::min<std::uint64_t>(buffer_.size(), bytes - at);
        const ssize_t got = pread(file, buffer_.data(), most, static_cast<off_t>(at));
        if (got < 0) throw std::system_error(errno, std::generic_category(), "read a clip");
        if (got == 0) throw std::system_error(EIO, std::generic_category(), "a clip got shorter while it was read");
        write(buffer_.data(), static_cast<std::size_t>(got));
        at += static_cast<std::uint64_t>(got);
    }
    send_to_disk();
}

// The disk works while the next clips are read, so that little is left for the sync at the end. This is a wish only.
void tar_writer::send_to_disk()
{
    constexpr std::int64_t step = 8 << 20;
    const std::int64_t end = lseek64(descriptor_, 0, SEEK_CUR);
    if (end - sent_ < step) return;
    sync_file_range(descriptor_, sent_, end - sent_, SYNC_FILE_RANGE_WRITE);
    sent_ = end;
}

void tar_writer::finish() { check(archive_write_close(archive_.get()), "end a tar file"); }

void tar_writer::begin(const std::string& name, std::int64_t modified_s, std::uint64_t bytes)
{
    const std::unique_ptr<archive_entry, free_entry> entry(archive_entry_new());
    if (!entry) throw std::bad_alloc();
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), modified_s, 0);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
    check(archive_write_header(archive_.get(), entry.get()), "write to a tar file");
}

void tar_writer::write(const void* bytes, std::size_t count)
{
    const la_ssize_t written = archive_write_data(archive_.get(), bytes, count);
    if (written < 0) check(static_cast<int>(written), "write to a tar file");
    if (static_cast<std::size_t>(written) != count)
        throw std::system_error(EIO, std::generic_category(), "write to a tar file");
}

void tar_writer::check(int code, const char* doing) const
{
    if (code >= ARCHIVE_WARN) return;
    const int number = archive_errno(archive_.get());
    const char* const text = archive_error_string(archive_.get());
    throw std::system_error(number > 0 ? number : EIO, std::generic_category(),
                            fmt::format("{}: {}", doing, text ? text : "unknown error"));
}

}  // namespace reelpipe
