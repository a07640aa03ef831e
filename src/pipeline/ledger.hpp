#ifndef REELPIPE_PIPELINE_LEDGER_HPP
#define REELPIPE_PIPELINE_LEDGER_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "pipeline/database.hpp"
#include "reelpipe/clip.hpp"
#include "reelpipe/outcome.hpp"
#include "stages/store/output_file.hpp"

namespace reelpipe {

// What became of a clip, as it is remembered from run to run.
struct clip_record {
    std::optional<reason> failed{};  // nothing: it is stored
    std::string message{};
    unsigned attempts = 0;
    store::stamp file{};  // of the stored clip, when it was verified
    std::int64_t frames = 0;
    std::uint64_t fetched = 0;  // bytes that its video cost, shared by all clips of the video
    double resolve_s = 0, fetch_s = 0, cut_s = 0;
};

// The memory of an output folder: a row for each clip that came to an end.
//
// Rows are written at once but committed in groups, so that a commit does not cost a clip: when the process is killed,
// up to commit_interval of outcomes is forgotten. Their files are found again, because a file that the ledger does not
// know is verified.
// Threads: one at a time.
class ledger {
public:
    static constexpr std::chrono::seconds commit_interval{1};

    // Makes the table in a new file. Throws database_error when the file is damaged or of a later version.
    explicit ledger(database&);
    ledger(const ledger&) = delete;
    ledger& operator=(const ledger&) = delete;
    ~ledger();

    void record(const clip_request&, const clip_record&);

    // Commits when there is something to commit and the interval is over; commit() does so at once.
    void commit_when_due();
    void commit();

private:
    void begin();

    database* database_;
    statement put_;
    bool open_ = false;  // a transaction
    std::chrono::steady_clock::time_point opened_{};
};

}  // namespace reelpipe

#endif
