#ifndef REELPIPE_BENCH_PARTS_OUTCOMES_HPP
#define REELPIPE_BENCH_PARTS_OUTCOMES_HPP

#include <fmt/format.h>

#include "ledger/ledger.hpp"

namespace reelpipe::bench {

inline clip_request clip_number(std::size_t number)
{
    using std::chrono::seconds;
    return {.video = fmt::format("v{:014x}", number * 0x9e3779b97f4a7c15u >> 8),
            .wanted = {seconds(number % 300), seconds(number % 300 + 10)},
            .label = fmt::format("label number {}", number % 700),
            .split = "train"};
}

inline clip_record some_record()
{
    return {.attempts = 1,
            .file = {.bytes = 1'000'000, .modified_ns = 1'700'000'000'000'000'000},
            .frames = 300,
            .duration_s = 10.01,
            .streams = "h264 640x360, audio",
            .fetched = 860'000,
            .resolve_s = 0.8,
            .fetch_s = 0.5,
            .cut_s = 2.5,
            .verify_s = 0.01,
            .store_s = 0.001};
}

}  // namespace reelpipe::bench

#endif
