#ifndef REELPIPE_TESTS_BAD_VIDEOS_HPP
#define REELPIPE_TESTS_BAD_VIDEOS_HPP

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "reelpipe/clip.hpp"

namespace reelpipe::test {

// A video with one thing wrong, made from a good one, and what is to become of bad_segment in it.
struct bad_video {
    std::string name{};
    std::string content{};
    std::vector<std::string> reasons{};  // one of these, as reports name them
    bool may_be_cut = false;             // where a clip comes out, it says what is missing of it
};

inline constexpr segment bad_segment{std::chrono::seconds(10), std::chrono::seconds(12)};

// `media` is the folder of the tests' videos. Those that videos_that_name() gives are among them.
std::vector<bad_video> bad_videos(const std::filesystem::path& media);

// Files that are no video but name one, or whose samples are said to be in another file: `other`, which is a good
// video.
std::vector<bad_video> videos_that_name(const std::filesystem::path& other, const std::filesystem::path& media);

// Damage that bad_segment is not touched by.
std::vector<bad_video> harmless_videos(const std::filesystem::path& media);

}  // namespace reelpipe::test

#endif
