#include "stages/annotations/list_input.hpp"

#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

#include "stages/annotations/row.hpp"

namespace reelpipe::annotations {

namespace {

constexpr std::size_t chunk = 128u << 10;

// zlib waits for whole pieces, so that standard input, whose rows may come one by one, is left to libarchive.
std::unique_ptr<packed::gzip_file> gzip_of(int descriptor)
{
    if (!packed::gzip_file::is_one(descriptor)) return nullptr;
    const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (own < 0) throw std::system_error(errno, std::generic_category(), "cannot open the list once more");
    return std::make_unique<packed::gzip_file>(own);
}

}  // namespace

list_input::descriptor::descriptor(const std::string& name)
    : number(name == "-" ? STDIN_FILENO : open(name.c_str(), O_RDONLY | O_CLOEXEC))
{
    if (number < 0) throw std::system_error(errno, std::generic_category(), "cannot open the list " + name);
}

list_input::descriptor::~descriptor()
{
    if (number != STDIN_FILENO) close(number);
}

void list_input::free_archive::operator()(archive* one) const { archive_read_free(one); }

list_input::list_input(const std::string& name)
    : name_(name), file_(name), gzip_(gzip_of(file_.number)), archive_(archive_read_new())
{
    if (!archive_) throw std::bad_alloc();
    archive* const one = archive_.get();
    // By name, and not all that there are: some of libarchive's filters start programs.
    archive_read_support_filter_gzip(one);
    archive_read_support_filter_bzip2(one);
    archive_read_support_filter_xz(one);
    archive_read_support_filter_zstd(one);
    archive_read_support_filter_lz4(one);
    archive_read_support_format_raw(one);
    archive_read_support_format_empty(one);
    const int opened = gzip_ ? archive_read_open(one, gzip_.get(), nullptr, &packed::gzip_file::on_read, nullptr)
                             : archive_read_open_fd(one, file_.number, chunk);
    if (opened != ARCHIVE_OK) fail();
    archive_entry* entry = nullptr;
    const int found = archive_read_next_header(one, &entry);
    ended_ = found == ARCHIVE_EOF;
    if (found != ARCHIVE_OK && found != ARCHIVE_WARN && !ended_) fail();
}

bool list_input::read_on()
{
    buffer_.erase(0, begin_);
    begin_ = 0;
    if (ended_) return false;
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t place = 0;
    int got = ARCHIVE_OK;
    do {
        got = archive_read_data_block(archive_.get(), &bytes, &size, &place);
    } while (got == ARCHIVE_RETRY || (got == ARCHIVE_OK && size == 0));
    ended_ = got == ARCHIVE_EOF;
    if (ended_) return false;
    if (got != ARCHIVE_OK && got != ARCHIVE_WARN) fail();
    // Twice as much room when it is short, so that a long line is not copied again for each piece.
    const std::size_t needed = buffer_.size() + size + padding;
    if (needed > buffer_.capacity()) buffer_.reserve(std::max(needed, 2 * buffer_.capacity()));
    buffer_.append(static_cast<const char*>(bytes), size);
    return true;
}

void list_input::fail() const
{
    const int code = archive_errno(archive_.get());
    const char* const text = archive_error_string(archive_.get());
    if (code > 0 && code != EILSEQ)
        throw std::system_error(code, std::generic_category(), "cannot read the list " + name_);
    throw not_a_list("cannot read the list " + name_ + " to its end: " + (text ? text : "its compression is damaged") +
                     "; fetch it again");
}

}  // namespace reelpipe::annotations
