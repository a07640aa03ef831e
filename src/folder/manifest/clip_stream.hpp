#ifndef REELPIPE_FOLDER_MANIFEST_CLIP_STREAM_HPP
#define REELPIPE_FOLDER_MANIFEST_CLIP_STREAM_HPP

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "reelpipe/clip_rows.hpp"
#include "reelpipe/manifest.hpp"

namespace reelpipe {

// Clips one after the other, in the order of (video, start, end, label) as bytes.
class clip_stream {
public:
    virtual ~clip_stream() = default;

    // Nothing at the end. Throws usage_error.
    virtual std::optional<manifest_clip> next() = 0;
};

// The clips of a folder. Throws usage_error: there is no ledger, or no worker can be started.
class folder_stream : public clip_stream {
public:
    // `hashes`: the clips are read.
    folder_stream(const manifest_options&, bool hashes);
    std::optional<manifest_clip> next() override;

private:
    clip_row_reader rows_;
};

// The clips of a manifest. Throws usage_error for a file that is none, or that was damaged.
class manifest_stream : public clip_stream {
public:
    explicit manifest_stream(const std::filesystem::path&);
    std::optional<manifest_clip> next() override;

private:
    std::string line();
    [[noreturn]] void refuse(const std::string& why) const;

    const std::filesystem::path path_;
    std::ifstream file_;
    std::size_t number_ = 0;
    bool has_ended_ = false;
    std::optional<clip_request> last_{};
};

// What a manifest says of a clip of a ledger.
manifest_clip manifest_clip_of(clip_row);

// True if a clip stands before another one in such a stream.
bool is_before(const clip_request&, const clip_request&);

}  // namespace reelpipe

#endif
