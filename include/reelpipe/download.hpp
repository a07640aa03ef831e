#ifndef REELPIPE_DOWNLOAD_HPP
#define REELPIPE_DOWNLOAD_HPP

#include <asio/awaitable.hpp>
#include <memory>
#include <vector>

#include <reelpipe/download_options.hpp>
#include <reelpipe/progress.hpp>
#include <reelpipe/usage_error.hpp>

namespace reelpipe {

// One run over annotation lists: every wanted clip ends up stored, failed with a reason, or pending.
//
// The lists are read by the constructor, so that what is wrong with them shows before anything is fetched. The output
// folder belongs to one run at a time; a later run on the same folder goes on where this one ended, however it ended.
//
//     downloader run({.wanted = {.lists = {"val.csv"}}, .output = {.folder = "clips"}});
//     const download_summary s = co_await run.run();
//
// Threads: run() on one executor that runs one handler at a time; CPU work on threads of its own, which end with
// run(). drain(), cancel(), now() and stages() from anywhere. Needs to outlive run().
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
    std::vector<stage_stats> stages() const;  // so far, in the order of the flow

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace reelpipe

#endif
