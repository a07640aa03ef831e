#ifndef REELPIPE_FOLDER_SHAPING_OPTIONS_HPP
#define REELPIPE_FOLDER_SHAPING_OPTIONS_HPP

#include <map>
#include <string>

#include "ledger/database.hpp"
#include "reelpipe/download_options.hpp"

namespace reelpipe {

// The options that shape every clip of a folder. A folder remembers those that its clips were made with, so that a
// later run does not mix others among them unawares. An option that shapes clips gets its line in the table of
// shaping_options.cpp.

// Compares with what the database remembers, if it holds any clip, and remembers the present ones if not. An option
// that a folder does not remember, because it is younger than the folder, counts as having been at its default.
// Throws usage_error that names each difference, unless options.output.mixed.
void agree_on_shaping_options(database&, const download_options&);

// Makes the database remember these, by their names.
void remember_shaping_options(database&, const std::map<std::string, std::string>&);

// The present ones as a JSON object.
std::string shaping_options_json(const download_options&);

}  // namespace reelpipe

#endif
