#ifndef REELPIPE_DOWNLOAD_HPP
#define REELPIPE_DOWNLOAD_HPP

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <reelpipe/clip.hpp>
#include <reelpipe/message.hpp>
#include <reelpipe/outcome.hpp>
#include <reelpipe/pipeline.hpp>
#include <reelpipe/video_source.hpp>

namespace reelpipe {

// What the user asked for cannot be done: an unreadable list, a wrong option, a folder in use. Nothing was fetched.
struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// How clips are made of videos: frames encoded anew, or packets copied and what is around the segment hidden by edit
// lists.
enum class cut_mode : std::uint8_t { encode, lossless };

// What becomes of a video's audio: copied where MP4 carries it and encoded as AAC else, encoded in any case, left out.
enum class audio_choice : std::uint8_t { copy, aac, none };

// What became of one clip in a run.
struct clip_outcome {
    enum class standing { stored, exists, failed };

    clip_request clip{};
    std::string id{};  // the name that reports and files have for it
    standing how = standing::stored;
    std::optional<reason> why{};  // of a failure
    std::string message{};
    unsigned attempts = 0;
    std::uint64_t bytes = 0;  // of the file
    std::int64_t frames = 0;
    double duration_s = 0;
    std::string streams{};      // "h264 320x180, audio"
    std::uint64_t fetched = 0;  // bytes that its video cost, shared by all clips of the video
    double resolve_s = 0, fetch_s = 0, cut_s = 0, verify_s = 0, store_s = 0;
};

struct download_options {
    // What is wanted
    std::vector<std::string> lists{};  // annotation lists; "-" is the standard input
    std::filesystem::path output{};
    std::string split{};                 // only rows of this split; empty: all
    std::vector<std::string> labels{};   // only rows with one of these labels; empty: all
    std::uint64_t limit = 0;             // only the first rows that pass; 0: all
    std::vector<std::string> exclude{};  // lists whose clips (video and segment) are not wanted
    // This part of so many, counted from 1; videos are spread by their ids, so every machine can have a part of one
    // list
    unsigned shard = 1, shards = 1;
    // What failed before is not asked for again, except with these reasons, or with reasons of these classes
    std::vector<std::string> retry{};

    // Where it comes from: "youtube", a URL with {id} in it, or a folder of whole videos
    std::string source = "youtube";
    std::shared_ptr<video_source> custom_source{};  // instead, one that the program brings along
    std::string url_base = "https://www.youtube.com/watch?v=";
    std::string format{};  // yt-dlp's selector; empty: H.264 up to max_height
    int max_height = 360;
    std::filesystem::path cookies{};
    std::vector<std::string> proxies{};    // several: each is asked with a quota of its own
    std::optional<double> resolve_rate{};  // videos an hour on each way; 0: no bounds; none: 240 for YouTube
    std::chrono::milliseconds max_wait{std::chrono::hours(4)};  // for a block of all ways to end
    std::chrono::milliseconds block_pause{};                    // before the first probe of a block; 0: by its kind
    std::filesystem::path yt_dlp{};
    std::string python{};
    std::size_t resolvers = 2;
    std::string yt_dlp_parameters{};  // a JSON object laid over those of class YoutubeDL; not checked

    // How it is fetched
    std::size_t connections = 64;
    std::size_t connections_per_host = 0;  // 0: no limit of its own
    std::uint64_t rate_limit = 0;          // bytes a second of all transfers together; 0: none
    std::chrono::seconds timeout{30};      // without an answer, or with next to no bytes, a transfer is broken off
    bool allow_private = false;            // redirects, pages and playlists may name addresses of this network
    std::uint64_t tmp_limit = 8ull << 30;  // bytes of temporary files at which all videos but the oldest wait; 0: none
    unsigned attempts = 5;
    std::chrono::milliseconds backoff{1000};  // at least, and at most twice that, before the second attempt; doubles
                                              // with each further one, to five minutes
    std::filesystem::path tmp_dir{};          // of what is fetched; empty: inside the output folder

