#ifndef REELPIPE_LEDGER_LEDGER_HPP
#define REELPIPE_LEDGER_LEDGER_HPP

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/database.hpp"
#include "reelpipe/clip.hpp"
#include "reelpipe/outcome.hpp"
#include "stages/store/output_file.hpp"

namespace reelpipe {

// The outcome of a clip, as the ledger keeps it from run to run.
struct clip_record {
    std::optional<reason> failed{};  // nothing: it is stored
    std::string message{};
    unsigned attempts = 0;
    store::file_signature file{};  // of the stored clip, when it was verified
    std::int64_t frames = 0;
    double duration_s = 0;
    double missing_s = 0;      // shorter than asked for: the video ends, or shows no new frame there
    std::string streams{};     // "h264 320x180, audio"
    std::int64_t packets = 0;  // of the video, shown or not; 0: unknown
    std::string source{};      // what it was cut from: "MP4, h264 640x360, 25 fps, aac"; empty: unknown
    // The next two are for a clip that was to be cut smartly.
    std::int64_t copied = 0;        // of its frames
    std::string encoded_because{};  // why none was
    std::uint64_t fetched = 0;      // bytes that its video cost, shared by all clips of the video
    std::uint64_t whole = 0;        // bytes of the video's whole files; 0: unknown
    double resolve_s = 0, fetch_s = 0, cut_s = 0, verify_s = 0, store_s = 0;
    std::int64_t asked = 0;     // of a failure: asked_by::for_failure(); 0: unknown
    std::int64_t recorded = 0;  // seconds since 1970; 0: now
};

// An attempt that failed, whatever became of it then.
struct attempt_record {
    std::string video{};
    std::optional<segment> wanted{};  // none: all clips of the video that were wanted
    unsigned number = 0;              // of this run, from 1
    std::string address{};            // of the media, without what may be secret in it; empty: not known yet
    std::string host{};               // that is at fault; empty: none is
    reason why = reason::unknown;
    std::string message{};
};

// A video whose bytes have come.
struct fetch_record {
    std::string host{};
    std::uint64_t bytes = 0;
    double fetch_s = 0;
};

// What was said of a video that was found.
struct description_record {
    std::string video{};
    std::string metadata{};  // by its site, as JSON; empty: nothing, or nobody asked
    std::string warnings{};  // by the resolver, a line each
};

// A list of rows.
struct list_record {
    std::string name{};    // as the user gave it
    std::string sha256{};  // of the file; empty: it was none that can be read twice
};

// A run as the ledger remembers it, so that each clip's row can say what made it.
struct run_record {
    std::string resolver{};  // "yt-dlp 2023.03.04"; empty: nothing but URLs or files
    std::string options{};   // JSON, those that shape the clips
    std::string lists{};     // JSON, their names
    std::vector<list_record> listed{};
};

// The memory of an output folder: a row for each clip that came to an end, and one for each run.
//
// Rows are written at once but committed in groups, so that a commit does not cost a clip: when the process is killed,
// up to a second of outcomes is forgotten. Their files are found again, because a file that the ledger does not know is
// verified. Who owns the ledger calls commit_when_due() every commit_interval, also when nothing comes in.
// Threads: one at a time.
class ledger {
public:
    static constexpr std::chrono::milliseconds commit_interval{500};

    // Makes the tables in a new file and brings old ones up to date. Throws database_error; usage_error when the file
    // is of a later version.
    explicit ledger(database&);
    ledger(const ledger&) = delete;
    ledger& operator=(const ledger&) = delete;
    ~ledger();

    // Outcomes from here on belong to this run.
    void begin_run(const run_record&);

    // `measured`: JSON, how it went. `pending`: the clips that it leaves without an outcome, by label.
    void end_run(std::string_view ending, std::string_view measured = {},
                 const std::map<std::string, std::uint64_t>& pending = {});

    void record(const clip_request&, const clip_record&);

    // The last ones of each video are kept.
    void record(const attempt_record&);

    void record(const fetch_record&);

    // The last one of a video is kept.
    void record(const description_record&);

    // The mean size of the stored clips; nothing if there is none.
    std::optional<double> mean_clip_bytes() const;

    // A video that was there not long ago; empty: none is known.
    std::string last_stored_video() const;

    // Commits when there is something to commit and the interval is over; commit() does so at once.
    void commit_when_due();
    void commit();

    // From here on, only commit(), begin_run() and end_run() commit: for a ledger that is of use as a whole or not at
    // all.
    void hold() { is_held_ = true; }

private:
    void begin();
    void add_to_host(std::string_view name, const fetch_record&, std::int64_t videos, std::int64_t failed);

    database* database_;
    statement put_, put_attempt_, forget_attempts_, add_to_host_, put_description_;
    std::int64_t run_ = 0;
    bool open_ = false;  // a transaction
    bool is_held_ = false;
    std::chrono::steady_clock::time_point opened_{};
};

}  // namespace reelpipe

#endif
