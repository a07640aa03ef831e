#ifndef REELPIPE_PIPELINE_OUTCOME_RECORDER_HPP
#define REELPIPE_PIPELINE_OUTCOME_RECORDER_HPP

#include <exception>
#include <map>
#include <set>
#include <string>

#include "ledger/ledger.hpp"
#include "ledger/work_list.hpp"
#include "pipeline/jobs.hpp"
#include "reelpipe/download_options.hpp"
#include "reelpipe/progress.hpp"
#include "stages/store/clip_name.hpp"
#include "threads/mutex.hpp"

namespace reelpipe {

// The outcomes of this run. Each is recorded once in the ledger, the report and the totals, and passed to the
// listener. Threads: the loop's; totals() from anywhere.
class outcome_recorder {
public:
    outcome_recorder(const run_events& events, const store::trim_format& trim, ledger& remembered, work_list& wanted)
        : events_(events), trim_(trim), ledger_(remembered), wanted_(wanted)
    {
    }

    // Takes over the outcome of an earlier run; nothing new is recorded.
    void settled_before(const wanted_clip&);

    void exists(const clip_request&, std::uint64_t row, const clip_record&);
    void stored(const clip_request&, std::uint64_t row, const clip_record&);
    void failed(const clip_request&, std::uint64_t row, const clip_record&);

    // An attempt that failed is remembered, whether it is the last one or not.
    void attempted(const attempt_record&);

    // The bytes of a video have come.
    void fetched(const fetch_record&);

    // A video was found, and there is something to say of it.
    void described(const description_record&);

    // A line for the user.
    void say(severity, const std::string&) const;

    progress totals() const;

    // A ledger that cannot be written (a full disk, say) does not end the run at once: what is in flight is still worth
    // its place, and the next run finds those files by itself. Whoever runs the pipeline asks here whether to go on.
    const std::exception_ptr& ledger_error() const { return ledger_error_; }
    void commit(bool at_once);

    // One clip that failed for each reason, and what was said of it.
    const std::map<reason, std::string>& examples() const { return examples_; }

private:
    void remember(const clip_request&, const clip_record&);
    void settle(std::uint64_t row, row_status how, const clip_record&);
    void enter_failure(const clip_request&, const clip_record&, bool of_this_run);
    void tell(const clip_request&, const clip_record&, clip_outcome::status) const;

    const run_events& events_;
    const store::trim_format& trim_;
    ledger& ledger_;
    work_list& wanted_;
    std::exception_ptr ledger_error_;
    std::map<reason, std::string> examples_;
    std::set<reason> told_;  // of this run; the rest of them are only counted
    mutable mutex mutex_;
    progress totals_ REELPIPE_GUARDED_BY(mutex_);
};

}  // namespace reelpipe

#endif
