#ifndef REELPIPE_EXPLAIN_HPP
#define REELPIPE_EXPLAIN_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <reelpipe/clip.hpp>
#include <reelpipe/outcome.hpp>

namespace reelpipe {

// All that the ledger of an output folder knows of one clip.
struct clip_history {
    struct attempt {
        std::string at{};       // UTC, "2025-11-25 07:30:00"
        std::int64_t run = 0;   // its number
        unsigned number = 0;    // in that run, from 1
        std::string address{};  // host and path of the media; empty: not known at that time
        reason why = reason::unknown;
        std::string message{};
    };
    struct stored_file {
        std::uint64_t bytes = 0;
        std::int64_t frames = 0;
        double duration_s = 0;
        double missing_s = 0;  // of what was asked for; the message says why
        std::string streams{};
        std::int64_t copied = 0;        // of the frames, with cut_mode::smart
        std::string encoded_because{};  // why none of them was
    };
    enum class file_state : std::uint8_t { none, as_stored, changed };

    std::string id{};
    clip_request clip{};
    std::filesystem::path file{};  // below the folder
    file_state on_disk = file_state::none;

    bool has_outcome = false;  // else it was tried and is pending
    std::optional<stored_file> stored{};
    std::optional<reason> failed{};
    std::string message{};
    unsigned attempts = 0;
    std::uint64_t fetched = 0;               // bytes that its video cost
    std::string recorded{};                  // UTC
    std::int64_t run = 0;                    // that made or refused it
    std::string reelpipe{}, resolver{};      // that did so
    std::vector<std::string> warnings{};     // of yt-dlp, when it found the video
    std::string metadata{};                  // what the site said of the video, a JSON object; empty: it was not asked
    std::vector<attempt> failed_attempts{};  // the oldest first; of its video where nothing else is said
};

// Says what the next run of the same download does with the clip, and why; and the option that changes it, if any.
std::string what_next(const clip_history&);

// The clips that a name stands for: a clip's id, its file ("label/id.mp4"), or a video's id for all of its clips.
// Nothing is changed, and a run may be at work. Throws usage_error: there is no ledger that this version can read, or
// it knows nothing of the name.
std::vector<clip_history> explain_clip(const std::filesystem::path& folder, const std::string& name);

// The same of one clip, found by its video, times and label; nothing where it has no outcome.
std::optional<clip_history> explain_clip(const std::filesystem::path& folder, const clip_request&);

}  // namespace reelpipe

#endif
