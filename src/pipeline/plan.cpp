#include "reelpipe/plan.hpp"

#include <filesystem>

#include "ledger/database.hpp"
#include "ledger/ledger.hpp"
#include "ledger/work_left.hpp"
#include "ledger/work_list.hpp"
#include "pipeline/checked_options.hpp"
#include "pipeline/list_intake.hpp"
#include "site/locator.hpp"

namespace reelpipe {

download_plan plan(const download_options& options)
try {
    const checked_options checked(options);
    const std::filesystem::path remembered = options.output.folder / ".reelpipe" / "ledger.sqlite";
    const bool has_ledger = !options.output.folder.empty() && std::filesystem::exists(remembered);
    database db(has_ledger ? remembered : std::filesystem::path(":memory:"));
    const ledger with_tables(db);
    work_list wanted(db, std::filesystem::temp_directory_path());
    download_plan counts;
    counts.bad_rows = read_lists(options.wanted, is_youtube(options.source), options.events, wanted);
    const work_list::size size = wanted.seal();
    // Without a ledger all of it is left, and need not be read once more.
    const work_left left =
        has_ledger ? count_work(wanted, {.reasons = checked.retry,
                                         .asking = asked_by(options.source, options.cut.audio != audio_choice::none)})
                   : work_left{.clips = size.clips, .videos = size.videos};
    counts.rows = size.rows;
    counts.duplicates = size.rows - size.clips;
    counts.clips = size.clips;
    counts.videos = size.videos;
    counts.stored = left.stored;
    counts.failed = left.failed;
    counts.clips_left = left.clips;
    counts.videos_left = left.videos;
    counts.resolves_per_hour = resolves_per_hour(options.source);
    if (counts.resolves_per_hour <= 0) return counts;
    counts.quota_time = quota_time(options.source, left.videos);
    constexpr std::uint64_t most_player_requests = 3;  // of a video, by the players that yt-dlp pretends to be
    if (is_youtube(options.source))
        counts.player_quota_time = quota_time(options.source, left.videos * most_player_requests);
    return counts;
} catch (const database_error& e) {
    throw usage_error(e.what());
}

}  // namespace reelpipe
