#ifndef REELPIPE_LEDGER_TEMPORARY_PLACE_HPP
#define REELPIPE_LEDGER_TEMPORARY_PLACE_HPP

#include <sqlite3.h>

#include <filesystem>
#include <string>

namespace reelpipe {

// A folder for SQLite's temporary files: temporary tables and what a sort writes to disk. By default SQLite has one
// such folder for all databases of the process, that of the system; a database that is opened with the name of one of
// these uses `folder`. Outlives the databases that were opened with it.
class temporary_place {
public:
    explicit temporary_place(const std::filesystem::path& folder);
    temporary_place(const temporary_place&) = delete;
    temporary_place& operator=(const temporary_place&) = delete;
    ~temporary_place();

    const char* name() const { return name_.c_str(); }

private:
    static int open(sqlite3_vfs*, const char* name, sqlite3_file*, int flags, int* flags_out) noexcept;

    const std::string beginning_;  // of the names of files, with the folder
    const std::string name_;
    sqlite3_vfs* files_;  // of the system
    sqlite3_vfs own_;
};

}  // namespace reelpipe

#endif
