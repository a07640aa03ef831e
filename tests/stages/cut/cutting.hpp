#ifndef REELPIPE_TESTS_STAGES_CUT_CUTTING_HPP
#define REELPIPE_TESTS_STAGES_CUT_CUTTING_HPP

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "stages/cut/cut.hpp"
#include "support/sparse_copy.hpp"

namespace reelpipe::test {

std::filesystem::path video(const std::string& name);

// Writes to `to` a video of one track in which a frame was dropped, as QuickTime says it: by a sample without bytes.
void drop_frame(const std::filesystem::path& of, std::size_t number, const std::filesystem::path& to);

// As ffmpeg's options take it.
std::string seconds(std::chrono::microseconds);

cut::result encode_to(const std::filesystem::path& clip, const cut::input&, segment, const cut::options&);

// From a copy that holds what the plan for the segment asks for and nothing else.
cut::result encode_to(const std::filesystem::path& clip, const std::filesystem::path& video, segment,
                      const cut::options&);

// As encode_to(), or copied where the options say so.
cut::result cut_to(const std::filesystem::path& clip, const std::filesystem::path& video, segment, const cut::options&);

// Times, sizes and hashes of the packets of a clip's streams, and of what stands in front of them. `streams` as -map
// takes it: "v", "a".
std::string packets_of(const std::filesystem::path& clip, const std::string& streams);

// The frame rate of a video, for ffmpeg's -r: without that, ffmpeg 7 gives MP4 a variable rate.
std::string rate_of(const std::filesystem::path& video);

// ffmpeg -ss START -t LENGTH -i VIDEO WORDS... -t LENGTH CLIP
void ffmpeg_to(const std::filesystem::path& clip, const std::filesystem::path& video, segment,
               const std::vector<std::string>& words);

}  // namespace reelpipe::test

#endif
