#ifndef REELPIPE_PIPELINE_MISSING_SPACE_HPP
#define REELPIPE_PIPELINE_MISSING_SPACE_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace reelpipe {

// What to tell the user of a full disk: how much room there is, and how much `clips_left` clips take. `temporary`: the
// folder for temporary files, if it is not inside of `output`. `clip_bytes`: the mean of those that are there.
std::string missing_space(const std::filesystem::path& output, const std::filesystem::path& temporary,
                          std::uint64_t clips_left, std::optional<double> clip_bytes);

}  // namespace reelpipe

#endif
