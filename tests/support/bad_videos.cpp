#include "support/bad_videos.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "support/process.hpp"
#include "support/temp_folder.hpp"

namespace reelpipe::test {

namespace {

using names = std::vector<std::string_view>;

std::uint64_t number_at(const std::string& in, std::size_t at, std::size_t bytes)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(in.at(at + i));
    return value;
}

std::string big_endian(std::uint64_t value, std::size_t bytes)
{
    std::string text(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i) text[bytes - 1 - i] = static_cast<char>(value >> (8 * i));
    return text;
}

void put(std::string& in, std::size_t at, std::uint64_t value, std::size_t bytes)
{
    in.replace(at, bytes, big_endian(value, bytes));
}

void fill(std::string& in, std::size_t begin, std::size_t end, char with)
{
    in.replace(begin, end - begin, end - begin, with);
}

// A box of an MP4 file, or an element of Matroska.
struct part {
    std::size_t begin = 0, payload = 0, end = 0;
};

part box_in(const std::string& video, part parent, std::string_view type)
{
    for (std::size_t at = parent.payload; at + 8 <= parent.end;) {
        const std::size_t size = number_at(video, at, 4);
        if (size < 8) break;
        if (video.compare(at + 4, 4, type) == 0) return {at, at + 8, at + size};
        at += size;
    }
    throw std::runtime_error("a video without " + std::string(type));
}

// Down through boxes of these types, the first of each: of tracks, that of the frames.
part box(const std::string& video, const names& path)
{
    part found{0, 0, video.size()};
    for (const std::string_view type : path) found = box_in(video, found, type);
    return found;
}

names in_table(std::string_view type) { return {"moov", "trak", "mdia", "minf", "stbl", type}; }

// At the end of a box, which has to stand behind the samples that the index points at.
void append(std::string& video, names path, const std::string& what)
{
    video.insert(box(video, path).end, what);
    for (; !path.empty(); path.pop_back()) {
        const part grown = box(video, path);
        put(video, grown.begin, grown.end - grown.begin + what.size(), 4);
    }
}

// A table of one row, instead of the rows that it has.
void leave_one_row(std::string& video, std::string_view table, const std::vector<std::uint64_t>& row)
{
    std::size_t at = box(video, in_table(table)).payload + 4;
    put(video, at, 1, 4);
    for (const std::uint64_t each : row) put(video, at += 4, each, 4);
}

std::size_t video_entry(const std::string& video) { return box(video, in_table("stsd")).payload + 8; }

part decoder_settings(const std::string& video)
{
    const std::size_t at = video.find("avcC", video_entry(video)) - 4;
    return {at, at + 8, at + number_at(video, at, 4)};
}

// The part of the samples that is shown from one share of the video's time to another.
part samples(const std::string& video, double from, double to)
{
    const part media = box(video, {"mdat"});
    const auto at = [&](double share) {
        return media.payload + static_cast<std::size_t>(share * static_cast<double>(media.end - media.payload));
    };
    return {at(from), at(from), at(to)};
}

// An element of Matroska whose size is said to be unknown counts as long as its parent.
part element_in(const std::string& video, part parent, std::uint64_t id)
{
    const auto length_of = [&](std::size_t at) {
        std::size_t length = 1;
        for (auto first = static_cast<unsigned char>(video.at(at)); length < 9 && !(first & 0x80); first <<= 1)
            ++length;
        return length;
    };
    for (std::size_t at = parent.payload; at < parent.end;) {
        const std::size_t id_length = length_of(at), size_at = at + id_length, size_length = length_of(size_at);
        const std::uint64_t most = (std::uint64_t{1} << (7 * size_length)) - 1;
        const std::uint64_t size = number_at(video, size_at, size_length) & most;
        const part found{at, size_at + size_length, size == most ? parent.end : size_at + size_length + size};
        if (number_at(video, at, id_length) == id) return found;
        at = found.end;
    }
    throw std::runtime_error("a video without an element");
}

constexpr std::uint64_t segment_id = 0x18538067, information_id = 0x1549A966, tracks_id = 0x1654AE6B,
                        cluster_id = 0x1F43B675;

part matroska_segment(const std::string& video) { return element_in(video, {0, 0, video.size()}, segment_id); }

std::string element(std::uint64_t id, std::size_t id_length, const std::string& content)
{
    return big_endian(id, id_length) + big_endian(content.size() | std::uint64_t{1} << 56, 8) + content;
}

// The bytes in front of the segment's content, which do not say how long the segment is.
std::string matroska_head(const std::string& video)
{
    return video.substr(0, matroska_segment(video).begin) + big_endian(segment_id, 4) +
           big_endian(0x01FFFFFFFFFFFFFF, 8);
}

std::string text_of(const std::string& video, part p) { return video.substr(p.begin, p.end - p.begin); }

// The clusters of a video, with a time that is said instead of the first one's own.
std::string with_cluster_time(const std::string& video, std::uint64_t time)
{
    const part all = matroska_segment(video);
    const part first = element_in(video, all, cluster_id);
    const part own_time = element_in(video, first, 0xE7);
    const std::string changed =
        element(0xE7, 1, big_endian(time, 8)) + video.substr(own_time.end, first.end - own_time.end);
    return matroska_head(video) + text_of(video, element_in(video, all, information_id)) +
           text_of(video, element_in(video, all, tracks_id)) + element(cluster_id, 4, changed) +
           video.substr(first.end, all.end - first.end);
}

std::string with_time_scale(const std::string& video, std::uint64_t nanoseconds)
{
    const part all = matroska_segment(video);
    return matroska_head(video) + element(information_id, 4, element(0x2AD7B1, 3, big_endian(nanoseconds, 8))) +
           video.substr(element_in(video, all, tracks_id).begin);
}

std::string repeated(std::size_t times, const std::string& what)
{
    std::string all;
    all.reserve(times * what.size());
    for (std::size_t i = 0; i < times; ++i) all += what;
    return all;
}

// The checksum of a section of MPEG-TS.
std::uint32_t checksum_of(const std::string& section)
{
    std::uint32_t sum = 0xffffffff;
    for (const char each : section) {
        sum ^= static_cast<std::uint32_t>(static_cast<unsigned char>(each)) << 24;
        for (int bit = 0; bit < 8; ++bit) sum = sum << 1 ^ (sum >> 31 ? 0x04C11DB7u : 0u);
    }
    return sum;
}

// A section of MPEG-TS, in packets.
std::string transport_section(std::uint64_t pid, std::uint64_t table, std::uint64_t number, const std::string& content)
{
    std::string section = big_endian(table, 1) + big_endian(0xB000 | (content.size() + 9), 2) + big_endian(number, 2) +
                          big_endian(0xC10000, 3) + content;
    section = '\0' + section + big_endian(checksum_of(section), 4);
    std::string packets;
    for (std::size_t at = 0, count = 0; at < section.size(); at += 184, ++count) {
        std::string part = section.substr(at, 184);
        part.resize(184, '\xff');
        packets += big_endian(0x47000010 | (at == 0 ? 0x400000 : 0) | pid << 8 | (count & 15), 4) + part;
    }
    return packets;
}

// The tables in front of a video, which claim that it has 8000 streams of frames.
std::string many_transport_streams()
{
    constexpr std::uint64_t programs = 40, of_each = 200;
    std::string list, descriptions;
    for (std::uint64_t p = 0; p < programs; ++p) {
        list += big_endian(p + 1, 2) + big_endian(0xE000 | (32 + p), 2);
        std::string streams = big_endian(0xFFFFF000, 4);
        for (std::uint64_t s = 0; s < of_each; ++s)
            streams += big_endian(0x1B, 1) + big_endian(0xE000 | (100 + p * of_each + s), 2) + big_endian(0xF000, 2);
        descriptions += transport_section(32 + p, 2, p + 1, streams);
    }
    return transport_section(0, 0, 1, list) + descriptions;
}

// A video of frames that say themselves how large they are.
std::string video_of_jpegs()
{
    return output_of({"ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
                      "testsrc2=size=160x90:rate=5:duration=14", "-c:v", "mjpeg", "-f", "matroska", "-"});
}

// The box by which a QuickTime file says where its samples are, as libav reads it: an alias with an absolute path.
std::string alias_of(const std::string& path)
{
    const auto zeros = [](std::size_t count) { return std::string(count, '\0'); };
    const std::string padded = path + zeros(path.size() % 2);
    const std::string record = zeros(4 + 10 + 28 + 12 + 64 + 16) + big_endian(0x00010001, 4) + zeros(16) +
                               big_endian(2, 2) + big_endian(padded.size(), 2) + padded + big_endian(0xffff0000, 4);
    return big_endian(8 + record.size(), 4) + "alis" + record;
}

constexpr std::size_t a_million = 1'000'000;

}  // namespace

