#ifndef REELPIPE_STAGES_FETCH_HELD_FILE_HPP
#define REELPIPE_STAGES_FETCH_HELD_FILE_HPP

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "media/range_set.hpp"
#include "reelpipe/media_source.hpp"
#include "stages/fetch/http_client.hpp"
#include "stages/fetch/sparse_file.hpp"

namespace reelpipe::fetch {

inline constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

// What is held of one remote file, or of a part of it, in a temporary file that others may share. Offsets are those of
// the remote file.
struct held_file {
    remote_file from{};
    media::byte_range part{0, unlimited};  // nothing outside of it is asked for
    std::shared_ptr<sparse_file> bytes{};  // none: opened with the first answer
    std::uint64_t place = 0;               // of the part's first byte in `bytes`
    std::uint64_t room = unlimited;        // up to what belongs to somebody else
    file_identity identity{};
    bool takes_ranges = true;

    // What there is to fetch; nothing before the server has said how large the file is.
    std::optional<media::byte_range> extent() const;

    // The parts of `wanted` that are not held, within what the server has.
    std::vector<media::byte_range> missing(media::byte_range wanted) const;

    std::uint64_t held_bytes() const;

    // Another version of the file is on offer: all of this one is forgotten.
    void forget();
};

}  // namespace reelpipe::fetch

#endif
