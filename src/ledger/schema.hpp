#ifndef REELPIPE_LEDGER_SCHEMA_HPP
#define REELPIPE_LEDGER_SCHEMA_HPP

#include "ledger/database.hpp"

namespace reelpipe {

// The tables of an output folder's database, and how those that an earlier reelpipe made become them.
//
// The database's user_version counts the steps that it has been through. A step is never changed once a release made
// tables with it: what is to be different is a further step at the end.
int schema_version();
int oldest_with_facts();     // from this version on the ledger says what a stored clip is
int oldest_with_copies();    // and from this one on, how many frames of it were copied
int oldest_with_attempts();  // and from this one on, which attempts failed, and how much of a clip is missing
int oldest_with_hosts();     // and from this one on, what hosts did, what runs measured, and what they left
int oldest_with_splits();    // and from this one on, the split of a clip
int oldest_with_sources();   // and from this one on, what a clip was cut from, its packets, and the lists of all runs
int version_of(database&);

// True if the tables are those of the version that the database says it has, or if there are none. The tables of a
// later version are not known, so the database is believed.
bool has_our_tables(database&);

// Brings the tables up to date, one transaction a step: a process that is killed in between leaves whole steps.
// Throws database_error; usage_error for a database of a later version, which stays as it is.
void migrate(database&);

}  // namespace reelpipe

#endif
