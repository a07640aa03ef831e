#include "stages/fetch/playlist_texts.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "stages/fetch/fetch_ranges.hpp"
#include "stages/fetch/gzip.hpp"
#include "stages/fetch/held_file.hpp"
#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

namespace {

constexpr std::uint64_t max_playlist = 16u << 20;

std::string text_of(const held_file& file)
{
    std::string text(file.held_bytes(), '\0');
    const media::partial_file view{.descriptor = file.bytes->view().descriptor};
    const ssize_t got = read_at(view, file.place, std::as_writable_bytes(std::span(text)));
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
}

// Some servers compress playlists whether they are asked to or not.
std::string plain(std::string text)
{
    if (!looks_like_gzip(text)) return text;
    std::optional<std::string> unpacked = gunzipped(text, max_playlist);
    if (!unpacked)
        throw playlist_error(playlist_error::kind::no_playlist,
                             "a gzip file that is damaged, or larger than playlists are");
    return std::move(*unpacked);
}

}  // namespace

asio::awaitable<std::vector<playlist>> read_playlists(transfer_context with, std::vector<remote_file> all,
                                                      std::uint64_t& bytes)
{
    std::vector<held_file> texts;
    texts.reserve(all.size());
    std::vector<file_range> pieces;
    for (const remote_file& each : all) {
        held_file& text = texts.emplace_back();
        text.from = each;
        text.room = max_playlist;
        text.any_encoding = true;
        pieces.push_back({&text, {0, std::min(each.max_range, max_playlist)}});
    }
    for (unsigned doubts = 0; !pieces.empty();) {
        ++with.counts.rounds;
        co_await fetch_ranges(with, std::move(pieces));
        pieces.clear();
        for (held_file& text : texts) {
            if (text.is_doubtful()) {
                const network_error broken_off = text.doubt();
                if (++doubts > max_doubts) throw broken_off;
            }
            for (const media::byte_range& gap : text.missing({0, max_playlist})) pieces.push_back({&text, gap});
        }
    }
    std::vector<playlist> lists;
    for (const held_file& text : texts) {
        bytes += text.held_bytes();
        try {
            lists.push_back(parse_playlist(plain(text_of(text)), text.from.url));
        } catch (const playlist_error& e) {
            throw playlist_error(e.why, display_name(text.from.url) + ": " + e.what());
        }
    }
    co_return lists;
}

}  // namespace reelpipe::fetch
