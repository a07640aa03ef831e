#ifndef REELPIPE_OPENED_CLIP_HPP
#define REELPIPE_OPENED_CLIP_HPP

#include <cstdint>
#include <filesystem>
#include <string>

namespace reelpipe {

// A file of an output folder, open to be read. Below the folder no link is followed, so it is nowhere else.
// Threads: any. Owns its descriptor.
class opened_clip {
public:
    // `name` is relative to the folder. Throws std::system_error: there is no such file, or a link stands in its place
    // or that of a folder above it.
    opened_clip(const std::filesystem::path& folder, const std::filesystem::path& name);
    opened_clip(const opened_clip&) = delete;
    opened_clip& operator=(const opened_clip&) = delete;
    ~opened_clip();

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
