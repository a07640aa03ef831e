#include "site/yt_dlp_downloads.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "site/locator.hpp"
#include "stages/fetch/errors.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view folder_prefix = "reelpipe-yt-dlp-";

int lock_folder(const fs::path& folder)
{
    const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0 || flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
    close(descriptor);
    return -1;
}

// A folder for one download. It is locked as long as it is in use, and gone in the end.
class work_folder {
public:
    explicit work_folder(const fs::path& parent)
    {
        std::string name = (parent / (std::string(folder_prefix) + "XXXXXX")).string();
        if (!mkdtemp(name.data()))
            throw std::system_error(errno, std::generic_category(), "make a folder in " + parent.string());
        path_ = name;
        lock_ = lock_folder(path_);
    }
    work_folder(const work_folder&) = delete;
    work_folder& operator=(const work_folder&) = delete;
    ~work_folder()
    {
        std::error_code stays;
        fs::remove_all(path_, stays);
        if (lock_ >= 0) close(lock_);
    }
    fs::path file() const { return path_ / "video"; }

private:
    fs::path path_;
    int lock_ = -1;
};

// Folders of runs that were killed.
void remove_abandoned(const fs::path& parent)
{
    std::error_code unreadable;
    for (const fs::directory_entry& entry : fs::directory_iterator(parent, unreadable)) {
        if (!entry.path().filename().string().starts_with(folder_prefix)) continue;
        const int lock = lock_folder(entry.path());
        if (lock < 0) continue;
        std::error_code stays;
        fs::remove_all(entry.path(), stays);
        close(lock);
    }
}

resolve::download_limits limits_for(const fetch_options& options, std::size_t at_once)
{
    resolve::download_limits limits;
    if (options.tmp_limit > 0) limits.bytes = std::min(limits.bytes, options.tmp_limit);
    limits.stall = options.timeout;
    if (options.rate_limit > 0) limits.bytes_per_second = std::max<std::uint64_t>(options.rate_limit / at_once, 1);
    return limits;
}

}  // namespace

yt_dlp_downloads::yt_dlp_downloads(const asio::any_io_executor& loop, const source_options& source,
                                   const fetch_options& fetch, fs::path temporary,
                                   std::shared_ptr<fetch::disk_budget> budget)
    : options_(yt_dlp_options_for(source, true, {})),
      limits_(limits_for(fetch, resolvers_for(source))),
      allow_private_(fetch.allow_private),
      limited_by_budget_(limits_.bytes < resolve::download_limits{}.bytes),
      temporary_(std::move(temporary)),
      budget_(std::move(budget)),
      door_(loop, resolvers_for(source))
{
    remove_abandoned(temporary_);
}

asio::awaitable<void> yt_dlp_downloads::bring(fetch::held_video& video, media_source source)
{
    const auto is_missing = [&](std::size_t i) {
        return std::holds_alternative<yt_dlp_file>(source.files[i]) &&
               (i >= video.files.size() || !video.files[i].bytes);
    };
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < source.files.size(); ++i)
        if (is_missing(i)) missing.push_back(i);
    if (missing.empty()) co_return;

    if (budget_ && !video.disk) video.disk = budget_->begin_video();
    try {
        co_await bring_missing(video, std::move(source), std::move(missing));
    } catch (...) {
        if (video.disk) video.disk->rest();  // it may come back behind others
        throw;
    }
}

asio::awaitable<void> yt_dlp_downloads::bring_missing(fetch::held_video& video, media_source source,
                                                      std::vector<std::size_t> missing)
{
    if (video.disk) video.disk->rest();  // who waits for a turn does not hold up those that wait for room
    const resolve::async_semaphore::place inside = co_await door_.enter();
    if (video.disk) video.disk->resume();
    video.files.resize(source.files.size());
    for (const std::size_t i : missing) {
        yt_dlp_file wanted = std::get<yt_dlp_file>(source.files[i]);
        co_await bring_file(video.files[i], video.disk, std::move(wanted));
        video.counts.bytes += video.files[i].bytes->size();
    }
}

asio::awaitable<void> yt_dlp_downloads::bring_file(fetch::held_video::file& file,
                                                   std::shared_ptr<fetch::disk_share> share, yt_dlp_file wanted)
{
    fetch::disk_room room;
    if (share) room = co_await share->room_for(limits_.bytes);
    const work_folder folder(temporary_);
    fs::path to = folder.file();
    wanted.public_only = wanted.public_only && !allow_private_;
    try {
        co_await resolve::download_file(options_, std::move(wanted), std::move(to), limits_);
    } catch (const source_error& e) {
        if (e.why() != reason::too_large || !limited_by_budget_) throw;
        throw source_error(reason::no_direct_url, fmt::format("yt-dlp was to download more than the {} bytes of "
                                                              "--tmp-limit; give it more",
                                                              limits_.bytes));
    }
    if (!fs::exists(folder.file())) throw source_error(reason::no_direct_url, "yt-dlp left no file");
    std::shared_ptr<fetch::sparse_file> bytes = fetch::sparse_file::of(folder.file(), share);
    room.spend(bytes->size());
    if (bytes->size() == 0) throw fetch::not_media_error("yt-dlp downloaded an empty file", "");
    bytes_ += bytes->size();
    file.bytes = std::move(bytes);
    file.is_local = true;
}

}  // namespace reelpipe
