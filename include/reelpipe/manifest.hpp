#ifndef REELPIPE_MANIFEST_HPP
#define REELPIPE_MANIFEST_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <reelpipe/clip.hpp>
#include <reelpipe/outcome.hpp>

namespace reelpipe {

// What a manifest says of a clip, and all that two folders are compared by.
struct manifest_clip {
    clip_request clip{};
    std::optional<reason> failed{};  // none: it is stored

    // Of a stored clip
    std::uint64_t bytes = 0;
    std::int64_t frames = 0;  // that are shown
    double duration_s = 0;
    std::string streams{};      // "h264 320x180, audio"
    std::uint64_t packets = 0;  // of the video; with edit lists more than are shown; 0: not read
    std::string file_hash{};    // SHA-256 of the file, hexadecimal; empty: the file was not read
    std::string video_hash{};   // and of the content of its video packets
    std::string unreadable{};   // why the file could not be read
};

// The result of making a manifest.
struct manifest_summary {
    std::uint64_t stored = 0, failed = 0;
    std::uint64_t unreadable = 0;  // of the stored ones

    // SHA-256, hexadecimal, over the names and video hashes of all stored clips: equal ones mean the same clips with
    // the same frames. Sizes, times and audio do not count.
    std::string digest{};
};

struct manifest_options {
    std::filesystem::path folder{};  // that a download was given
    std::size_t jobs = 0;            // clips read at once; 0: one a usable core
    // As in download_options: where libav works. Empty: in this process.
    std::filesystem::path worker{};
};

// Says which clips a folder has, and why it lacks the others: JSON objects, one a line, in the order of (video, start,
// end, label). `write` is called with each line, without its end. All stored clips are read. A run may be at work.
// Throws usage_error: no ledger, or no worker can be started; what `write` throws. Blocks; `write` is called on the
// caller's thread.
manifest_summary make_manifest(const manifest_options&, const std::function<void(std::string_view line)>& write);

// A difference between two folders or manifests.
struct clip_difference {
    enum class kind : std::uint8_t {
        only_first,     // stored in the first; the second does not know it
        only_second,    // the other way round
        lost,           // stored in the first, failed in the second
        gained,         // failed in the first, stored in the second
        content,        // stored in both, and they are not the same
        other_reason,   // failed in both, for different reasons
        failed_first,   // failed in the first; the second does not know it
        failed_second,  // the other way round
    };
    static constexpr std::size_t kinds = 8;

    kind what = kind::content;
    clip_request clip{};
    std::string detail{};  // the reason of the failure, or what is different; may be empty
};

// "only_first", and what it means in a few words.
std::string_view to_string(clip_difference::kind) noexcept;
std::string_view explain(clip_difference::kind) noexcept;

struct compare_options {
    std::filesystem::path first{}, second{};  // each a folder that a download was given, or a manifest
    bool hashes = false;                      // read the clips of folders, so that their frames are compared
    std::size_t jobs = 0;                     // as in manifest_options
    std::filesystem::path worker{};

    std::function<void(const clip_difference&)> on_difference{};
};

struct compare_summary {
    std::uint64_t same = 0;  // stored in both
    // Of these, by how they were compared: the frames themselves, or only numbers and lengths.
    std::uint64_t same_by_hash = 0;
    std::array<std::uint64_t, clip_difference::kinds> differences{};

    std::uint64_t count(clip_difference::kind what) const { return differences[static_cast<std::size_t>(what)]; }
    std::uint64_t total() const
    {
        std::uint64_t sum = 0;
        for (const std::uint64_t each : differences) sum += each;
        return sum;
    }
};

// Walks through both in step, so that memory does not grow with them. If both know the hash of a clip's video packets,
// these are compared; otherwise frames, duration and streams are. Throws usage_error: one of them is neither folder nor
// manifest, or a manifest is damaged. Blocks.
compare_summary compare_clips(const compare_options&);

}  // namespace reelpipe

#endif
