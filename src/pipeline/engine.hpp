#ifndef REELPIPE_PIPELINE_ENGINE_HPP
#define REELPIPE_PIPELINE_ENGINE_HPP

#include <asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "isolation/clip_workers.hpp"
#include "reelpipe/download_options.hpp"
#include "site/locator.hpp"
#include "site/yt_dlp_downloads.hpp"
#include "stages/fetch/disk_budget.hpp"
#include "stages/fetch/fetcher.hpp"
#include "stages/fetch/http_client.hpp"

namespace reelpipe {

// The resources of a run at work: connections, resolvers and worker processes. Made on the loop when the run begins,
// and destroyed there when its stages have ended. Members are destroyed from the last to the first, users before what
// they use.
struct engine {
    // `temporary_folder`: a folder for what is fetched, which must exist. `planners`: the pool on which indexes are
    // read. `reference`: a video that the source had before, if any. Throws usage_error.
    engine(const asio::any_io_executor& loop, const asio::any_io_executor& planners, const download_options&,
           std::filesystem::path temporary_folder, wait_hooks, const std::string& reference);
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;
    ~engine() = default;

    // Null: libav works in this process.
    clip_workers* workers() { return cutting_workers ? &*cutting_workers : nullptr; }

    std::optional<clip_workers> cutting_workers;   // for what runs on the CPU pool, and for files that exist already
    std::optional<clip_workers> planning_workers;  // of their own: no video waits for a cut of another one
    std::stop_source planning_stop;
    std::filesystem::path temporary;             // for what is fetched or unpacked
    std::shared_ptr<fetch::disk_budget> budget;  // of the files there; none: no limit
    locator source;
    fetch::http_client http;
    fetch::fetcher fetcher;
    std::optional<yt_dlp_downloads> downloads;  // where --fallback asks for them

    std::uint64_t received() const { return http.bytes() + (downloads ? downloads->bytes() : 0); }  // bytes of media

private:
    fetch::media_probe media_probe();
};

}  // namespace reelpipe

#endif
