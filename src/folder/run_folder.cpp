#include "folder/run_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "ledger/schema.hpp"
#include "reelpipe/usage_error.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

// A lack of room on the disk may pass; any other fault is for the user to mend.
[[noreturn]] void refuse(const fs::path& output, int error, const std::string& remedy)
{
    const std::error_code code(error, std::generic_category());
    if (error == ENOSPC || error == EDQUOT)
        throw std::system_error(code,
                                fmt::format("output folder {}, which has no room for another file", output.string()));
    throw usage_error(fmt::format("output folder {}: {}; {}", output.string(), code.message(), remedy));
}

constexpr const char* choose_another = "choose one that can be written";
constexpr const char* no_links = "it is a link, and reelpipe follows none in its output folder; remove it";
constexpr const char* no_locks =
    "its file system has no file locks, without which two runs would disturb each other; choose a folder elsewhere, or "
    "have it mounted with locks (Lustre: -o flock)";

// The whole file of length 0 is the lock; the byte behind is for trying.
struct flock range(short kind, off_t start)
{
    struct flock wanted{};
    wanted.l_type = kind;
    wanted.l_whence = SEEK_SET;
    wanted.l_start = start;
    wanted.l_len = 1;
    return wanted;
}

enum class locked : std::uint8_t { yes, by_others, impossible };

// Some file systems have one kind of lock and not the other. All processes on one folder find the same one.
locked try_lock(int file, bool shared)
{
    if (flock(file, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) return locked::yes;
    if (errno == EWOULDBLOCK) return locked::by_others;
    const struct flock wanted = range(shared ? F_RDLCK : F_WRLCK, 0);
    if (fcntl(file, F_OFD_SETLK, &wanted) == 0) return locked::yes;
    return errno == EAGAIN || errno == EACCES ? locked::by_others : locked::impossible;
}

// SQLite has no other kind.
bool has_posix_locks(int file)
{
    struct flock tried = range(F_WRLCK, 1);
    if (fcntl(file, F_SETLK, &tried) != 0) return errno == EAGAIN || errno == EACCES;
    tried.l_type = F_UNLCK;
    fcntl(file, F_SETLK, &tried);
    return true;
}

}  // namespace

run_folder::run_folder(fs::path output, const shared_output& shared)
    : output_(fs::absolute(output)),
      own_(shared.state.empty() ? output_ / ".reelpipe" : fs::absolute(shared.state)),
      unfinished_(shared.unfinished.empty() ? temporary() : fs::absolute(shared.unfinished))
{
    try {
        make_folders();
        take_lock();
        store::remove_leftovers(temporary());
        find_way_to_name();
    } catch (...) {
        give_up();
        throw;
    }
}

run_folder::~run_folder() { give_up(); }

void run_folder::make_folders()
try {
    for (fs::path folder = temporary(); !fs::exists(fs::symlink_status(folder)); folder = folder.parent_path())
        made_.insert(made_.begin(), folder);
    fs::create_directories(output_);
    fs::create_directories(own_.parent_path());
    folder_ = open(own_.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder_ < 0) refuse(output_, errno, choose_another);
    close(std::exchange(folder_, open_own_folder(folder_, own_)));
    close(open_own_folder(folder_, temporary()));
} catch (const fs::filesystem_error& e) {
    refuse(output_, e.code().value(), choose_another);
}

