#ifndef REELPIPE_CLI_COUNTED_HPP
#define REELPIPE_CLI_COUNTED_HPP

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace reelpipe::cli {

// "1 clip", "2 clips".
inline std::string counted(std::uint64_t count, std::string_view noun)
{
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace reelpipe::cli

#endif
