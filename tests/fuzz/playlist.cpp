// Whatever a server sends as a playlist: it is refused, or everything that it names is within bounds.
#include "stages/fetch/playlist.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/fuzzing.hpp"
#include "media/error.hpp"

using namespace reelpipe;
using namespace reelpipe::fetch;
using fuzzing::require;

namespace {

void check_url(const std::string& url) { require(url.starts_with("http://") || url.starts_with("https://")); }

void check_resource(const hls_resource& resource)
{
    check_url(resource.url);
    require(!resource.part || resource.part->begin < resource.part->end);
}

void check(const media_playlist& list)
{
    require(!list.segments.empty());
    std::chrono::microseconds end{};
    for (const hls_segment& each : list.segments) {
        check_resource(each.media);
        require(each.begin == end && each.end >= each.begin);
        require(!each.header || *each.header < list.headers.size());
        end = each.end;
    }
    for (const hls_resource& each : list.headers) check_resource(each);
    const auto middle = std::chrono::microseconds(end.count() / 2);
    try {
        const segment_run run = segments_of(list, {middle, middle + std::chrono::seconds(10)});
        require(run.first < run.last && run.last <= list.segments.size());
    } catch (const media::error&) {
        return;
    }
}

void check(const master_playlist& list)
{
    for (const hls_variant& each : list.variants) check_url(each.url);
    const hls_variant& chosen = choose_variant(list, 360);
    if (const hls_audio* const audio = choose_audio(list, chosen)) check_url(audio->url);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const playlist list = parse_playlist(text, "https://host/folder/list.m3u8");
        std::visit([](const auto& each) { check(each); }, list);
    } catch (const playlist_error&) {
        return 0;
    }
    return 0;
}