// A folder below one that is open, made if need be.
int run_folder::open_own_folder(int parent, const fs::path& folder) const
{
    const std::string name = folder.filename();
    if (mkdirat(parent, name.c_str(), 0777) != 0 && errno != EEXIST) refuse(output_, errno, choose_another);
    const int opened = openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (opened >= 0) return opened;
    const int error = errno;
    struct stat there{};
    if (fstatat(parent, name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(there.st_mode))
        throw usage_error(fmt::format("{}: {}", folder.string(), no_links));
    refuse(output_, error, choose_another);
}

void run_folder::take_lock()
{
    lock_ = openat(folder_, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (lock_ < 0 && errno == ELOOP) throw usage_error(fmt::format("{}: {}", (own_ / "lock").string(), no_links));
    if (lock_ < 0) refuse(output_, errno, choose_another);
    const locked result = try_lock(lock_, false);
    if (result == locked::by_others) {
        made_.clear();  // who holds the lock is at home in them
        throw usage_error(fmt::format("output folder {}: another run or check uses it; wait until it ends, or stop it",
                                      output_.string()));
    }
    if (result == locked::impossible || !has_posix_locks(lock_))
        throw usage_error(fmt::format("output folder {}: {}", output_.string(), no_locks));
}

void run_folder::find_way_to_name()
try {
    way_ = store::find_way_to_name(unfinished_, unfinished_ == temporary() ? own_ : unfinished_);
} catch (const std::system_error& e) {
    refuse(output_, e.code().value(),
           "a finished clip could not be given its name there; choose a folder on another file system");
}

// Only what is a run's own and nothing that others may have put there.
void run_folder::give_up() noexcept
{
    std::error_code ignored;
    for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder)
        if (*folder == own_)
            fs::remove_all(own_, ignored);
        else
            fs::remove(*folder, ignored);
    for (int* const each : {&lock_, &folder_})
        if (const int open = std::exchange(*each, -1); open >= 0) close(open);
}

void run_folder::keep_ledger_to_owner() const
{
    for (const char* companion : {"", "-wal", "-shm"}) {
        const std::string name = ledger().filename().string() + companion;
        const int creates = *companion ? 0 : O_CREAT;
        const int file = openat(folder_, name.c_str(), O_RDONLY | creates | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
        if (file < 0 && errno == ELOOP) throw usage_error(fmt::format("{}: {}", (own_ / name).string(), no_links));
        if (file < 0 && errno == EISDIR)
            throw usage_error(fmt::format("{} is a folder where a file should be; move it away and run again",
                                          (own_ / name).string()));
        if (file < 0) continue;  // not there, or SQLite will say what is wrong with it
        fchmod(file, S_IRUSR | S_IWUSR);
        close(file);
    }
}

std::string run_folder::warning_about_owner() const
{
    struct stat output{};
    if (geteuid() != 0 || stat(output_.c_str(), &output) != 0 || output.st_uid == 0) return {};
    return fmt::format(
        "the output folder {} belongs to user {}, and this run is root's: user {} cannot change what it makes, and "
        "decides what root reads there; better run as that user",
        output_.string(), output.st_uid, output.st_uid);
}

read_only_folder::read_only_folder(fs::path output) : output_(fs::absolute(output)), own_(output_ / ".reelpipe")
{
    const fs::path lock = own_ / "lock";
    lock_ = open(lock.c_str(), O_RDONLY | O_CLOEXEC);
    if (lock_ < 0 && (errno == ENOENT || errno == ENOTDIR)) return;  // a copy, or no folder of clips at all
    if (lock_ < 0) throw usage_error(fmt::format("{}: {}", lock.string(), std::strerror(errno)));
    const locked result = try_lock(lock_, true);
    if (result != locked::by_others) return;  // a folder without locks is one without runs
    close(lock_);
    throw usage_error(
        fmt::format("folder {}: a run uses it; wait until it ends, or stop it, then verify", output_.string()));
}

read_only_folder::~read_only_folder()
{
    if (lock_ >= 0) close(lock_);
}

database open_ledger(const run_folder& folder, fs::path& set_aside)
{
    folder.keep_ledger_to_owner();
    try {
        database db(folder.ledger(), folder.temporary());
        statement check = db.prepare("PRAGMA quick_check(1)");
        check.step();
        if (check.text(0) == "ok" && has_our_tables(db)) return db;
    } catch (const database_error& e) {
        if (e.code != SQLITE_NOTADB && e.code != SQLITE_CORRUPT) throw;
    }
    set_aside = store::quarantine(folder.ledger(), folder.rejected());
    for (const char* companion : {"-wal", "-shm"}) fs::remove(folder.ledger().string() + companion);
    folder.keep_ledger_to_owner();
    return database(folder.ledger(), folder.temporary());
}

}  // namespace reelpipe
