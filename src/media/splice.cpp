#include "media/splice.hpp"

extern "C" {
#include <libavutil/md5.h>
}

#include <array>

namespace reelpipe::media {

std::uint64_t print_of(std::span<const std::uint8_t> bytes)
{
    std::array<std::uint8_t, 16> digest{};
    av_md5_sum(digest.data(), bytes.data(), bytes.size());
    std::uint64_t print = 0;
    for (std::size_t i = 0; i < sizeof print; ++i) print = print << 8 | digest[i];
    return print;
}

}  // namespace reelpipe::media