std::vector<bad_video> videos_that_name(const std::filesystem::path& other, const std::filesystem::path& media)
{
    const std::string name = other.string();
    std::string video = read_file(media / "moov_last.mp4");
    const names references{"moov", "trak", "mdia", "minf", "dinf", "dref"};
    append(video, references, alias_of(name));
    const part table = box(video, references);
    put(video, table.payload + 4, 2, 4);
    constexpr std::size_t this_file = 12;  // bytes of the reference that was there, which is the second one now
    const auto first = video.begin() + static_cast<std::ptrdiff_t>(table.payload + 8);
    std::rotate(first, first + this_file, video.begin() + static_cast<std::ptrdiff_t>(table.end));
    return {
        {.name = "list_of_files", .content = "ffconcat version 1.0\nfile '" + name + "'\n", .reasons = {"unsupported"}},
        {.name = "playlist_hls",
         .content = "#EXTM3U\n#EXT-X-TARGETDURATION:60\n#EXTINF:60,\n" + name + "\n#EXT-X-ENDLIST\n",
         .reasons = {"unsupported"}},
        {.name = "playlist_dash",
         .content =
             "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
             "profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\" mediaPresentationDuration=\"PT40S\"><Period>"
             "<AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\" bandwidth=\"1\"><BaseURL>" +
             name + "</BaseURL></Representation></AdaptationSet></Period></MPD>\n",
         .reasons = {"unsupported", "not_media"}},
        {.name = "session_sdp",
         .content = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=video\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                    "a=tool:a test\r\nm=video 9 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:" +
                    name + "\r\n",
         .reasons = {"unsupported"}},
        {.name = "samples_elsewhere", .content = video, .reasons = {"unsupported"}}};
}

