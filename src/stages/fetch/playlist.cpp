#include "stages/fetch/playlist.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "media/error.hpp"
#include "stages/fetch/scan.hpp"
#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

namespace {

using std::chrono::microseconds;
using refusal = playlist_error::kind;

constexpr std::size_t max_segments = 200'000;
constexpr std::size_t max_variants = 1'000;
constexpr double max_segment_s = 24 * 3600;
constexpr double max_playlist_s = 240 * 3600;
constexpr std::uint64_t max_offset = std::uint64_t{1} << 60;
constexpr std::size_t max_shown = 60;
constexpr std::size_t exact_decimals = 3;  // of a duration in seconds

// A segment that begins or ends so close to the clip's end or start has no frame in it: durations are rounded.
constexpr microseconds segment_rounding{2'000};

// Takes a line off `text`; false once there are no more.
bool take_line(std::string_view& text, std::string_view& line)
{
    if (text.empty()) return false;
    const auto end = text.find('\n');
    line = trimmed(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return true;
}

[[noreturn]] void fail(refusal why, std::string_view what, std::string_view line = {})
{
    std::string text(what);
    if (!line.empty()) text += ": " + std::string(line.substr(0, max_shown));
    throw playlist_error(why, text);
}

// KEY=value,KEY="quoted, value"; the first of a name counts.
std::map<std::string, std::string> attributes_of(std::string_view list)
{
    std::map<std::string, std::string> all;
    while (!list.empty()) {
        const auto equals = list.find('=');
        if (equals == list.npos) break;
        std::string name(trimmed(list.substr(0, equals)));
        list.remove_prefix(equals + 1);
        const bool quoted = take(list, "\"");
        const auto end = list.find(quoted ? '"' : ',');
        all.emplace(std::move(name), std::string(list.substr(0, end)));
        list.remove_prefix(end == list.npos ? list.size() : end);
        if (quoted) list.remove_prefix(std::min(list.size(), list.find(',')));
        take(list, ",");
    }
    return all;
}

std::string value_of(const std::map<std::string, std::string>& attributes, const char* name)
{
    const auto found = attributes.find(name);
    return found == attributes.end() ? std::string() : found->second;
}

class parser {
public:
    explicit parser(const std::string& url) : url_(url) {}

    playlist parse(std::string_view text)
    {
        std::string_view line;
        take(text, "\xEF\xBB\xBF");
        if (!take_line(text, line) || line != "#EXTM3U") fail(refusal::no_playlist, "no HLS playlist");
        while (take_line(text, line)) {
            if (line.empty()) continue;
            if (line.starts_with("#EXT"))
                tag(line);
            else if (line.front() != '#')
                uri(line);
        }
        return result();
    }

private:
    void tag(std::string_view line)
    {
        const std::string_view whole = line;
        if (take(line, "#EXTINF:"))
            duration(line, whole);
        else if (take(line, "#EXT-X-BYTERANGE:"))
            part_ = range_of(line, whole);
        else if (take(line, "#EXT-X-MAP:"))
            map(attributes_of(line), whole);
        else if (take(line, "#EXT-X-KEY:") || take(line, "#EXT-X-SESSION-KEY:"))
            key(attributes_of(line));
        else if (line == "#EXT-X-DISCONTINUITY")
            ++timeline_;
        else if (line == "#EXT-X-GAP")
            is_gap_ = true;
        else if (line == "#EXT-X-ENDLIST")
            ended_ = true;
        else if (line == "#EXT-X-I-FRAMES-ONLY")
            fail(refusal::unsupported, "a playlist of key frames only");
        else if (take(line, "#EXT-X-DEFINE"))
            fail(refusal::unsupported, "a playlist with variables");
        else if (take(line, "#EXT-X-STREAM-INF:"))
            variant(attributes_of(line));
        else if (take(line, "#EXT-X-MEDIA:"))
            rendition(attributes_of(line));
    }

    void duration(std::string_view line, std::string_view whole)
    {
        const std::string_view text = line;
        const auto seconds = take_number<double>(line);
        if (!seconds || !std::isfinite(*seconds) || *seconds < 0 || *seconds > max_segment_s)
            fail(refusal::no_playlist, "a segment without a duration", whole);
        duration_ = seconds;
        const std::string_view number = text.substr(0, text.size() - line.size());
        const auto point = number.find('.');
        is_rounded_ = point == number.npos || number.size() - point - 1 < exact_decimals;
    }

    // length, or length@offset; without an offset it is where the last part of the same file ended.
    std::pair<std::uint64_t, std::optional<std::uint64_t>> range_of(std::string_view text, std::string_view whole)
    {
        const auto length = take_number<std::uint64_t>(text);
        std::optional<std::uint64_t> offset;
        const bool has_offset = take(text, "@");
        if (has_offset) offset = take_number<std::uint64_t>(text);
        if (!length || *length == 0 || *length > max_offset || (has_offset && !offset) ||
            offset.value_or(0) > max_offset)
            fail(refusal::no_playlist, "an invalid byte range", whole);
        return {*length, offset};
    }

    hls_resource resource(std::string_view reference,
                          std::optional<std::pair<std::uint64_t, std::optional<std::uint64_t>>> range)
    {
        auto url = resolve_reference(url_, std::string(reference));
        if (!url) fail(refusal::unsupported, "an address that is not one of http or https", reference);
        hls_resource found{std::move(*url), std::nullopt};
        if (!range) return found;
        const auto& [length, offset] = *range;
        const std::uint64_t begin = offset ? *offset : found.url == last_url_ ? last_end_ : 0;
        if (begin > max_offset) fail(refusal::no_playlist, "an invalid byte range", reference);
        found.part = media::byte_range{begin, begin + length};
        last_url_ = found.url;
        last_end_ = found.part->end;
        return found;
    }

    void map(const std::map<std::string, std::string>& attributes, std::string_view whole)
    {
        const std::string reference = value_of(attributes, "URI");
        const std::string range = value_of(attributes, "BYTERANGE");
        if (reference.empty()) fail(refusal::no_playlist, "a header without an address", whole);
        std::optional<std::pair<std::uint64_t, std::optional<std::uint64_t>>> part;
        if (!range.empty()) part = range_of(range, whole);
        if (part && !part->second) part->second = 0;
        if (list_.headers.size() >= max_segments) fail(refusal::unsupported, "too many headers");
        hls_resource header = resource(reference, part);
        // Packagers name the same header in front of each segment; it is another only where it is another file.
        if (header_ && list_.headers[*header_] == header) return;
        list_.headers.push_back(std::move(header));
        header_ = list_.headers.size() - 1;
    }

    static void key(const std::map<std::string, std::string>& attributes)
    {
        const std::string method = value_of(attributes, "METHOD");
        if (method != "NONE") fail(refusal::encrypted, "its segments are encrypted", method);
    }

    void variant(const std::map<std::string, std::string>& attributes)
    {
        hls_variant next;
        std::string_view bandwidth, resolution;
        const std::string bits = value_of(attributes, "BANDWIDTH"), size = value_of(attributes, "RESOLUTION");
        bandwidth = bits;
        resolution = size;
        next.bandwidth = take_number<std::uint64_t>(bandwidth).value_or(0);
        const auto width = take_number<int>(resolution);
        if (width && take(resolution, "x")) next.height = std::max(0, take_number<int>(resolution).value_or(0));
        next.codecs = value_of(attributes, "CODECS");
        next.audio_group = value_of(attributes, "AUDIO");
        variant_ = std::move(next);
        is_master_ = true;
    }

    void rendition(const std::map<std::string, std::string>& attributes)
    {
        is_master_ = true;
        if (value_of(attributes, "TYPE") != "AUDIO") return;
        if (master_.audio.size() >= max_variants) fail(refusal::unsupported, "too many variants");
        hls_audio next{.group = value_of(attributes, "GROUP-ID")};
        if (const std::string reference = value_of(attributes, "URI"); !reference.empty())
            next.url = resource(reference, std::nullopt).url;
        next.is_default = value_of(attributes, "DEFAULT") == "YES";
        master_.audio.push_back(std::move(next));
    }

    void uri(std::string_view line)
    {
        if (variant_) {
            if (master_.variants.size() >= max_variants) fail(refusal::unsupported, "too many variants");
            variant_->url = resource(line, std::nullopt).url;
            master_.variants.push_back(std::move(*variant_));
            variant_.reset();
            return;
        }
        if (is_master_) return;
        if (!duration_) fail(refusal::no_playlist, "a segment without a duration", line);
        if (list_.segments.size() >= max_segments) fail(refusal::unsupported, "too many segments");
        const double end = time_ + *duration_;
        if (end > max_playlist_s) fail(refusal::unsupported, "too long a playlist");
        list_.segments.push_back({.media = resource(line, part_),
                                  .length = in_microseconds(end) - in_microseconds(time_),
                                  .is_rounded = is_rounded_,
                                  .begin = in_microseconds(time_),
                                  .end = in_microseconds(end),
                                  .timeline = timeline_,
                                  .header = header_,
                                  .is_gap = is_gap_});
        time_ = end;
        duration_.reset();
        part_.reset();
        is_gap_ = false;
    }

    static microseconds in_microseconds(double seconds) { return microseconds(std::llround(seconds * 1e6)); }

    playlist result()
    {
        if (is_master_) {
            if (master_.variants.empty()) fail(refusal::no_playlist, "no variants");
            return std::move(master_);
        }
        if (!ended_) fail(refusal::live, "it has no end, so it is a live stream");
        if (list_.segments.empty()) fail(refusal::no_playlist, "no segments");
        return std::move(list_);
    }

    const std::string& url_;
    media_playlist list_;
    master_playlist master_;
    bool is_master_ = false;
    bool ended_ = false;
    double time_ = 0;
    std::size_t timeline_ = 0;

    // of the next address
    std::optional<double> duration_;
    bool is_rounded_ = false;
    std::optional<std::pair<std::uint64_t, std::optional<std::uint64_t>>> part_;
    std::optional<std::size_t> header_;
    std::optional<hls_variant> variant_;
    bool is_gap_ = false;

    // where a part without an offset begins
    std::string last_url_;
    std::uint64_t last_end_ = 0;
};

bool names_any(const std::string& codecs, std::initializer_list<std::string_view> of)
{
    return std::ranges::any_of(of, [&](std::string_view each) { return codecs.find(each) != codecs.npos; });
}

bool has_video(const hls_variant& each)
{
    return each.height > 0 || each.codecs.empty() ||
           names_any(each.codecs, {"avc", "hvc", "hev", "vp0", "vp8", "vp9", "av01", "dvh"});
}

}  // namespace

playlist parse_playlist(std::string_view text, const std::string& url) { return parser(url).parse(text); }

const hls_variant& choose_variant(const master_playlist& list, int max_height)
{
    const auto better = [max_height](const hls_variant& a, const hls_variant& b) {
        const auto rank = [max_height](const hls_variant& each) {
            const bool fits = max_height == 0 || each.height <= max_height;
            const bool is_h264 = each.codecs.empty() || names_any(each.codecs, {"avc"});
            return std::tuple(has_video(each), fits, is_h264, fits ? each.height : -each.height, each.bandwidth);
        };
        return rank(a) < rank(b);
    };
    return *std::ranges::max_element(list.variants, better);
}

const hls_audio* choose_audio(const master_playlist& list, const hls_variant& variant)
{
    if (variant.audio_group.empty()) return nullptr;
    const hls_audio* chosen = nullptr;
    for (const hls_audio& each : list.audio)
        if (each.group == variant.audio_group && (!chosen || (each.is_default && !chosen->is_default))) chosen = &each;
    return chosen && !chosen->url.empty() ? chosen : nullptr;
}

segment_run segments_of(const media_playlist& list, segment clip)
{
    const auto& all = list.segments;
    const auto first = std::ranges::upper_bound(all, clip.start + segment_rounding, {}, &hls_segment::end);
    if (first == all.end())
        throw media::error(
            media::fault::beyond_end,
            "the playlist ends at " +
                std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(all.back().end).count()) +
                " ms, before the clip begins");
    const auto last =
        std::max(std::next(first), std::ranges::lower_bound(all, clip.end - segment_rounding, {}, &hls_segment::begin));
    if (std::any_of(first, last, [](const hls_segment& each) { return each.is_gap; }))
        throw media::error(media::fault::unsupported, "the clip overlaps a segment that the playlist marks as a gap");
    if (std::prev(last)->timeline != first->timeline || std::prev(last)->header != first->header)
        throw media::error(media::fault::unsupported, "the clip overlaps a discontinuity of the playlist");
    return {static_cast<std::size_t>(first - all.begin()), static_cast<std::size_t>(last - all.begin())};
}

}  // namespace reelpipe::fetch
