#include "folder/run_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "reelpipe/usage_error.hpp"
#include "stages/store/output_file.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

run_folder::run_folder(fs::path output) : output_(fs::absolute(output)), own_(output_ / ".reelpipe")
{
    try {
        fs::create_directories(temporary());
    } catch (const fs::filesystem_error& e) {
        throw usage_error(
            fmt::format("output folder {}: {}; choose one that can be written", output_.string(), e.code().message()));
    }
    const fs::path lock = own_ / "lock";
    lock_ = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock_ < 0)
        throw usage_error(fmt::format("output folder {}: {}; choose one that can be written", output_.string(),
                                      std::strerror(errno)));
    if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        close(lock_);
        throw usage_error(fmt::format("output folder {}: another run or check uses it; wait until it ends, or stop it",
                                      output_.string()));
    }
    store::remove_leftovers(temporary());
}

run_folder::~run_folder() { close(lock_); }

quiet_folder::quiet_folder(fs::path output) : output_(fs::absolute(output)), own_(output_ / ".reelpipe")
{
    const fs::path lock = own_ / "lock";
    lock_ = open(lock.c_str(), O_RDONLY | O_CLOEXEC);
    if (lock_ < 0 && (errno == ENOENT || errno == ENOTDIR)) return;  // a copy, or no folder of clips at all
    if (lock_ < 0) throw usage_error(fmt::format("{}: {}", lock.string(), std::strerror(errno)));
    if (flock(lock_, LOCK_SH | LOCK_NB) == 0) return;
    close(lock_);
    throw usage_error(
        fmt::format("folder {}: a run uses it; wait until it ends, or stop it, then verify", output_.string()));
}

quiet_folder::~quiet_folder()
{
    if (lock_ >= 0) close(lock_);
}

namespace {

// The ledger holds URLs, cookies and headers that are its owner's alone. SQLite gives its companions the same mode.
void keep_to_owner(const fs::path& ledger)
{
    const int file = open(ledger.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) close(file);
    std::error_code none;
    for (const char* companion : {"", "-wal", "-shm"})
        fs::permissions(ledger.string() + companion, fs::perms::owner_read | fs::perms::owner_write, none);
}

}  // namespace

database open_ledger(const run_folder& folder, fs::path& set_aside)
{
    keep_to_owner(folder.ledger());
    try {
        database db(folder.ledger(), folder.temporary());
        statement check = db.prepare("PRAGMA quick_check(1)");
        check.step();
        if (check.text(0) == "ok") return db;
    } catch (const database_error& e) {
        if (e.code != SQLITE_NOTADB && e.code != SQLITE_CORRUPT) throw;
    }
    set_aside = store::set_aside(folder.ledger(), folder.rejected());
    for (const char* companion : {"-wal", "-shm"}) fs::remove(folder.ledger().string() + companion);
    keep_to_owner(folder.ledger());
    return database(folder.ledger(), folder.temporary());
}

}  // namespace reelpipe
