#include "pipeline/row_sample.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using reelpipe::clip_request;
using reelpipe::row_sample;

namespace {

clip_request clip(int i) { return {"video" + std::to_string(i), {1s, 2s}, "label", "val"}; }

std::vector<std::string> drawn(std::size_t size, std::uint64_t seed, const std::vector<int>& order)
{
    row_sample sample(size, seed);
    for (const int i : order) sample.offer(static_cast<std::uint64_t>(i), clip(i));
    std::vector<std::string> videos;
    for (const auto& [number, each] : sample.drawn()) videos.push_back(each.video);
    return videos;
}

std::vector<int> numbers(int count)
{
    std::vector<int> all;
    for (int i = 0; i < count; ++i) all.push_back(i);
    return all;
}

}  // namespace

TEST_CASE("the same seed draws the same rows, in whatever order they come, in list order", "[row_sample]")
{
    std::vector<int> backwards = numbers(1000);
    std::ranges::reverse(backwards);
    const auto sample = drawn(10, 7, numbers(1000));

    CHECK(sample.size() == 10);
    CHECK(drawn(10, 7, backwards) == sample);
    CHECK(drawn(10, 8, numbers(1000)) != sample);
    // Known by heart, because other machines must draw them, too.
    CHECK(drawn(3, 1, numbers(1000)) == std::vector<std::string>{"video36", "video303", "video462"});
}

TEST_CASE("a larger sample holds a smaller one, and more than there is draws all", "[row_sample]")
{
    auto small = drawn(10, 3, numbers(500)), large = drawn(50, 3, numbers(500));
    std::ranges::sort(small);
    std::ranges::sort(large);
    CHECK(std::ranges::includes(large, small));
    CHECK(drawn(1000, 3, numbers(20)).size() == 20);
    CHECK(drawn(0, 3, numbers(20)).empty());
}

TEST_CASE("a clip that is offered twice is drawn once", "[row_sample]")
{
    std::vector<int> twice = numbers(30);
    twice.insert(twice.end(), twice.begin(), twice.end());
    CHECK(drawn(30, 5, twice).size() == 30);
}

TEST_CASE("every row is as likely as every other", "[row_sample]")
{
    std::vector<int> hits(20, 0);
    for (std::uint64_t seed = 0; seed < 2000; ++seed)
        for (const std::string& video : drawn(5, seed, numbers(20))) ++hits[std::stoul(video.substr(5))];
    // 500 are expected of each; seven standard deviations are 136.
    for (const int count : hits) CHECK(std::abs(count - 500) < 136);
}
