#ifndef REELPIPE_FOLDER_EXPORT_TAR_WRITER_HPP
#define REELPIPE_FOLDER_EXPORT_TAR_WRITER_HPP

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct archive;

namespace reelpipe {

// Writes a tar file (ustar, or pax where a name needs it) whose bytes depend only on what is put in. Everything throws
// std::system_error.
class tar_writer {
public:
    // Writes to the descriptor, which stays its owner's.
    explicit tar_writer(int descriptor);

    // `modified_s`: seconds since 1970.
    void add(const std::string& name, std::int64_t modified_s, std::string_view content);

    // So many bytes of a file. It must not be shorter.
    void add_file(const std::string& name, std::int64_t modified_s, int file, std::uint64_t bytes);

    // Writes the end of the archive.
    void finish();

private:
    struct free_archive {
        void operator()(archive*) const;
    };

    void begin(const std::string& name, std::int64_t modified_s, std::uint64_t bytes);
    void write(const void* bytes, std::size_t count);
    void send_to_disk();
    void check(int code, const char* doing) const;

    int descriptor_;
    std::int64_t sent_ = 0;  // bytes of the file that the disk was asked to write
    std::unique_ptr<archive, free_archive> archive_;
    std::vector<char> buffer_;
};

}  // namespace reelpipe

#endif
