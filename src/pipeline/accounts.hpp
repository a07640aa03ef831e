#ifndef REELPIPE_PIPELINE_ACCOUNTS_HPP
#define REELPIPE_PIPELINE_ACCOUNTS_HPP

#include <mutex>
#include <string>

#include "pipeline/jobs.hpp"
#include "pipeline/ledger.hpp"
#include "pipeline/work_list.hpp"
#include "reelpipe/download.hpp"

namespace reelpipe {

// What becomes of the clips in this run: each is entered once, in the ledger, for the report and in the totals.
// Threads: the loop's; totals() from anywhere.
class accounts {
public:
    accounts(ledger& remembered, work_list& wanted) : ledger_(remembered), wanted_(wanted) {}

    // What earlier runs made of a clip and what still holds; nothing new is remembered.
    void still_there(const wanted_clip&);
    void still_failed(const wanted_clip&);

    void exists(const clip_request&, std::uint64_t row, const clip_record&);
    void stored(const clip_request&, std::uint64_t row, const clip_record&);
    void failed(const clip_request&, std::uint64_t row, const clip_record&);

    progress totals() const;

private:
    void count_failure(reason);

    ledger& ledger_;
    work_list& wanted_;
    mutable std::mutex mutex_;
    progress totals_;
};

}  // namespace reelpipe

#endif
