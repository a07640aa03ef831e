#ifndef REELPIPE_PIPELINE_DOCUMENTS_HPP
#define REELPIPE_PIPELINE_DOCUMENTS_HPP

#include "ledger/database.hpp"
#include "ledger/work_list.hpp"
#include "pipeline/checked_options.hpp"
#include "pipeline/outcome_recorder.hpp"

namespace reelpipe {

// Writes what a run leaves beside its clips: download_report.json, the list of clips that are shorter than asked for,
// and, in a folder that it has alone, dataset.json. Throws std::system_error if one of them cannot be written.
void write_documents(const checked_options&, work_list&, database&, outcome_recorder&);

}  // namespace reelpipe

#endif
