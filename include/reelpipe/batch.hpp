#ifndef REELPIPE_BATCH_HPP
#define REELPIPE_BATCH_HPP

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <reelpipe/download.hpp>

namespace reelpipe {

// Many processes on many machines fill one folder, which they share: the root. A plan in it divides the clips of lists
// into shards. What exists is in the root, too: each clip under its name, and for each finished shard a manifest, which
// is written once. Whatever hands out the work may hand out a part twice, or forget it.

// A part of a root's work: the plan itself, or one of its repairs, which are counted from 1.
struct batch_place {
    std::filesystem::path root{};
    unsigned repair = 0;  // 0: the plan
};

// What a plan says.
struct batch_plan {
    std::string id{};      // SHA-256, hexadecimal, of what is to be made: rows, shards, options that shape clips
    std::string parent{};  // of a repair, the id of the root's plan; else empty
    std::uint64_t clips = 0, videos = 0;
    std::uint32_t shards = 0;                      // counted from 0; all clips of a video are in one of them
    std::uint64_t shard_clips = 0;                 // the number that was asked for
    std::uint32_t shards_per_task = 1;             // task 0 has the first ones, and so on
    unsigned max_tasks = 0;                        // at a time
    bool one_address = false;                      // sites see all tasks under one address
    bool hashes = false;                           // manifests have the SHA-256 of clips
    unsigned transient_percent = 0;                // of a shard's clips may fail for the time being
    std::map<std::string, std::string> options{};  // that shape clips, as the command line spells them
    std::map<std::string, std::string> lists{};    // names and SHA-256 of the lists; empty: they cannot be read twice

    std::uint32_t tasks() const { return shards / shards_per_task + (shards % shards_per_task != 0); }
};

struct batch_plan_options {
    download_options run{};  // output.folder is the root
    std::uint64_t shard_clips = 500;
    std::uint64_t task_clips = 8000;
    unsigned max_tasks = 16;
    bool one_address = false;
    bool hashes = false;
    unsigned transient_percent = 5;
    std::string options_file{};  // a text that is kept beside the plan for those who run it
};

struct batch_plan_summary {
    batch_plan plan{};
    std::uint64_t rows = 0, bad_rows = 0, duplicates = 0;
    bool was_there =
        false;  // the same plan; the size of tasks and what else does not shape clips is brought up to date
};

// Reads the lists and writes the plan. Throws usage_error: what is wrong with lists or options, or the root has another
// plan, or clips that no plan knows of. Blocks.
batch_plan_summary make_batch_plan(const batch_plan_options&);

// Throws usage_error: there is no plan, or one that this reelpipe cannot read.
batch_plan read_batch_plan(const batch_place&);

// The file that was given as options_file.
std::filesystem::path batch_options_file(const batch_place&);

struct batch_run_options {
    batch_place place{};
    std::vector<std::uint32_t> shards{};  // in the order in which they are begun
    download_options run{};               // what it says of lists and of the output is not used
    std::filesystem::path scratch{};  // a folder of this machine, which need not be empty; empty: that of the system
};

// How a task ended, for who scheduled it.
enum class batch_end : std::uint8_t {
    done,           // each shard has its manifest
    try_again,      // what is missing may succeed later
    impossible,     // the plan of a shard is damaged
    configuration,  // the installation or the options; each task would end so
};

struct batch_summary {
    std::uint64_t had_manifest = 0;                       // shards that were done before
    std::uint64_t committed = 0;                          // shards whose manifest is this task's
    std::uint64_t lost = 0;                               // shards whose manifest another task placed meanwhile
    std::uint64_t left = 0;                               // shards without a manifest
    std::uint64_t stored = 0, failed = 0, transient = 0;  // clips of committed shards
    batch_end end = batch_end::done;
    std::string why{};  // it is not done
};

// A task: works on some shards of a plan as one flow, in which the next shard begins while the last one ends.
//
// Clips are placed in the root under names that nothing has; a file that is there already and is a good clip counts.
// When each clip of a shard is stored, or failed in a way that holds, the shard's manifest is placed. Failures that
// may pass are tried once more at the end of the task; of a shard that then has too many of them there is no manifest.
// Any number of tasks may work on the same shards.
// Threads: one; run() on one executor that runs one handler at a time, and the rest on its thread. Needs to outlive
// run().
class batch_task {
public:
    // Throws usage_error.
    explicit batch_task(batch_run_options);
    batch_task(const batch_task&) = delete;
    batch_task& operator=(const batch_task&) = delete;
    ~batch_task();