std::vector<bad_video> bad_videos(const std::filesystem::path& media)
{
    const std::string good = read_file(media / "moov_last.mp4"), index_first = read_file(media / "moov_first.mp4");
    const std::string matroska = read_file(media / "video.mkv"), transport = read_file(media / "video.ts");
    const std::string fragments = read_file(media / "fragments.mp4");
    std::vector<bad_video> all;
    const auto add = [&](std::string name, std::string content, std::vector<std::string> reasons) {
        all.push_back({.name = std::move(name), .content = std::move(content), .reasons = std::move(reasons)});
    };
    const auto may_be_cut = [&] { all.back().may_be_cut = true; };
    // A good video and what is done to it.
    const auto changed = [](std::string video, const auto& change) {
        change(video);
        return video;
    };

    add("empty", "", {"not_media"});
    add("page", "<!DOCTYPE html><html><body>Sign in to continue</body></html>", {"not_media"});
    add("text", repeated(100, "a line that means nothing\n"), {"not_media"});

    add("cut_inside_of_index", index_first.substr(0, box(index_first, {"moov"}).end - 3000), {"corrupt"});
    add("cut_behind_index", index_first.substr(0, box(index_first, {"moov"}).end), {"corrupt"});
    add("cut_before_segment", index_first.substr(0, samples(index_first, 0.1, 1).begin), {"corrupt"});
    add("cut_inside_of_segment", index_first.substr(0, samples(index_first, 0.275, 1).begin), {"corrupt"});
    add("without_index", good.substr(0, box(good, {"moov"}).begin), {"corrupt"});
    add("zeros_in_segment",
        changed(good,
                [](std::string& video) {
                    const part lost = samples(video, 0.26, 0.29);
                    fill(video, lost.begin, lost.end, '\0');
                }),
        {"corrupt"});
    add("noise_in_segment",
        changed(good,
                [](std::string& video) {
                    const part lost = samples(video, 0.26, 0.29);
                    for (std::size_t at = lost.begin; at < lost.end; ++at) video[at] = static_cast<char>(at * at >> 7);
                }),
        {"corrupt"});
    add("samples_beyond_end",
        changed(good,
                [](std::string& video) {
                    const part offsets = box(video, in_table("stco"));
                    for (std::size_t at = offsets.payload + 8; at + 4 <= offsets.end; at += 4)
                        put(video, at, 0x7fffff00, 4);
                }),
        {"corrupt"});

    add("decoder_settings_of_nothing",
        changed(good,
                [](std::string& video) {
                    const part settings = decoder_settings(video);
                    fill(video, settings.payload, settings.end, '\xff');
                }),
        {"corrupt", "unsupported"});
    add("decoder_settings_cut_off",
        changed(good,
                [](std::string& video) {
                    const part settings = decoder_settings(video);
                    fill(video, settings.payload + 6, settings.end, '\0');
                }),
        {"corrupt"});
    add("said_to_be_hevc", changed(good, [](std::string& video) { video.replace(video_entry(video) + 4, 4, "hvc1"); }),
        {"corrupt"});
    add("unknown_codec", changed(good, [](std::string& video) { video.replace(video_entry(video) + 4, 4, "zzzz"); }),
        {"unsupported", "corrupt"});

    add("huge_frames",
        changed(good,
                [](std::string& video) {
                    const part track = box(video, {"moov", "trak", "tkhd"});
                    put(video, track.payload + 76, 30000, 2);
                    put(video, track.payload + 80, 30000, 2);
                    put(video, video_entry(video) + 32, 30000, 2);
                    put(video, video_entry(video) + 34, 30000, 2);
                }),
        {"too_large"});
    add("huge_frames_unsaid_mkv",
        changed(video_of_jpegs(),
                [](std::string& video) {
                    const std::string_view start("\xFF\xC0\x00\x11\x08", 5);
                    for (std::size_t at = video.find(start); at != video.npos; at = video.find(start, at + 1))
                        put(video, at + start.size(), std::uint64_t{30000} << 16 | 30000, 4);
                }),
        {"corrupt", "too_large"});
    add("no_size_of_frames", changed(good, [](std::string& video) { put(video, video_entry(video) + 32, 0, 4); }),
        {"corrupt"});
    may_be_cut();  // the frames themselves say it

    add("million_tracks",
        changed(good,
                [](std::string& video) { append(video, {"moov"}, repeated(a_million, big_endian(8, 4) + "trak")); }),
        {"too_large"});
    add("many_tracks_mkv",
        matroska_head(matroska) + text_of(matroska, element_in(matroska, matroska_segment(matroska), information_id)) +
            element(tracks_id, 4, repeated(a_million / 4, "\xAE\x80")) +
            matroska.substr(element_in(matroska, matroska_segment(matroska), cluster_id).begin),
        {"too_large", "corrupt", "no_video_stream"});

    add("8000_streams_ts", many_transport_streams() + transport, {"too_large", "corrupt"});
    may_be_cut();
    add("index_of_many_samples",
        changed(good,
                [](std::string& video) {
                    constexpr std::uint64_t many = 150 * a_million;
                    leave_one_row(video, "stts", {many, 1001});
                    leave_one_row(video, "stsc", {1, many, 1});
                    put(video, box(video, in_table("stsz")).payload + 4, 1, 4);
                    put(video, box(video, in_table("stsz")).payload + 8, many, 4);
                }),
        {"too_large"});
    add("fragment_of_many_samples",
        changed(fragments,
                [](std::string& video) {
                    const part run = box(video, {"moof", "traf", "trun"});
                    put(video, run.payload, 1, 4);
                    put(video, run.payload + 4, 100 * a_million, 4);
                }),
        {"too_large"});
    add("many_edits",
        changed(good,
                [](std::string& video) {
                    const part edits = box(video, {"moov", "trak", "edts", "elst"});
                    constexpr std::size_t many = 100'000;
                    append(video, {"moov", "trak", "edts", "elst"},
                           repeated(many, big_endian(40'000, 4) + big_endian(0, 4) + big_endian(1 << 16, 4)));
                    put(video, edits.payload + 4, many, 4);
                }),
        {"too_large"});

    add("frame_every_day", changed(good, [](std::string& video) { leave_one_row(video, "stts", {1199, 0x7fffffff}); }),
        {"corrupt", "beyond_end"});
    may_be_cut();
    add("shown_in_an_hour",
        changed(good,
                [](std::string& video) {
                    const part order = box(video, in_table("ctts"));
                    for (std::size_t at = order.payload + 12; at + 4 <= order.end; at += 8) put(video, at, 1 << 27, 4);
                }),
        {"corrupt", "beyond_end"});
    may_be_cut();
    add("shown_before_it_is_decoded",
        changed(good,
                [](std::string& video) {
                    const part order = box(video, in_table("ctts"));
                    for (std::size_t at = order.payload + 12; at + 4 <= order.end; at += 16)
                        put(video, at, 0xf8000000, 4);
                }),
        {"corrupt", "beyond_end"});
    may_be_cut();
    add("frame_of_a_day",
        changed(good,
                [](std::string& video) {
                    append(video, in_table("stts"), big_endian(889, 4) + big_endian(0x7fffffff, 4));
                    const part times = box(video, in_table("stts"));
                    put(video, times.payload + 4, 2, 4);
                    put(video, times.payload + 8, 310, 4);
                }),
        {});
    may_be_cut();
    add("edit_overflows",
        changed(good,
                [](std::string& video) {
                    append(video, {"moov", "trak", "edts", "elst"}, std::string(8, '\0'));
                    const part edits = box(video, {"moov", "trak", "edts", "elst"});
                    put(video, edits.payload, 1 << 24, 4);
                    put(video, edits.payload + 8, INT64_MAX, 8);
                    put(video, edits.payload + 16, INT64_MAX - 5, 8);
                    put(video, edits.payload + 24, 1 << 16, 4);
                }),
        {"corrupt", "beyond_end"});
    may_be_cut();
    add("no_clock",
        changed(
            good,
            [](std::string& video) { put(video, box(video, {"moov", "trak", "mdia", "mdhd"}).payload + 12, 0, 4); }),
        {"corrupt", "beyond_end"});
    may_be_cut();
    add("fastest_clock",
        changed(good,
                [](std::string& video) {
                    put(video, box(video, {"moov", "trak", "mdia", "mdhd"}).payload + 12, 0xffffffff, 4);
                }),
        {"corrupt", "beyond_end"});
    may_be_cut();
    add("all_at_once", changed(good, [](std::string& video) { leave_one_row(video, "stts", {1199, 0}); }),
        {"corrupt", "beyond_end"});
    may_be_cut();
    add("time_overflows_mkv", with_cluster_time(matroska, INT64_MAX), {"corrupt", "beyond_end"});
    may_be_cut();
    add("time_is_negative_mkv", with_cluster_time(matroska, UINT64_MAX), {"corrupt", "beyond_end"});
    may_be_cut();
    add("scale_overflows_mkv", with_time_scale(matroska, UINT64_MAX / 2), {"corrupt", "beyond_end"});
    may_be_cut();
    add("thirty_thousand_frames_a_second",
        changed(good,
                [](std::string& video) {
                    leave_one_row(video, "stts", {400'000, 1});
                    leave_one_row(video, "stsc", {1, 400'000, 1});
                    put(video, box(video, in_table("stsz")).payload + 4, 1, 4);
                    put(video, box(video, in_table("stsz")).payload + 8, 400'000, 4);
                }),
        {"too_large", "corrupt", "unsupported"});
    add("times_at_random_ts",
        changed(transport,
                [](std::string& video) {
                    std::uint64_t random = 1;
                    for (std::size_t at = 0; at + 188 <= video.size(); at += 188) {
                        const std::size_t start = video.find(std::string_view("\0\0\1", 3), at);
                        if (start >= at + 170 || !(video[start + 7] & 0x80)) continue;
                        random = random * 6364136223846793005u + 1442695040888963407u;
                        for (std::size_t i = 9; i < 14; ++i)
                            video[start + i] = static_cast<char>(random >> (8 * i - 56) | 1);
                    }
                }),
        {"corrupt", "beyond_end", "before_start"});
    may_be_cut();
    add("jumps_back_ts",
        transport.substr(transport.size() / 376 * 188) + transport.substr(0, transport.size() / 376 * 188),
        {"corrupt", "beyond_end"});
    may_be_cut();
    for (bad_video& each : videos_that_name(media / "moov_first.mp4", media)) all.push_back(std::move(each));
    return all;
}

std::vector<bad_video> harmless_videos(const std::filesystem::path& media)
{
    const std::string good = read_file(media / "moov_first.mp4");
    std::string zeros = good;
    const part lost = samples(zeros, 0.6, 0.7);
    fill(zeros, lost.begin, lost.end, '\0');
    return {{.name = "zeros_behind_segment", .content = zeros},
            {.name = "cut_behind_segment", .content = good.substr(0, lost.begin)}};
}

}  // namespace reelpipe::test
