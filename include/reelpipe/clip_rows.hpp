#ifndef REELPIPE_CLIP_ROWS_HPP
#define REELPIPE_CLIP_ROWS_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <reelpipe/clip.hpp>
#include <reelpipe/outcome.hpp>

namespace reelpipe {

// What the ledger of an output folder knows of one clip that came to an end.
struct clip_row {
    clip_request clip{};                       // its split as the list spells it; empty: none, or unknown
    std::string id{};                          // as in download_report.json
    std::optional<std::size_t> label_index{};  // the place of its label among all labels, from 0; none: no label
    std::optional<reason> failed{};            // none: it is stored
    std::string message{};
    unsigned attempts = 0;
    std::string recorded{};  // UTC, "2025-11-25 07:30:00"

    // What the site said of the video, as yt-dlp spells it, where a run kept it; else empty
    std::string title{};
    std::string channel{};
    std::string upload_date{};  // "20251125"
    std::string license{};

    // Of a stored clip
    std::filesystem::path file{};  // below the folder
    std::uint64_t bytes = 0;
    std::int64_t modified_ns = 0;  // the time of modification, since 1970
    std::int64_t frames = 0;       // that are shown
    double duration_s = 0;
    double missing_s = 0;  // shorter than asked for: the video ends, or shows no new frame there
    std::string codec{};
    int width = 0, height = 0;
    bool audio = false;
    std::int64_t packets = 0;  // of the video: the frames that a header claims; 0: unknown
    std::string source{};      // what it was cut from: "MP4, h264 640x360, 25 fps, aac"; empty: unknown

    // Where that was asked for
    std::string file_hash{};   // SHA-256 of the file, hexadecimal; empty: it was not read
    std::string video_hash{};  // and of the content of its video packets
    std::string unreadable{};  // why the file could not be read
};

// How clips are read for their hashes.
struct clip_hashing {
    std::size_t jobs = 0;  // clips at once; 0: one a usable core
    // As in download_options: where libav works. Empty: in this process.
    std::filesystem::path worker{};
};

// Reads the ledger of an output folder clip by clip, in the order of (video, start, end, label) as bytes. Nothing is
// changed, and memory does not grow with the folder. A run may be at work meanwhile: what is read is the ledger as it
// was when the reader was made.
// Threads: one at a time.
class clip_row_reader {
public:
    // With `hashing`, each stored clip is read, for its hashes and packets. Throws usage_error: there is no ledger in
    // the folder, or none that this version can read, or no worker can be started.
    explicit clip_row_reader(const std::filesystem::path& folder, const std::optional<clip_hashing>& hashing = {});
    clip_row_reader(const clip_row_reader&) = delete;
    clip_row_reader& operator=(const clip_row_reader&) = delete;
    ~clip_row_reader();

    // All labels of the folder, of clips that are stored, failed or pending, in the order of their bytes.
    const std::vector<std::string>& labels() const;

    // Nothing at the end. Throws usage_error when the ledger cannot be read.
    std::optional<clip_row> next();

    // The next clip is the first one again.
    void rewind();

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace reelpipe

#endif
