#ifndef REELPIPE_BATCH_FRESH_NAME_HPP
#define REELPIPE_BATCH_FRESH_NAME_HPP

#include <string>
#include <string_view>

namespace reelpipe {

// 32 hexadecimal digits that no other process has: schedulers give the ids of jobs twice. Throws std::system_error.
std::string fresh_name();

bool is_fresh_name(std::string_view);

}  // namespace reelpipe

#endif
