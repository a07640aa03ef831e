#ifndef REELPIPE_FOLDER_CHECK_HPP
#define REELPIPE_FOLDER_CHECK_HPP

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace reelpipe {

// A file of an output folder that is not as it should be.
struct file_finding {
    enum class kind : std::uint8_t {
        missing,     // a stored clip without its file
        wrong,       // not the clip that was stored under this name
        unknown,     // a whole clip that the ledger knows nothing of
        incomplete,  // the ledger knows nothing of it, and it is no whole clip
    };

    std::filesystem::path file{};  // below the folder
    kind what = kind::wrong;
    std::string message{};  // what is wrong, without the name and without a remedy
};

// "missing", and one sentence on what to do about it.
std::string_view to_string(file_finding::kind) noexcept;
std::string_view remedy(file_finding::kind) noexcept;

// The result of a check, complete or so far.
struct folder_check {
    std::uint64_t clips = 0;    // that the ledger knows as stored
    std::uint64_t fine = 0;     // of these: as the ledger says
    std::uint64_t touched = 0;  // of those: the time of modification is another, the clip is the same
    std::uint64_t shorter = 0;  // of the fine ones: than was asked for
    std::uint64_t missing = 0, wrong = 0, unknown = 0, incomplete = 0;

    std::uint64_t looked_at() const { return fine + missing + wrong; }  // of the clips
    bool all_fine() const { return missing + wrong + unknown + incomplete == 0; }
};

struct folder_check_options {
    std::filesystem::path folder{};  // that a download was given
    bool verify_fully = false;       // every frame and audio is decoded
    std::size_t jobs = 0;            // files looked at at once; 0: one a usable core
    // As in download_options: where libav works. Empty: in this process.
    std::filesystem::path worker{};
    std::chrono::seconds timeout{600};  // for one file in a worker

    // Called on the thread of the check; must not throw. For each file that is not as it should be, and after each
    // file.
    std::function<void(const file_finding&)> on_finding{};
    std::function<void(const folder_check& so_far)> on_looked{};
};

// Verifies every clip that the ledger of a folder knows as stored, against what it remembers of it (frames, duration,
// streams, bytes), and every other .mp4 file in the folder for itself. Needs no network, changes nothing, and memory
// does not grow with the folder. No run can start in the folder meanwhile.
//
// Throws usage_error: there is no ledger, none that this version can read, or a run is at work in the folder.
// Threads: that of the executor; files are read on threads of its own, which end with it.
asio::awaitable<folder_check> check_folder(folder_check_options);

}  // namespace reelpipe

#endif
