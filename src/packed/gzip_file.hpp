#ifndef REELPIPE_PACKED_GZIP_FILE_HPP
#define REELPIPE_PACKED_GZIP_FILE_HPP

#include <archive.h>
#include <zlib.h>

#include <memory>
#include <vector>

namespace reelpipe::packed {

// A regular file that gzip has compressed, as libarchive reads it. zlib takes the compression off, because libarchive
// 3.6.2 does not compare gzip's checksums (findings/gzip_checksum_is_not_compared.sh): it would hand on damaged bytes.
// Threads: one at a time. Owns the descriptor.
class gzip_file {
public:
    // True for a regular file that begins as gzip's do. Reads nothing from its position.
    static bool is_one(int descriptor);

    // Takes the descriptor, unless it throws. Throws std::bad_alloc.
    explicit gzip_file(int descriptor);

    // The callback of archive_read_open(), whose data is a gzip_file: the next bytes, none behind the last checksum, or
    // -1 with libarchive's error set.
    static la_ssize_t on_read(archive*, void* self, const void** bytes);

private:
    struct close_file {
        void operator()(gzFile one) const { gzclose_r(one); }
    };

    std::vector<unsigned char> buffer_;
    std::unique_ptr<gzFile_s, close_file> file_;
};

}  // namespace reelpipe::packed

#endif
