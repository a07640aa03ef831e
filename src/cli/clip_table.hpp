#ifndef REELPIPE_CLI_CLIP_TABLE_HPP
#define REELPIPE_CLI_CLIP_TABLE_HPP

#include <cstdint>
#include <filesystem>
#include <optional>

#include "reelpipe/clip_rows.hpp"

namespace reelpipe::cli {

enum class table_format : std::uint8_t { csv, jsonl };

// Writes a row for each clip that the ledger of a folder knows, into a file that is replaced when the new one is
// complete, or to the standard output where its name is "-". With `hashing`, the clips are read; gives the number of
// those that could not be. Throws usage_error for a folder that has no ledger, and std::system_error.
std::uint64_t write_clip_table(const std::filesystem::path& folder, const std::filesystem::path& file, table_format,
                               const std::optional<clip_hashing>& hashing);

}  // namespace reelpipe::cli

#endif
