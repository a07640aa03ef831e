#ifndef REELPIPE_BATCH_ATTEMPT_HPP
#define REELPIPE_BATCH_ATTEMPT_HPP

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "batch/plan_folder.hpp"

namespace reelpipe {

// What a task says of itself while it is at work.
struct heartbeat {
    std::string plan{};
    std::string host{};
    std::uint64_t shards = 0;
    std::uint64_t clips_done = 0, clips = 0;
    double elapsed_s = 0;
};

constexpr std::chrono::seconds heartbeat_interval{15};
constexpr std::chrono::seconds silent_after{120};  // a task is taken to be gone

// The folder in the root in which a task makes its clips and manifests before they get their names. Its heartbeat tells
// the others that somebody owns it. It goes with this; what a killed process leaves is removed by `batch gc`.
// Threads: one at a time.
class attempt {
public:
    // Throws usage_error: nothing can be made there, or not without taking a name from others.
    explicit attempt(const plan_folder&);
    attempt(const attempt&) = delete;
    attempt& operator=(const attempt&) = delete;
    ~attempt();

    const std::string& name() const { return name_; }
    const std::filesystem::path& folder() const { return folder_; }

    // Throws std::system_error.
    void beat(const heartbeat&) const;

private:
    void check_links() const;

    std::string name_;
    std::filesystem::path folder_;
};

// Of the task whose folder this is. Throws std::exception: there is none, or it cannot be read.
heartbeat heartbeat_in(const std::filesystem::path& folder);
// The time since the task of this folder said anything. Throws std::system_error.
std::chrono::duration<double> silence_of(const std::filesystem::path& folder);

// A folder of this machine that a task has for itself, and that goes with this. Those of killed tasks of the same user
// are removed at the start. Throws usage_error: it cannot be made.
class scratch_folder {
public:
    explicit scratch_folder(const std::filesystem::path& scratch);
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;
    ~scratch_folder();

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    int lock_ = -1;
};

std::string name_of_host();

}  // namespace reelpipe

#endif
