#ifndef REELPIPE_STORED_FILE_HPP
#define REELPIPE_STORED_FILE_HPP

#include <cstdint>
#include <filesystem>
#include <string>

namespace reelpipe {

// A file of an output folder, open to be read. Below the folder no link is followed, so it is nowhere else.
// Threads: any. Owns its descriptor.
class stored_file {
public:
    // `name` is relative to the folder. Throws std::system_error: there is no such file, or a link stands in its place
    // or that of a folder above it.
    stored_file(const std::filesystem::path& folder, const std::filesystem::path& name);
    stored_file(const stored_file&) = delete;
    stored_file& operator=(const stored_file&) = delete;
    ~stored_file();

    int descriptor() const { return descriptor_; }
    std::uint64_t bytes() const { return bytes_; }

    // The same for the same content: it names the file and when it changed last.
    const std::string& identity() const { return identity_; }

    // What is there, at most `most` bytes; nothing at the end. Throws std::system_error.
    std::string read(std::uint64_t offset, std::size_t most) const;

private:
    int descriptor_ = -1;
    std::uint64_t bytes_ = 0;
    std::string identity_{};
};

}  // namespace reelpipe

#endif
