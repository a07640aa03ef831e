#ifndef REELPIPE_FOLDER_READABLE_LEDGER_HPP
#define REELPIPE_FOLDER_READABLE_LEDGER_HPP

#include <exception>
#include <filesystem>

#include "ledger/database.hpp"
#include "reelpipe/usage_error.hpp"

namespace reelpipe {

// The ledger of an output folder, to be read, also while a run is at work; nothing is changed. Throws usage_error:
// there is none; database_error.
database readable_ledger(const std::filesystem::path& folder);

// The error about such a ledger, in words for the user.
usage_error about_ledger(const std::filesystem::path& folder, const std::exception&);

}  // namespace reelpipe

#endif
