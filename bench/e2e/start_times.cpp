#include "e2e/start_times.hpp"

#include <algorithm>
#include <array>

namespace reelpipe::bench {

namespace {

struct quantile {
    double share = 0, seconds = 0;
};

// Taken from 123,000 rows: the validation lists of Kinetics-400, 600 and 700-2020 and the test list of Kinetics-400.
constexpr std::array quantiles{quantile{0, 0},      quantile{0.05, 0},   quantile{0.1, 1},      quantile{0.2, 4},
                               quantile{0.3, 9},    quantile{0.4, 18},   quantile{0.5, 29},     quantile{0.6, 47},
                               quantile{0.7, 73},   quantile{0.8, 117},  quantile{0.9, 213},    quantile{0.95, 335},
                               quantile{0.98, 540}, quantile{0.99, 750}, quantile{0.995, 1060}, quantile{0.999, 2400},
                               quantile{1, 6800}};

double at(double share)
{
    const auto above = std::ranges::find_if(quantiles, [share](const quantile& q) { return q.share >= share; });
    if (above == quantiles.begin()) return above->seconds;
    const quantile &low = *(above - 1), &high = *above;
    return low.seconds + (high.seconds - low.seconds) * (share - low.share) / (high.share - low.share);
}

}  // namespace

std::vector<std::chrono::seconds> start_times(std::size_t count)
{
    std::vector<std::chrono::seconds> all;
    for (std::size_t i = 0; i < count; ++i)
        all.emplace_back(static_cast<long>(at((static_cast<double>(i) + 0.5) / static_cast<double>(count))));
    return all;
}

}  // namespace reelpipe::bench
