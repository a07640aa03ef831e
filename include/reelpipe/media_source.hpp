#ifndef REELPIPE_MEDIA_SOURCE_HPP
#define REELPIPE_MEDIA_SOURCE_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <reelpipe/clip.hpp>

namespace reelpipe {

// A file behind http(s), and the request headers that its host expects.
struct remote_file {
    std::string url;
    std::vector<std::string> headers{};   // whole lines, "Name: value", sent with every request
    std::string cookies{};                // value of the Cookie header; sent to the host of `url` only
    std::string proxy{};                  // empty: none, whatever the environment says
    bool public_only = false;             // a site named it: refused where its address is not a public one
    std::uint64_t max_range = 10u << 20;  // hosts pace requests for more bytes than this
    std::optional<std::chrono::system_clock::time_point> available_at{};  // answers 403 before
    std::optional<std::chrono::system_clock::time_point> expires{};       // answers 403 after
};

struct local_file {
    std::filesystem::path path;
};

// An HLS playlist: of segments, or of the variants that are on offer. The segments want to hear the same.
struct hls_playlist {
    remote_file playlist;
};

// Files on disk that hold segments of a video: clips that were made before. Each is read where it lies and never
// changed.
struct local_clips {
    struct file {
        std::filesystem::path path;
        segment holds;  // of the video; the file's time 0 is the start of it
    };
    std::vector<file> files;
};

// A file that no request gives, as it comes in pieces or over a protocol of the site's own: yt-dlp downloads it whole.
struct yt_dlp_file {
    std::string format;  // a JSON object of yt-dlp's own
    std::string proxy{};
    bool public_only = false;  // as in remote_file
};

using media_file = std::variant<remote_file, local_file, hls_playlist, local_clips, yt_dlp_file>;

// The request for the file; null for files on disk.
template <class File> auto* remote_part(File& file)
{
    auto* const list = std::get_if<hls_playlist>(&file);
    return list ? &list->playlist : std::get_if<remote_file>(&file);
}

// What is said in a video: WebVTT or SubRip, with times of the whole video.
struct subtitle_track {
    std::string language;  // as the site names it, and a part of a file's name
    std::string text;
};

// The files of one video: one with everything, or one with the video and one with the audio; or its clips, all as one.
struct media_source {
    std::vector<media_file> files;
    std::vector<subtitle_track> subtitles{};
};

// True if a URL of the source expires before `then`.
inline bool ends_before(const media_source& source, std::chrono::system_clock::time_point then)
{
    return std::ranges::any_of(source.files, [then](const media_file& file) {
        const remote_file* const part = remote_part(file);
        return part && part->expires && *part->expires < then;
    });
}

}  // namespace reelpipe

#endif
