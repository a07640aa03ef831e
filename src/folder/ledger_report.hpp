#ifndef REELPIPE_FOLDER_LEDGER_REPORT_HPP
#define REELPIPE_FOLDER_LEDGER_REPORT_HPP

#include "ledger/database.hpp"
#include "reelpipe/folder_report.hpp"

namespace reelpipe {

// The summary of a ledger that is open. Throws usage_error for a version that cannot be read, and database_error.
folder_report read_report(database&);

}  // namespace reelpipe

#endif
