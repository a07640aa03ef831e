#include "packed/gzip_file.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>

namespace reelpipe::packed {

namespace {

constexpr unsigned piece = 256u << 10;

// zlib's message without the descriptor in front, "<fd:3>: ".
const char* words_of(const char* message)
{
    const char* const colon = std::strstr(message, ": ");
    return colon ? colon + 2 : message;
}

}  // namespace

bool gzip_file::is_one(int descriptor)
{
    std::array<unsigned char, 2> magic{};
    return pread(descriptor, magic.data(), magic.size(), 0) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
}

gzip_file::gzip_file(int descriptor) : buffer_(piece), file_(gzdopen(descriptor, "rb"))
{
    if (!file_) throw std::bad_alloc();
    gzbuffer(file_.get(), piece);
}

la_ssize_t gzip_file::on_read(archive* reader, void* self, const void** bytes)
{
    auto& file = *static_cast<gzip_file*>(self);
    const int got = gzread(file.file_.get(), file.buffer_.data(), piece);
    int code = Z_OK;
    const char* const text = words_of(gzerror(file.file_.get(), &code));
    if (got < 0 || (got == 0 && code != Z_OK && code != Z_STREAM_END)) {
        archive_set_error(reader, code == Z_ERRNO ? errno : EILSEQ, "%s", text);
        return -1;
    }
    *bytes = file.buffer_.data();
    return got;
}

}  // namespace reelpipe::packed
