#ifndef REELPIPE_STAGES_FETCH_HELD_FILE_HPP
#define REELPIPE_STAGES_FETCH_HELD_FILE_HPP

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/range_set.hpp"
#include "reelpipe/media_source.hpp"
#include "stages/fetch/errors.hpp"
#include "stages/fetch/http_client.hpp"
#include "stages/fetch/sparse_file.hpp"

namespace reelpipe::fetch {

// No video is as large; who says so of a file has made it up.
inline constexpr std::uint64_t max_file = std::uint64_t{1} << 40;

// So often the end of a file is doubted at most.
inline constexpr unsigned max_doubts = 3;

inline constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

// The bytes that are held of one remote file, or of a part of it, in a temporary file that others may share. Offsets
// are those of the remote file.
class held_file {
public:
    remote_file from{};
    media::byte_range part{0, unlimited};  // nothing outside of it is asked for
    std::shared_ptr<sparse_file> bytes{};  // none: opened with the first answer
    std::uint64_t place = 0;               // of the part's first byte in `bytes`
    std::uint64_t room = unlimited;        // up to what belongs to somebody else
    file_identity identity{};
    bool takes_ranges = true;
    bool any_encoding = false;                      // a compressed one is of use
    bool ends_by_closing = false;                   // its length is where a connection ended, which may have broken off
    std::optional<std::uint64_t> doubted_length{};  // such a one that was not believed

    // The range that can be fetched; nothing before the server has said how large the file is.
    std::optional<media::byte_range> extent() const;

    // The parts of `wanted` that are not held, within what the server has.
    std::vector<media::byte_range> missing(media::byte_range wanted) const;

    std::uint64_t held_bytes() const;

    // The identity that the next answer has to agree with.
    file_identity expected() const;

    // True if bytes are held, and no server has said how many the file has.
    bool needs_size() const { return bytes && !identity.size; }

    // Forgets everything that is held, because it is not the file's.
    void forget();

    // A body may have broken off where nobody had said how long it is. It is believed when it ends at the same byte
    // once more: who doubts it forgets it, and says so if asking again is the caller's affair.
    bool is_doubtful() const { return ends_by_closing && doubted_length != identity.size; }
    network_error doubt();

    // Another version of the file is on offer, to judge by its size or its validators. If the next one begins with the
    // same bytes and is as long, the validators mean nothing.
    void forget_version();
    void compare_with_forgotten();

private:
    struct beginning {
        std::uint64_t size = 0;  // of the whole file
        std::string bytes{};
        bool operator==(const beginning&) const = default;
    };
    std::optional<beginning> beginning_held() const;

    std::optional<beginning> forgotten_{};
    bool ignores_validators_ = false;
};

}  // namespace reelpipe::fetch

#endif
