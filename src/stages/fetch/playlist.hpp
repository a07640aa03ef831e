#ifndef REELPIPE_STAGES_FETCH_PLAYLIST_HPP
#define REELPIPE_STAGES_FETCH_PLAYLIST_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media/range_set.hpp"
#include "reelpipe/clip.hpp"

namespace reelpipe::fetch {

// A file, or a part of one.
struct hls_resource {
    std::string url;  // absolute, http or https
    std::optional<media::byte_range> part{};

    bool operator==(const hls_resource&) const = default;
};

struct hls_segment {
    hls_resource media;
    std::chrono::microseconds length{};  // as the playlist has it, rounded
    bool is_rounded = false;             // to more than a millisecond
    // Along the sum of the lengths before it, until segment_times.hpp knows better. The timestamps inside of a segment
    // may begin anywhere.
    std::chrono::microseconds begin{};
    std::chrono::microseconds end{};
    std::size_t timeline = 0;             // segments with the same number share a clock; it goes up at a discontinuity
    std::optional<std::size_t> header{};  // in media_playlist::headers: what a player reads before the segment
    bool is_gap = false;                  // the playlist says that it cannot be had
};

struct media_playlist {
    std::vector<hls_segment> segments{};
    std::vector<hls_resource> headers{};
};

struct hls_variant {
    std::string url;
    std::uint64_t bandwidth = 0;  // bits a second
    int height = 0;               // 0: the playlist does not say
    std::string codecs{};         // as RFC 6381 writes them; empty: the playlist does not say
    std::string audio_group{};    // empty: the audio, if any, is in the variant
};

struct hls_audio {
    std::string group;
    std::string url{};  // empty: it is in the variants of its group
    bool is_default = false;
};

struct master_playlist {
    std::vector<hls_variant> variants{};
    std::vector<hls_audio> audio{};
};

using playlist = std::variant<media_playlist, master_playlist>;

// A playlist that cannot be used: it is none, or it asks for what nobody should rely on.
struct playlist_error : std::runtime_error {
    enum class kind : std::uint8_t {
        no_playlist,  // another kind of file, or one that makes no sense
        live,         // without an end: segments come and go
        encrypted,
        unsupported,
    };
    playlist_error(kind why_not, const std::string& text) : std::runtime_error(text), why(why_not) {}

    kind why;
};

// A playlist of RFC 8216 that was read from `url`. Throws playlist_error. The text is untrusted: what comes out has
// bounded times and counts, and URLs of http or https only.
playlist parse_playlist(std::string_view text, const std::string& url);

// The variant with the highest frames that are not above `max_height` (0: any), those in H.264 first, and of these
// the one with the most bits; where all are above it, the lowest. A variant without frames only if there are no
// others.
const hls_variant& choose_variant(const master_playlist&, int max_height);

// The audio that goes with a variant, where it is in a playlist of its own.
const hls_audio* choose_audio(const master_playlist&, const hls_variant&);

// The segments [first, last) that overlap a clip, as far as it is known when they begin. Throws media::error for a
// clip that begins behind the end, overlaps segments with different clocks, or one that cannot be had.
struct segment_run {
    std::size_t first = 0;
    std::size_t last = 0;
};
segment_run segments_of(const media_playlist&, segment clip);

}  // namespace reelpipe::fetch

#endif
