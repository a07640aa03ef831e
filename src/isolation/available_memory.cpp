#include "isolation/available_memory.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max();

// The number behind a name in a file of such pairs.
std::optional<std::uint64_t> number_of(const fs::path& path, const std::string& wanted)
{
    std::ifstream file(path);
    for (std::string name; file >> name;) {
        std::uint64_t value = 0;
        if (name == wanted && file >> value) return value;
        file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return std::nullopt;
}

std::optional<std::uint64_t> number_in(const fs::path& path)
{
    std::ifstream file(path);
    std::uint64_t value = 0;
    if (file >> value) return value;
    return std::nullopt;  // also where it says "max"
}

// The memory left to a control group. Idle cached file content counts as taken there, but is given back on demand.
std::uint64_t left_of_group(const fs::path& group)
{
    const std::optional<std::uint64_t> most = number_in(group / "memory.max");
    const std::optional<std::uint64_t> taken = number_in(group / "memory.current");
    if (!most || !taken) return unknown;
    const std::uint64_t idle = number_of(group / "memory.stat", "inactive_file").value_or(0);
    const std::uint64_t in_use = *taken - std::min(*taken, idle);
    return *most - std::min(*most, in_use);
}

// The process's own group of version 2; its line in the file is the one with the number 0.
std::string own_group(const fs::path& process)
{
    std::ifstream file(process / "self/cgroup");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("0::/")) return line.substr(4);
    return {};
}

}  // namespace

std::uint64_t available_memory(const memory_files& from)
{
    std::uint64_t least = unknown;
    if (const auto kilobytes = number_of(from.process / "meminfo", "MemAvailable:")) least = *kilobytes << 10;
    fs::path below = own_group(from.process);
    least = std::min(least, left_of_group(from.groups));  // a container sees its own group there
    for (; !below.empty(); below = below.parent_path()) least = std::min(least, left_of_group(from.groups / below));
    return least;
}

}  // namespace reelpipe
