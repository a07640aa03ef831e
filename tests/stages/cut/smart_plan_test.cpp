#include "stages/cut/smart_plan.hpp"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "support/catch.hpp"

using reelpipe::cut::decoding_times;
using reelpipe::cut::explain;
using reelpipe::cut::plan_smart_cut;
using reelpipe::cut::smart_plan;
using reelpipe::cut::source_frame;
using reelpipe::cut::why_encoded;

namespace {

// Frames in decoding order as "I0 p3 b1 b2 ...": a capital I is an IDR frame, x one that is hidden.
std::vector<source_frame> frames(const std::string& text)
{
    std::vector<source_frame> all;
    for (std::size_t at = 0; at < text.size(); at = std::min(text.find(' ', at), text.size() - 1) + 1)
        all.push_back(
            {.time = std::stoll(text.substr(at + 1)), .is_idr = text[at] == 'I', .is_hidden = text[at] == 'x'});
    return all;
}

// "head|copied|tail" with the times of the frames; or why not.
std::string planned(const std::string& text, std::int64_t start, std::int64_t end)
{
    const auto source = frames(text);
    const auto made = plan_smart_cut(source, start, end);
    if (const auto* why = std::get_if<why_encoded>(&made)) return std::string(explain(*why));
    const auto& plan = std::get<smart_plan>(made);
    std::string said;
    for (std::size_t i = 0; i < plan.head; ++i) said += std::to_string(plan.shown[i]) + " ";
    said += "|";
    for (std::size_t i = plan.copy_begin; i < plan.copy_end; ++i) said += " " + std::to_string(source[i].time);
    said += " |";
    for (std::size_t i = plan.shown.size() - plan.tail; i < plan.shown.size(); ++i)
        said += " " + std::to_string(plan.shown[i]);
    if (plan.tail > 0) said += " from " + std::to_string(source[plan.tail_key].time);
    return said;
}

std::string no(why_encoded why) { return std::string(explain(why)); }

}  // namespace

TEST_CASE("a plan copies from the first IDR frame to the last frame before which all are decoded", "[smart plan]")
{
    struct row {
        std::string frames;
        std::int64_t start, end;
        std::string plan;
    };
    const auto each = GENERATE(values<row>({
        // Without reordering nothing is left at the end.
        {"I0 p1 p2 I3 p4 p5 I6 p7 p8", 1, 8, "1 2 | 3 4 5 6 7 |"},
        {"I0 p1 p2 I3 p4 p5", 0, 6, "| 0 1 2 3 4 5 |"},
        {"I0 p1 p2 I3 p4 p5", 2, 4, "2 | 3 |"},
        // The end is between a frame and those that it is decoded for.
        {"I0 p3 b1 b2 p6 b4 b5", 0, 7, "| 0 3 1 2 6 4 5 |"},
        {"I0 p3 b1 b2 p6 b4 b5", 0, 6, "| 0 3 1 2 | 4 5 from 0"},
        {"I0 p3 b1 b2 p6 b4 b5", 0, 5, "| 0 3 1 2 | 4 from 0"},
        {"I0 p3 b1 b2 p6 b4 b5", 0, 3, "| 0 | 1 2 from 0"},
        // A pyramid; b2 is decoded for b1 and b3.
        {"I0 p4 b2 b1 b3 p8 b6 b5 b7", 0, 8, "| 0 4 2 1 3 | 5 6 7 from 0"},
        {"I0 p4 b2 b1 b3 p8 b6 b5 b7", 0, 4, "| 0 | 1 2 3 from 0"},
        // Decoding for the end begins with the last IDR frame that is copied.
        {"I0 p1 I2 p3 I4 p7 b5 b6", 1, 7, "1 | 2 3 4 | 5 6 from 4"},
        // Open groups: what is decoded behind the second key frame and shown before it is copied with it.
        {"I0 p1 p2 i5 b3 b4 p8 b6 b7", 0, 9, "| 0 1 2 5 3 4 8 6 7 |"},
        // Frames far from 0, and at distances of their own.
        {"I-900 p-100 p7 I1000 p5000", -500, 5000, "-100 7 | 1000 |"},
        // A hidden lead-in is decoded and not shown.
        {"x-3 x-2 x-1 p0 p1 I2 p3", 0, 4, "0 1 | 2 3 |"},
    }));
    CAPTURE(each.frames, each.start, each.end);
    CHECK(planned(each.frames, each.start, each.end) == each.plan);
}

TEST_CASE("a plan copies nothing where it is not sure to be right", "[smart plan]")
{
    using enum why_encoded;
    struct row {
        std::string frames;
        std::int64_t start, end;
        why_encoded why;
    };
    const auto each = GENERATE(values<row>({
        {"I0 p1 p2 p3", 1, 3, no_key_frame},
        {"I0 p1 I2 p3", 3, 4, no_key_frame},
        {"I0 p1 i2 p3", 1, 4, no_key_frame},  // an open group's key frame is none
        {"I0 p1 I2 p9 b3 b4", 1, 2, no_key_frame},
        {"I0 p4 I3 p5", 1, 6, frames_across_key},     // 4 is decoded in front of 3
        {"I0 p1 I4 b3 p5", 1, 6, frames_across_key},  // 3 is shown before 4
        {"I0 p1 x2 I3 p4", 1, 5, hidden_frames},
        {"I0 p1 I2 p3 x4 p5", 1, 6, hidden_frames},
        {"I0 p1 I2 p2 p3", 1, 4, odd_times},
        {"I0 p1 p1 I2 p3", 2, 4, odd_times},
        {"I0", 5, 9, no_key_frame},
    }));
    CAPTURE(each.frames, each.start, each.end);
    CHECK(planned(each.frames, each.start, each.end) == no(each.why));
}

TEST_CASE("there is no plan without frames")
{
    CHECK(std::get<why_encoded>(plan_smart_cut({}, 0, 9)) == why_encoded::no_key_frame);
}

TEST_CASE("frames are decoded in ascending order and none later than it is shown", "[smart plan]")
{
    using times = std::vector<std::int64_t>;
    const auto shown = GENERATE(values<times>({{0},
                                               {0, 1, 2, 3},
                                               {0, 3, 1, 2, 6, 4, 5},
                                               {0, 4, 2, 1, 3, 8, 6, 5, 7},
                                               {0, 100, 7, 9, 5000, 101, 4999},
                                               {0, 5000, 1, 2, 5001, 5003, 5002},
                                               {7, 6, 5}}));
    const times decoded = decoding_times(shown);
    REQUIRE(decoded.size() == shown.size());
    CHECK(std::ranges::adjacent_find(decoded, std::ranges::greater_equal()) == decoded.end());
    for (std::size_t i = 0; i < shown.size(); ++i) CHECK(decoded[i] <= shown[i]);
}

TEST_CASE("of frames in the order of showing, each is decoded when it is shown", "[smart plan]")
{
    const std::vector<std::int64_t> shown{0, 10, 25, 26};
    CHECK(decoding_times(shown) == shown);
}
