#ifndef REELPIPE_FOLDER_DATASET_CARD_HPP
#define REELPIPE_FOLDER_DATASET_CARD_HPP

#include <filesystem>
#include <string>

#include "ledger/database.hpp"

namespace reelpipe {

// The card of a folder: `dataset.json`, which says what its clips are, for whoever gets it without having made it.
inline constexpr const char* dataset_card_name = "dataset.json";

// The lists with their hashes, the options that shaped the clips, programs and libraries, dates, and counts of clips by
// outcome and split, over all runs. Throws database_error.
std::string dataset_card_text(database&);

// Puts the card into a folder, in place of an earlier one. False: a file of that name is something else, and stays.
// Throws database_error, std::system_error.
bool write_dataset_card(const std::filesystem::path& folder, database&);

}  // namespace reelpipe

#endif
