#ifndef REELPIPE_STAGES_FETCH_PLAYLIST_TEXTS_HPP
#define REELPIPE_STAGES_FETCH_PLAYLIST_TEXTS_HPP

#include <asio/awaitable.hpp>
#include <cstdint>
#include <vector>

#include "stages/fetch/fetch_ranges.hpp"
#include "stages/fetch/playlist.hpp"

namespace reelpipe::fetch {

// Reads the playlists behind all of the URLs, and adds the bytes of their texts to `bytes`, which outlives the call.
// Throws what fetch_ranges() throws; playlist_error.
asio::awaitable<std::vector<playlist>> read_playlists(transfer_context, std::vector<remote_file>, std::uint64_t& bytes);

}  // namespace reelpipe::fetch

#endif
