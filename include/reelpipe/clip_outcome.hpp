#ifndef REELPIPE_CLIP_OUTCOME_HPP
#define REELPIPE_CLIP_OUTCOME_HPP

#include <cstdint>
#include <optional>
#include <string>

#include <reelpipe/clip.hpp>
#include <reelpipe/outcome.hpp>

namespace reelpipe {

// The outcome of one clip in a run.
struct clip_outcome {
    enum class status { stored, exists, failed };

    clip_request clip{};
    std::string id{};  // the name that reports and files have for it
    status how = status::stored;
    std::optional<reason> why{};  // of a failure
    std::string message{};
    unsigned attempts = 0;
    std::uint64_t bytes = 0;  // of the file
    std::int64_t frames = 0;
    double duration_s = 0;
    double missing_s = 0;      // shorter than asked for
    std::string streams{};     // "h264 320x180, audio"
    std::int64_t packets = 0;  // of the video, shown or not; 0: unknown
    std::string source{};      // what it was cut from; empty: unknown
    // The next two are for a clip that was to be cut smartly.
    std::int64_t copied = 0;        // of its frames
    std::string encoded_because{};  // why none was
    std::uint64_t fetched = 0;      // bytes that its video cost, shared by all clips of the video
    std::uint64_t whole = 0;        // bytes of the video's whole files; 0: unknown
    double resolve_s = 0, fetch_s = 0, cut_s = 0, verify_s = 0, store_s = 0;
};

}  // namespace reelpipe

#endif
