#ifndef REELPIPE_ISOLATION_AVAILABLE_MEMORY_HPP
#define REELPIPE_ISOLATION_AVAILABLE_MEMORY_HPP

#include <cstdint>
#include <filesystem>

namespace reelpipe {

// Where the system says how much memory there is.
struct memory_files {
    std::filesystem::path process = "/proc";
    std::filesystem::path groups = "/sys/fs/cgroup";
};

// Bytes that processes of this one's control group may still take: what the machine has, or what is left of the limit
// of the group or of one above it, whichever is less. The largest number where nobody knows.
std::uint64_t available_memory(const memory_files& = {});

}  // namespace reelpipe

#endif