    // Once. Throws what ends a run; see downloader.
    asio::awaitable<batch_summary> run() &;

    void drain();   // begin nothing new, finish what is in flight
    void cancel();  // drop what is in flight
    progress now() const;
    std::vector<stage_stats> stages() const;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

// A process that says that it works on the root.
struct batch_worker {
    std::string attempt{};  // the name of its folder in the root
    std::string host{};
    std::uint64_t shards = 0;  // that it has still to finish
    std::uint64_t clips_done = 0, clips = 0;
    double elapsed_s = 0;
    double silent_s = 0;     // since it last said so
    bool is_silent = false;  // for so long that it is taken to be gone
};

struct batch_status {
    batch_plan plan{};
    std::vector<std::uint32_t> missing{};  // shards without a manifest
    std::vector<std::uint32_t> damaged{};  // of the others: the manifest cannot be read, or is of another plan
    std::vector<batch_worker> workers{};
    // Of finished shards
    std::uint64_t stored = 0, failed = 0, transient = 0, bytes = 0;
    std::map<reason, std::uint64_t> failures{};
    // From manifests of the last hour: clips that came to an end; none where there are too few
    std::optional<double> clips_per_hour{};
    std::optional<double> left_s{};

    std::uint64_t done() const { return plan.shards - missing.size() - damaged.size(); }
};

// Reads the first line of each manifest, and the heartbeats of workers. Changes nothing. Throws usage_error.
batch_status status_of_batch(const batch_place&);

// The tasks to which these shards belong, in order.
std::vector<std::uint32_t> tasks_of(const batch_plan&, const std::vector<std::uint32_t>& shards);

struct batch_merge_options {
    std::filesystem::path root{};
    bool partial = false;  // shards without a manifest are left out
};

struct batch_merge_summary {
    std::uint64_t stored = 0, failed = 0, transient = 0;
    std::uint64_t missing_shards = 0, missing_clips = 0;
    std::uint64_t repaired = 0;  // clips that failed in the plan and are stored by a repair
};

// Makes of the manifests of a plan and its repairs what `download` leaves in its folder: the ledger, the report, the
// card; and clips.jsonl, which has a line for each clip. The same manifests give the same files. Clips are not read.
// Throws usage_error: a manifest is missing or damaged, or runs of `download` have gone on in the folder.
batch_merge_summary merge_batch(const batch_merge_options&);

struct batch_repair_options {
    std::filesystem::path root{};
    // Failures with these reasons, or reasons of these classes, besides those that may pass by themselves.
    std::vector<std::string> retry{};
};

struct batch_repair_summary {
    unsigned number = 0;  // of the repair; 0: no clip is to be repaired
    batch_plan plan{};
};

// Plans the clips that failed for the time being and are not stored since. Throws usage_error: a shard has no manifest
// yet, or the repair before this one has not ended.
batch_repair_summary repair_batch(const batch_repair_options&);

struct batch_gc_summary {
    std::uint64_t removed = 0, kept = 0;  // attempts
};

// Removes what tasks left that have been silent for so long. Throws usage_error, std::system_error.
batch_gc_summary collect_batch_garbage(const std::filesystem::path& root, std::chrono::seconds silent_for);

}  // namespace reelpipe

#endif
