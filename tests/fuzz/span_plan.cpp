// Whatever a server sends as a video: planning it ends, with an error or after few rounds, and each round asks for
// bytes that the file has and that are not held. The first byte of the input says how much of the rest is sent as the
// head.
#include "media/span_plan.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "fuzz/fuzzing.hpp"
#include "media/error.hpp"

using namespace reelpipe;
using namespace std::chrono_literals;
using fuzzing::require;

namespace {

constexpr int max_rounds = 2000;
constexpr std::array wanted{segment{0s, 3s}, segment{7s, 9s}, segment{100s, 110s}};

void plan(media::partial_file& video, std::uint64_t head)
{
    video.held.add({0, head});
    for (int round = 0;; ++round) {
        require(round < max_rounds);
        const media::span_plan next = media::plan_spans(video, wanted);
        require(next.index_bytes <= video.size && next.span_bytes <= video.size);
        if (next.needed.empty()) return;
        for (const media::byte_range& each : next.needed) {
            require(each.begin < each.end && each.end <= video.size);
            require(video.held.missing(each).size() == 1 && video.held.missing(each).front() == each);
        }
        for (const media::byte_range& each : next.needed) video.held.add(each);
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static fuzzing::file file;
    fuzzing::input input(data, size);
    const std::uint64_t head = input.number();
    const std::string_view content = input.rest();
    if (content.empty()) return 0;
    media::partial_file video{.descriptor = file.holding(content), .size = content.size()};
    try {
        plan(video, std::min<std::uint64_t>(1 + head * content.size() / 256, content.size()));
    } catch (const media::error&) {
        return 0;
    }
    return 0;
}
