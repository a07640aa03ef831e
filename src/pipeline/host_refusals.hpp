#ifndef REELPIPE_PIPELINE_HOST_REFUSALS_HPP
#define REELPIPE_PIPELINE_HOST_REFUSALS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/diagnose.hpp"
#include "pipeline/jobs.hpp"

namespace reelpipe {

// A job that failed, what is found of it, and how many requests it took.
struct failed_job {
    job_failed job;
    diagnosis found;
    unsigned attempts = 0;
};

// The refusals of hosts, and whether they are believed. A host that serves nothing says nothing about single videos:
// what it refuses is held back until it serves one. Where asking costs little, the video is then asked for once more,
// and the second refusal counts: one odd answer, a server that restarts, or a limit says nothing about a video either.
//
// Threads: the loop's.
class host_refusals {
public:
    // The takers of what is decided.
    struct decisions {
        std::function<void(const failed_job&)> enter{};         // it failed for good
        std::function<void(const diagnosis&)> leave_pending{};  // its clips stay pending, and the run ends with this
        std::function<void(const diagnosis&)> stop{};           // the run
        std::function<void(const std::string&)> warn{};
    };
    struct options {
        bool names_hosts = false;  // the list, or what stands beside it, does; else all hosts are those of one site
        bool asks_twice = false;   // media are asked for once more
        std::chrono::milliseconds pause{2000};  // before that, at least
    };

    host_refusals(options chosen, decisions takers) : options_(chosen), decide_(std::move(takers)) {}

    // True if it is for add(), as soon as it names its host.
    bool concerns(const diagnosis&) const;
    void add(failed_job);

    // A host has served what was wanted of a video, or the site has found its media.
    void served(const std::string& host, const std::string& video);
    // All of the video was served. If it was refused before, the host has retracted that.
    void served_at_last(video_job&);
    // A host has refused what it was serving.
    void contradicted(video_job&, const std::string& host);

    // A video that is to be asked for once more, not before `when`.
    struct second_request {
        video_ptr video{};
        std::chrono::steady_clock::time_point when{};
    };
    // The next one whose host has served others since it was refused, and whose time has come. Null if there is none.
    video_ptr ready_to_ask_again();
    // All that are left, at the end of the run, but those of hosts that are in doubt.
    std::vector<second_request> take_all();

    // A host of which nothing is believed until it serves something, and a video that it served before, if any.
    struct doubt {
        std::string host{};
        std::string video{};
    };
    // `in_a_row`: only those that have refused so many since they served one.
    std::vector<doubt> doubts(std::size_t in_a_row = 0) const;
    // True once each time that the refusals of one host in a row have become twice as many, from `long_row` on.
    bool has_long_row() { return std::exchange(has_long_row_, false); }
    static constexpr std::size_t long_row = 100;

    // Nothing will be refused any more: what is left is decided. `is_early`: the user wanted the run to end.
    void end(bool is_early);
    // Decides only what was refused twice, of hosts that have served something since.
    void decide_known();

private:
    // A video that was refused, and is asked for once more before that counts.
    struct refusal {
        failed_job of;
        std::chrono::steady_clock::time_point at{};
        bool is_second = false;  // it was refused twice, and the host has served nothing in between
    };

    // The answers of a host.
    struct testimony {
        std::vector<failed_job> held{};  // refused, and not asked for twice
        std::string served{};            // the last video; empty: none
        std::uint64_t serves = 0;
        std::size_t refused = 0;              // of those that are asked for twice
        std::size_t refused_in_a_row = 0;     // since it has served something
        std::vector<failed_job> confirmed{};  // refused twice, and the host has served others in between
        std::uint64_t retracted = 0;
        bool is_told = false;  // the user, of a long row of refusals
    };

    bool is_asked_twice(const diagnosis&) const;
    void hold(failed_job);
    void doubt_first(failed_job);
    void check_row(testimony&, std::size_t in_a_row, const diagnosis&);
    void decide(testimony&);
    bool is_believed(const testimony&) const;
    testimony& testimony_of(const std::string& host);
    std::string key_of(const std::string& host) const;

    options options_;
    decisions decide_;
    std::map<std::string, testimony> testimonies_{};
    std::deque<refusal> refused_{};  // of all hosts
    bool has_served_ = false;        // any host of media
    bool has_long_row_ = false;
};

}  // namespace reelpipe

#endif
