#ifndef REELPIPE_DATASET_CHECK_HPP
#define REELPIPE_DATASET_CHECK_HPP

#include <array>
#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <reelpipe/download_options.hpp>

namespace reelpipe {

// Something about a file of a folder that anybody may have made.
struct dataset_finding {
    enum class kind : std::uint8_t {
        missing,      // a clip of the lists without a file
        unreadable,   // a file or folder cannot be opened or read, or is a symbolic link out of the folder
        no_video,     // the file is something else, or has audio only
        truncated,    // the file ends early: its index or samples are not all there
        undecodable,  // the file is damaged, or what was tried of it cannot be decoded
        too_short,    // than the row of its clip or, without lists, the times in its name
        too_long,
        duplicate,   // the bytes are those of another file
        misnamed,    // no clip of the lists, and no name of a clip either
        mislabeled,  // the folder is that of another label of the lists
        silent,      // there is no audio
        unlisted,    // the name is that of a clip which the lists do not have; the file was not read
        untimed,     // without lists: no times in the name, so the length was not checked
    };
    static constexpr std::size_t kinds = 13;

    std::filesystem::path file{};  // below the folder; of a missing clip, as reelpipe names it
    kind what = kind::undecodable;
    std::string message{};  // without the name and without a remedy
    bool is_fault = true;   // or a note
};

// "too_short"; what that means; and one sentence on what to do about it.
std::string_view to_string(dataset_finding::kind) noexcept;
std::string_view explain(dataset_finding::kind) noexcept;
std::string_view remedy(dataset_finding::kind) noexcept;

// The result of a check, complete or so far.
struct dataset_check {
    std::uint64_t clips = 0;      // of the lists
    std::uint64_t bad_rows = 0;   // of the lists, which were skipped
    std::uint64_t files = 0;      // with the ending of a video
    std::uint64_t others = 0;     // other files, which were not read
    std::uint64_t looked_at = 0;  // of the files
    std::uint64_t faulty = 0;     // of those: with at least one fault
    std::uint64_t unread = 0;     // of those: without a fault, and not read because the lists do not have them
    std::array<std::uint64_t, dataset_finding::kinds> found{};
    std::uint64_t faults = 0;  // findings that are no notes

    std::uint64_t count(dataset_finding::kind what) const { return found[static_cast<std::size_t>(what)]; }
    // Files that were read and have no fault.
    std::uint64_t fine() const { return looked_at - faulty - unread; }
};

struct dataset_check_options {
    std::filesystem::path folder{};
    wanted_options wanted{};    // without lists the files are checked by themselves
    bool verify_fully = false;  // every frame and audio is decoded
    // A clip may be shorter or longer by this and one frame.
    std::chrono::microseconds tolerance{std::chrono::milliseconds(300)};
    // Kinds that are no faults.
    std::vector<dataset_finding::kind> notes{dataset_finding::kind::silent, dataset_finding::kind::unlisted,
                                             dataset_finding::kind::untimed};
    std::size_t jobs = 0;  // files looked at at once; 0: one a usable core
    // As in download_options: where libav works. Empty: in this process.
    std::filesystem::path worker{};
    std::chrono::seconds timeout{600};  // for one file in a worker

    // Called on the thread of the check; must not throw. For each finding, after each file, and for what is to be said
    // of the lists.
    std::function<void(const dataset_finding&)> on_finding{};
    std::function<void(const dataset_check& so_far)> on_looked{};
    std::function<void(severity, const std::string&)> on_message{};
};

// Verifies the videos of a folder that anybody made, in any container that reelpipe reads: each for itself, and against
// the clips of lists if there are any. Clips are recognised by their names: ID_START_END, times in seconds (as
// ID_000001_000011) or milliseconds; ID_START; or, as whole videos that must not end before their clips, ID or v_ID.
// Folders and endings do not matter. Needs no network, writes nothing but temporary files elsewhere, and memory grows
// with the lists by one byte a row. Symbolic links are followed inside of the folder only.
//
// Throws usage_error: there is no such folder, no video in it, or a run is at work in it; and as read lists do.
// Threads: that of the executor; files are read on threads of its own, which end with it.
asio::awaitable<dataset_check> check_dataset(dataset_check_options);

}  // namespace reelpipe

#endif
