#ifndef REELPIPE_CLI_BATCH_TASK_INDEX_HPP
#define REELPIPE_CLI_BATCH_TASK_INDEX_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reelpipe::cli {

// The number of the task that a scheduler has started this process for, from 0, with REELPIPE_TASK_OFFSET added.
// Nothing: no scheduler says any. Throws usage_error: two of them do, or a number is none.
std::optional<std::uint32_t> task_index();

// The numbers of "0-3,7"; each is below `count`, and "all" means all of them. Throws usage_error.
std::vector<std::uint32_t> numbers_in(const std::vector<std::string>& words, std::uint32_t count);

// And back; the numbers ascend.
std::string in_ranges(const std::vector<std::uint32_t>& numbers);

}  // namespace reelpipe::cli

#endif
