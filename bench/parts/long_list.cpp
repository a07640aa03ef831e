#include <fmt/format.h>

#include <fstream>

#include "parts/parts.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;

long_list make_long_list(std::size_t rows)
{
    constexpr std::size_t labels = 700, twice = 1000, of_two_clips = 50;
    constexpr std::uint64_t mix = 0x9e3779b97f4a7c15u;
    long_list made{.file = fs::path(REELPIPE_BENCH_MEDIA) / fmt::format("list_{}.csv", rows), .rows = rows};
    fs::create_directories(made.file.parent_path());
    std::ofstream out(made.file);
    out << "label,youtube_id,time_start,time_end,split\n";
    for (std::size_t row = 0; row < rows; ++row) {
        const bool is_repeated = row % twice == twice - 1;
        const std::size_t number = is_repeated ? row - 1 : row;
        const bool is_second = number % of_two_clips == of_two_clips - 1;
        const std::uint64_t video = (number - is_second) * mix >> 8;
        const std::size_t start = is_second ? 2000 : number % 300;
        out << fmt::format("\"label, number {}\",v{:014x},{},{},train\n", number * 7919 % labels, video, start,
                           start + 10);
        made.clips += !is_repeated;
        made.videos += !is_repeated && !is_second;
    }
    return made;
}

}  // namespace reelpipe::bench
