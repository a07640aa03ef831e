#ifndef REELPIPE_LEDGER_SQLITE_TEMP_FOLDER_HPP
#define REELPIPE_LEDGER_SQLITE_TEMP_FOLDER_HPP

#include <sqlite3.h>

#include <filesystem>
#include <string>

namespace reelpipe {

// A folder for SQLite's temporary files: temporary tables and what a sort writes to disk. By default SQLite has one
// such folder for all databases of the process, that of the system; a database that is opened with the name of one of
// these uses `folder`. Outlives the databases that were opened with it.
class sqlite_temp_folder {
public:
    explicit sqlite_temp_folder(const std::filesystem::path& folder);
    sqlite_temp_folder(const sqlite_temp_folder&) = delete;
    sqlite_temp_folder& operator=(const sqlite_temp_folder&) = delete;
    ~sqlite_temp_folder();

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
