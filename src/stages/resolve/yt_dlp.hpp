#ifndef REELPIPE_STAGES_RESOLVE_YT_DLP_HPP
#define REELPIPE_STAGES_RESOLVE_YT_DLP_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "reelpipe/video_source.hpp"

namespace reelpipe::resolve {

struct yt_dlp_options {
    std::string url_base = "https://www.youtube.com/watch?v=";  // the video's id goes behind it, percent-encoded
    // A selector in yt-dlp's language; empty: H.264 up to max_height, as files for video and audio or as one for
    // both; other codecs, and at last HLS, when there is nothing else.
    std::string format{};
    int max_height = 360;
    bool with_audio = true;
    std::filesystem::path cookies{};  // Netscape format; read by every worker, written by none
    std::string proxy{};              // empty: none, whatever the environment says
    // The yt-dlp program, a zipapp of it, or a folder that holds the module yt_dlp; empty: `yt-dlp` of PATH, else what
    // `python` can import. Of a program that holds no module, as builds that bring their own interpreter are, each
    // video takes a new process; such a one of PATH is left alone where `python` is named.
    std::filesystem::path yt_dlp{};
    std::string python{};  // empty: the one that yt_dlp names in its first line, else python3
    std::size_t workers = 2;
    std::chrono::milliseconds deadline{90'000};  // for one video; yt-dlp's own time-outs count single socket operations
    // yt-dlp keeps what it learns for ever: a worker that has answered so many calls, or grown so large, is replaced.
    unsigned worker_calls = 2000;
    std::uint64_t worker_bytes = 256u << 20;
    std::filesystem::path cache{};  // folder in which yt-dlp keeps what it fetches for itself; empty: it keeps nothing
    // Names of extractors, with commas between them; empty: YouTube's, and those of files and pages with a <video>.
    // "all" are more than a thousand, which takes a worker 25 MB and 10 ms a page more.
    std::string extractors{};
    bool metadata = false;  // resolved_video::metadata is wanted
    // Languages of media_source::subtitles, as yt-dlp names them, with commas: "en", "en.*"; empty: none are wanted.
    std::string subtitles{};
    bool public_only = false;  // tracks of subtitles at addresses that are not public are left out
    bool fallback = false;     // a format without a URL becomes a yt_dlp_file; else it is no_direct_url
    // A JSON object laid over the parameters of class YoutubeDL, for what no option above covers. Not checked.
    std::string parameters{};
};

// yt-dlp does not understand yt_dlp_options::format.
class bad_selector : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

// yt-dlp has no extractor of a name in yt_dlp_options::extractors. what() is the name.
class no_such_extractor : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

struct yt_dlp_versions {
    std::string yt_dlp;                  // 2023.03.04
    std::string python;                  // 3.11.2; empty: unknown, each video takes a new process
    std::vector<std::string> scripts;    // the JavaScript runtimes that it found: "deno 2.3.0"
    bool wants_scripts = false;          // it runs the site's scripts by such a runtime; older versions read them
    std::vector<std::string> unfit{};    // runtimes that are too old for it: "node 20.20.2, older than 22.0.0"
    bool has_solver = false;             // it has the script that solves the site's challenges, or may fetch it
    std::vector<std::string> clients{};  // the players of YouTube that it pretends to be; empty: unknown
    std::vector<std::string> unknown_options{};  // of yt_dlp_options::parameters: this version has none of that name
};

// What it runs the site's scripts with: "none (node 20.20.2, older than 22.0.0); asks YouTube as visionos". Empty for a
// version that needs nothing for it.
std::string scripts_in_words(const yt_dlp_versions&);

// The options that mean nothing to this version, as a sentence; empty if it knows all.
std::string unknown_options_in_words(const yt_dlp_versions&);

// A warning for the user if this version is too old to rely on; empty if not.
std::string age_warning(const std::string& version, std::chrono::system_clock::time_point now);

// Finds the media of videos with yt-dlp, in long-lived Python processes.
//
// A worker imports yt_dlp once and answers one request at a time; a video then costs milliseconds where a run of the
// program costs a second. Workers start with start() or when they are first needed, and again after they died. A call
// that passes its deadline, or is cancelled under way, costs its worker: it is killed. Nothing outlives the pool, and
// workers die with us.
//
// Threads: everything belongs to `executor`, which runs one handler at a time. Calls end before the pool does.
class yt_dlp : public video_source {
public:
    // Throws std::invalid_argument for options that cannot work.
    yt_dlp(asio::any_io_executor executor, yt_dlp_options options);
    yt_dlp(const yt_dlp&) = delete;
    yt_dlp& operator=(const yt_dlp&) = delete;
    ~yt_dlp() override;

    // Starts all workers, so that a missing or broken installation shows before the first video. Throws source_error:
    // resolver_missing says what to install; and bad_selector, which a program for each video does not tell before the
    // first one.
    asio::awaitable<yt_dlp_versions> load();
    asio::awaitable<std::vector<message>> start() override;
    std::string version() const override;

    // Any number of calls at a time; what is beyond the number of workers waits its turn. Throws source_error;
    // without load() before it, bad_selector.
    asio::awaitable<resolved_video> resolve(std::string video) override;
    bool urls_expire() const override { return true; }

private:
    class pool;
    std::shared_ptr<pool> pool_;  // shared with the calls under way
};

}  // namespace reelpipe::resolve

#endif
