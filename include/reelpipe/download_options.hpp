#ifndef REELPIPE_DOWNLOAD_OPTIONS_HPP
#define REELPIPE_DOWNLOAD_OPTIONS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <reelpipe/clip_outcome.hpp>
#include <reelpipe/message.hpp>
#include <reelpipe/video_source.hpp>

namespace reelpipe {

// The way in which clips are made. encode: all frames are re-encoded. lossless: packets are copied, and what surrounds
// the segment is hidden by edit lists. smart: frames of H.264 are re-encoded up to the first IDR frame and copied from
// there on; where that cannot be proven right, all frames are re-encoded.
enum class cut_mode : std::uint8_t { encode, lossless, smart };

// The treatment of audio: copied where MP4 can carry it and otherwise encoded as AAC; always encoded; left out.
enum class audio_choice : std::uint8_t { copy, aac, none };

// The clips that are wanted.
struct wanted_options {
    std::vector<std::string> lists{};  // annotation lists; "-" is the standard input
    // In place of lists: clips that the program brings along, one a call, until there is none. They are checked rows.
    std::function<std::optional<clip_request>()> clips{};
    // The turn of a video: those of a lower one are begun first, and within a turn it goes by id. None: all have one.
    std::function<std::uint32_t(std::string_view video)> turn{};
    // In place of lists: a manifest of another folder; the clips that it has stored are wanted. Empty: none.
    std::filesystem::path like{};
    std::string list_format{};  // of all of them, by name; empty: recognised by content
    std::string columns{};      // "id=NAME,start=NAME,end=NAME,label=NAME"; empty: by their usual names
    std::chrono::microseconds window{std::chrono::seconds(10)};  // of clips of lists that give one time
    bool negatives = false;  // rows that say that a clip does not show its label are clips, too (HACS)
    bool cc_only = false;    // only rows that say that the video has a Creative Commons license

