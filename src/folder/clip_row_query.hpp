#ifndef REELPIPE_FOLDER_CLIP_ROW_QUERY_HPP
#define REELPIPE_FOLDER_CLIP_ROW_QUERY_HPP

#include <string>

#include "ledger/database.hpp"
#include "reelpipe/clip_rows.hpp"

namespace reelpipe {

// The SELECT of what read_clip_row() takes, from the table clip as c, in a ledger of this version. Conditions and an
// order may follow.
std::string clip_row_query(int version);

// The row that the query has come to, without what is not in the ledger: the index of its label, and hashes.
clip_row read_clip_row(const statement&);

}  // namespace reelpipe

#endif
