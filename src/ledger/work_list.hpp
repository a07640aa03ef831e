#ifndef REELPIPE_LEDGER_WORK_LIST_HPP
#define REELPIPE_LEDGER_WORK_LIST_HPP

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "ledger/database.hpp"
#include "ledger/ledger.hpp"
#include "ledger/row_notes_file.hpp"
#include "reelpipe/clip.hpp"

namespace reelpipe {

// A clip of the lists, with what earlier runs made of it.
struct wanted_clip {
    std::uint64_t row = 0;  // its place in the lists
    clip_request clip{};
    std::optional<clip_record> before{};
};

// The outcome of a row at the end of this run.
enum class row_status : std::uint8_t {
    pending,
    stored,
    exists,
    failed,
    repeated,  // it names the clip of an earlier row
};

// The clips that this run is asked for.
//
// They live in temporary tables of the ledger's database, on disk, where that keeps its own; in memory a row costs one
// byte. Rows with the same video, segment and label are one clip; the first of them counts. Threads: one at a time,
// that of the ledger.
class work_list {
public:
    // The turn of a video; within a turn, videos are in the order of their ids.
    using turn_function = std::function<std::uint32_t(std::string_view video)>;

    // The remarks on rows are kept in a file in the folder `temporary`. Without a function, all videos have one turn.
    work_list(database&, const std::filesystem::path& temporary, turn_function = {});

    // Clips of this video and segment, whatever their label, are not admitted; of a whole video ([0, 0)), no clip is.
    void exclude(const clip_request& named) { excluded_.insert(named); }
    // Once there is one of these, only such clips are admitted.
    void allow(const clip_request& named) { allowed_.insert(named); }
    bool admits(const clip_request&);
    bool has_excluded() const { return has_excluded_; }  // one of those that were asked about

    void add(const clip_request&);
    std::uint64_t rows() const { return statuses_.size(); }

    struct size {
        std::uint64_t rows = 0, clips = 0, videos = 0;
    };
    // Ends the adding, sorts and counts.
    size seal();

    // So many clips are read at a time: few enough that what waits in memory is small, enough that reading costs
    // little.
    static constexpr std::size_t page_size = 2048;

    // The clips that follow `last` in the order of (turn, video, segment, label), at most `most` of them; clips of one
    // video are neighbours, and so are those of one segment. An empty answer is the end.
    std::vector<wanted_clip> after(const wanted_clip* last, std::size_t most);

    // The clips of a video in the order of their times, without what is known of them.
    std::vector<wanted_clip> of_video(std::string_view video);

    // The clips of the same video and segment that are stored under other labels, whatever list named them.
    std::vector<wanted_clip> stored_under_other_labels(const clip_request&);

    // Records how the clip of a row ended, and a note on it, if any.
    void settle(std::uint64_t row, row_status how, std::string_view note = {});

    // Visits every clip in list order, with its standing and the note.
    void visit(const std::function<void(const clip_request&, row_status, std::string_view note)>&);

    // Visits, in list order, the clips that the ledger knows to be shorter than asked for.
    void visit_shorter(const std::function<void(const clip_request&, double missing_s)>&);

private:
    // Clips and whole videos that other lists name.
    class named_clips {
    public:
        named_clips(database&, std::string_view table);
        void insert(const clip_request&);
        bool contains(const clip_request&);
        bool is_empty() const { return is_empty_; }

    private:
        statement insert_, find_;
        bool is_empty_ = true;
    };

    std::int64_t turn_of(std::string_view video) const { return turn_ ? turn_(video) : 0; }

    database* database_;
    turn_function turn_;
    std::string order_;  // the columns that clips are sorted by; a turn that all share would double the time of a sort
    row_notes_file notes_;  // so that a visit need not look each clip up in the ledger, which has another order
    statement add_;
    named_clips excluded_, allowed_;
    bool has_excluded_ = false;
    std::optional<statement> page_, of_video_, of_segment_;
    std::vector<row_status> statuses_;  // of row 1, 2, ...
};

}  // namespace reelpipe

#endif
