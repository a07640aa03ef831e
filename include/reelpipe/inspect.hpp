#ifndef REELPIPE_INSPECT_HPP
#define REELPIPE_INSPECT_HPP

#include <asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include <reelpipe/clip.hpp>
#include <reelpipe/media_source.hpp>
#include <reelpipe/outcome.hpp>

namespace reelpipe {

// The cost of a segment of a video, measured by fetching it.
struct inspection {
    std::string container{};        // of the frames, as people call it: "MP4", "WebM/Matroska"
    std::uint64_t size = 0;         // of the whole files; 0 where nobody says it: playlists
    std::uint64_t index_bytes = 0;  // what leads to the samples
    std::uint64_t span_bytes = 0;   // the samples of the segment, from the key frame before it
    std::uint64_t fetched = 0;      // bytes of bodies; 0 for local files
    std::uint64_t requests = 0;
    std::uint64_t rounds = 0;  // of requests that had to wait for the answers before them
};

// The video cannot be fetched, or is none.
struct inspect_error : std::runtime_error {
    inspect_error(reason why_not, const std::string& text) : std::runtime_error(text), why(why_not) {}

    reason why;
};

// Fetches what cutting the segment takes into a temporary file, looks at it and lets go of it; without a segment, what
// leads to the samples. Throws inspect_error, also for a segment behind the end; usage_error of download.hpp for a
// proxy that is none; operation_aborted.
asio::awaitable<inspection> inspect(media_source, std::optional<segment>, std::filesystem::path folder);

}  // namespace reelpipe

#endif