    std::string split{};  // only rows of this split, in any of its spellings; empty: all
    // Only rows with one of these labels: each a label, several with commas between them where one with a comma is
    // quoted, patterns with * and ?, or "@FILE" with a label a line. Empty: all.
    std::vector<std::string> labels{};
    std::vector<std::string> only{};     // lists of the clips or ids that are wanted; empty: all
    std::vector<std::string> exclude{};  // lists of clips or ids that are not wanted
    std::uint64_t per_label = 0;         // only so many rows of each label; 0: all
    std::uint64_t sample = 0;            // only so many rows, drawn by chance; 0: all
    // Which rows are drawn, the same on every machine. Given, it makes per_label draw, too, instead of taking the first
    // ones.
    std::optional<std::uint64_t> seed{};
    std::uint64_t limit = 0;  // only the first rows that pass; 0: all
    // This part of so many, counted from 1. Videos are spread by their ids, so each machine can take a part of one
    // list.
    unsigned shard = 1, shards = 1;
    // Clips that failed before are not asked for again, except with these reasons or reasons of these classes.
    std::vector<std::string> retry{};
};

// What is done about a video that comes in pieces, or over a protocol of the site's own: nothing, so that its clips
// fail (no_direct_url), or yt-dlp downloads all of it.
enum class fallback_choice : std::uint8_t { none, yt_dlp };

// Access to the bucket of a source "s3://BUCKET/KEY". Nothing of it is written down anywhere.
struct s3_access {
    std::string access_key{};
    std::string secret_key{};
    std::string session_token{};  // of keys that expire
    std::string region = "us-east-1";
    std::string endpoint{};  // an http(s) URL of a server; empty: that of AWS in the region
};

// The source of the videos.
struct source_options {
    // "youtube", a URL with {id} in it, a file of URLs, a folder of videos, "clips:" and a folder of clips, "archive:"
    // and the name or pattern of archives, or "s3://BUCKET/KEY" with {id} in the key.
    std::string name = "youtube";
    s3_access s3{};
    std::shared_ptr<video_source> custom{};  // used instead of `name`: a source that the program brings along
    std::string url_base = "https://www.youtube.com/watch?v=";
    std::string format{};  // yt-dlp's selector; empty: H.264 up to max_height
    int max_height = 360;
    std::filesystem::path cookies{};
    std::vector<std::string> headers{};    // "Name: value", sent to the hosts that URLs name; not for sites
    std::vector<std::string> proxies{};    // each has a quota of its own
    std::optional<double> resolve_rate{};  // videos an hour for each proxy; 0: unlimited; none: 240 for YouTube
    // Instead: player requests an hour, which YouTube counts. A video takes one to three. 0: unlimited.
    std::optional<double> player_rate{};
    bool shares_quota = false;  // the runs of this user on this machine that set it have one quota for each proxy
    std::chrono::milliseconds max_wait{std::chrono::hours(4)};  // for a block of all proxies to end
    std::chrono::milliseconds block_pause{};                    // before the first probe of a block; 0: by its kind
    std::filesystem::path yt_dlp{};
    std::string python{};
    std::size_t resolvers = 0;             // processes of yt-dlp for each proxy; 0: as many as the site can use
    std::filesystem::path yt_dlp_cache{};  // folder for what yt-dlp keeps, such as solver scripts; empty: keeps nothing
    std::string extractors{};              // of yt-dlp, with commas, or "all"; empty: YouTube, and pages with a <video>
    bool metadata = false;                 // what the site says of each video goes into the ledger
    std::string subtitles{};               // languages, with commas, of tracks to cut beside the clips; empty: none
    fallback_choice fallback = fallback_choice::none;
    std::string yt_dlp_parameters{};  // a JSON object laid over those of class YoutubeDL
};

// Options for fetching.
struct fetch_options {
    std::size_t connections = 64;
    std::size_t connections_per_host = 0;  // 0: no limit of its own
    double requests_per_second = 0;        // to one host; 0: as many as it grants
    std::string user_agent{};              // of requests that come without one; empty: "reelpipe/VERSION"
    std::uint64_t rate_limit = 0;          // bytes a second of all transfers together; 0: none
    std::chrono::seconds timeout{30};      // a transfer without an answer, or with next to no bytes, is broken off
    bool allow_private = false;            // redirects, pages and playlists may name addresses of this network
    std::filesystem::path tmp_dir{};       // for what is fetched; empty: inside the output folder
    std::uint64_t tmp_limit = 8ull << 30;  // bytes of temporary files at which all videos but the oldest wait; 0: none
    unsigned attempts = 5;                 // for temporary errors
    // The shortest pause before the second attempt; the longest is twice that. It doubles with each further attempt, up
    // to five minutes.
    std::chrono::milliseconds backoff{1000};
};

// Options for cutting and verifying clips.
struct cut_options {
    cut_mode mode = cut_mode::encode;
    std::string preset = "medium";
    std::string tune{};  // of libx264, such as fastdecode; empty: none
    int crf = 23;
    int gop = 0;                    // the most frames from one key frame to the next; 0: libx264's own
    std::optional<int> b_frames{};  // the most of them in a row; none: as the preset says
    std::string x264_params{};      // name=value:name=value, for libx264 itself
    std::string pixel_format{};     // empty: yuv420p
    bool limited_range = false;     // of full range, frames are brought to limited; else they keep what they have
    int short_side = 0;             // the shorter side has at most so many pixels; 0: as it is
    bool square_pixels = false;     // frames of other pixels are made wider or narrower
    int multiple = 0;               // width and height are cut down to a multiple; 0: to even ones
    std::string frame_rate{};       // as ffmpeg's -r takes it, brought about as its -vf fps does; empty: the source's
    std::string filter{};           // a filter graph of libavfilter with one input and one output
    audio_choice audio = audio_choice::copy;
    bool keep_corrupt = false;  // decode errors inside the segment are kept instead of failing the clip
    bool reproducible = false;  // clips name no library, and their frames do not depend on the CPU
    bool verify_fully = false;  // all frames and audio of a finished clip are decoded, besides its structure
};

// The processes in which libav works.
struct worker_options {
    std::size_t jobs = 0;  // clips cut at once; 0: one per usable CPU core
    // A program that calls run_clip_worker() when it is started with the word "clip-worker". Two sandboxed processes of
    // it per job then read videos, and cut and verify clips. Empty: all of that happens in this process.
    std::filesystem::path program{};
    std::chrono::seconds timeout{600};  // for cutting or verifying one clip in a worker
};

// Output files and folders.
struct output_options {
    std::filesystem::path folder{};
    // For several runs that fill one folder at a time: the folder of what a run keeps for itself, which is otherwise in
    // the output folder (ledger, lock, fetched bytes), and a folder on the output's file system in which its clips are
    // made. Each run has its own two. The output folder then gets clips only. Empty: this run has the folder alone.
    std::filesystem::path state{}, unfinished{};
    std::string trim_format = "%06d";  // of the times in file names
    std::filesystem::path report{};    // empty: download_report.json in the output folder
    std::filesystem::path trace{};     // Chrome trace events of all that the stages do, for Perfetto; empty: none
    bool frame_index = false;          // each clip has its frames' times in a JSON file beside it
    bool mixed = false;                // clips may be made with other options than those that the folder holds
};

// Callbacks for a caller that follows a run. Both are called on the thread of the run and must not throw.
struct run_events {
    std::function<void(severity, const std::string&)> on_message{};  // one line for the user
    std::function<void(const clip_outcome&)> on_clip{};              // each new outcome of a clip, as it happens
};

// Everything that a run is asked for. A value that is not set has the default of the command line.
struct download_options {
    wanted_options wanted{};
    source_options source{};
    fetch_options fetch{};
    cut_options cut{};
    worker_options workers{};
    output_options output{};
    run_events events{};
};

}  // namespace reelpipe

#endif