    // How it is cut
    cut_mode mode = cut_mode::encode;
    std::string preset = "medium";
    int crf = 23;
    int gop = 0;                 // the most frames from one key frame to the next; 0: libx264's own
    std::string pixel_format{};  // empty: yuv420p
    int short_side = 0;          // the shorter side has at most so many pixels; 0: as it is
    std::string frame_rate{};    // as ffmpeg's -r takes it; empty: the source's
    std::string filter{};        // a filter graph of libavfilter with one input and one output
    audio_choice audio = audio_choice::copy;
    bool keep_corrupt = false;  // decode errors inside the segment are kept instead of failing the clip
    bool verify_fully = false;  // every frame and audio of a finished clip is decoded, besides its structure
    std::size_t jobs = 0;       // clips cut at once; 0: one a usable core
    // A program that calls run_clip_worker() when it is started with the word "clip-worker": videos are then read, and
    // clips cut and verified, in two processes of it a job, which can do nothing else. Empty: in this process.
    std::filesystem::path worker{};
    std::chrono::seconds cut_timeout{600};  // for cutting or verifying one clip in a worker

    // What is written
    std::string trim_format = "%06d";
    std::filesystem::path report{};  // empty: download_report.json in the output folder
    std::filesystem::path trace{};   // Chrome trace events of all that the stages do, for Perfetto; empty: none
    bool mixed = false;              // clips may be made with other options than those that the folder holds

    // Called on the thread of the run, with one line for the user; must not throw.
    std::function<void(severity, const std::string&)> on_message{};
    // Called there for every clip whose outcome is new, as it happens; must not throw.
    std::function<void(const clip_outcome&)> on_clip{};
};

// How far a run is. Clips are counted once each: clips = stored + exists + failed + those still to come.
struct progress {
    std::uint64_t clips = 0, videos = 0;
    std::uint64_t stored = 0;  // made by this run
    std::uint64_t exists = 0;  // there before, and verified
    std::uint64_t failed = 0;
    std::uint64_t failed_before = 0;  // of these: in an earlier run, and not asked for again
    std::map<reason, std::uint64_t> failures{};
    std::uint64_t fetched = 0;  // bytes received
    std::size_t cutting = 0, jobs = 0;
    double elapsed_s = 0;
    double resolves_per_hour = 0;        // more videos than this are not asked for; 0: without bounds
    std::optional<reason> held_up_by{};  // no video is asked for until this has passed
    std::size_t under_way = 0;           // clips whose videos were begun, at most
    bool draining = false;
};

// How a run ended.
struct download_summary {
    progress totals{};
    std::uint64_t pending = 0;  // clips whose turn did not come; the next run goes on with them
    ending end = ending::complete;
    std::optional<reason> stopped_by{};  // a condition of the site, the network, the disk or the installation
    std::string stop_message{};
    std::uint64_t bad_rows = 0, duplicates = 0;
    std::map<reason, std::string> examples{};  // "clip id: what was said" for each reason of totals.failures
    std::vector<stage_stats> stages{};
    std::filesystem::path report{};
};

// One run over annotation lists: every wanted clip ends up stored, failed with a reason, or pending.
//
// The lists are read by the constructor, so that what is wrong with them shows before anything is fetched. The output
// folder belongs to one run at a time; a later run on the same folder goes on where this one ended, however it ended.
//
//     downloader run({.lists = {"val.csv"}, .output = "clips"});
//     const download_summary s = co_await run.run();
//
// Threads: run() on one executor that runs one handler at a time; CPU work on threads of its own, which end with
// run(). drain(), cancel() and now() from anywhere. Needs to outlive run().
class downloader {
public:
    // Throws usage_error.
    explicit downloader(download_options);
    downloader(const downloader&) = delete;
    downloader& operator=(const downloader&) = delete;
    ~downloader();

    // Once. Failures of clips are in the summary; what it throws are failures of the run itself (the ledger cannot be
    // written, say). The report is written in any case. Asio's terminal cancellation works as cancel(), after
    // which this throws operation_aborted; for partial and total ones there is drain().
    asio::awaitable<download_summary> run() &;

    void drain();   // take nothing new, finish what is in flight, try nothing again
    void cancel();  // drop what is in flight
    progress now() const;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace reelpipe

#endif
