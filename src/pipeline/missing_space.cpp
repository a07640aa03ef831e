#include "pipeline/missing_space.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <system_error>

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

// Files for which a file system has inodes left. Nothing where it makes them as they are needed.
std::optional<std::uint64_t> room_for_files(const fs::path& folder)
{
    struct statvfs facts{};
    if (statvfs(folder.c_str(), &facts) != 0 || facts.f_files == 0) return std::nullopt;
    return facts.f_favail;
}

}  // namespace

std::string missing_space(const fs::path& output, const fs::path& temporary, std::uint64_t clips_left,
                          std::optional<double> clip_bytes)
{
    // As many as a run may just have given back: then the inodes were used up, and not the bytes.
    constexpr std::uint64_t few_files = 256;
    const std::optional<std::uint64_t> files = room_for_files(output);
    if (files && *files <= std::min(clips_left, few_files))
        return fmt::format(
            "the file system of {} has room for {} more files (inodes), and {} clips remain; remove files that are not "
            "needed and run again",
            output.string(), *files, clips_left);
    constexpr double megabyte = 1e6;
    std::error_code unknown;
    const fs::space_info disk = fs::space(output, unknown);
    const std::string need =
        clip_bytes ? fmt::format("about {:.1f} MB", *clip_bytes * static_cast<double>(clips_left) / megabyte) : "room";
    const std::string rest =
        clips_left == 1 ? "remaining clip needs" : fmt::format("{} remaining clips need", clips_left);
    return fmt::format("{} has {:.1f} MB free; the {} {}, and so do the videos under way{}; make room and run again",
                       output.string(), unknown ? 0 : static_cast<double>(disk.available) / megabyte, rest, need,
                       temporary.empty() ? "" : " in " + temporary.string());
}

}  // namespace reelpipe
