#include "batch/attempt.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "batch/fresh_name.hpp"
#include "folder/atomic_file.hpp"
#include "reelpipe/usage_error.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

constexpr const char* heartbeat_name = "heartbeat.json";
constexpr std::size_t max_heartbeat_bytes = 4096;
constexpr std::string_view scratch_prefix = "reelpipe-task-";
constexpr const char* lock_name = "lock";

[[noreturn]] void refuse(const std::error_code& wrong, const std::string& text)
{
    if (!may_pass(wrong)) throw usage_error(text);
    throw std::runtime_error(text);
}

// A task that ends may remove the parent in between.
std::error_code make_folder(const fs::path& folder)
{
    constexpr int most_tries = 10;
    std::error_code wrong;
    for (int i = 0; i < most_tries; ++i) {
        fs::create_directories(folder, wrong);
        if (wrong != std::errc::no_such_file_or_directory) break;
    }
    return wrong;
}

bool is_own_folder(const fs::path& folder)
{
    struct stat found{};
    return lstat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid();
}

// Nobody can hold the lock of a process that has ended.
void remove_if_left(const fs::path& folder)
{
    const int lock = open((folder / lock_name).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (lock < 0) return;  // it is being made, or is something else
    std::error_code ignored;
    if (flock(lock, LOCK_EX | LOCK_NB) == 0) fs::remove_all(folder, ignored);
    close(lock);
}

void remove_left_ones(const fs::path& scratch)
{
    std::error_code unknown;
    for (const fs::directory_entry& each : fs::directory_iterator(scratch, unknown)) {
        const std::string name = each.path().filename();
        if (name.starts_with(scratch_prefix) && is_fresh_name(std::string_view(name).substr(scratch_prefix.size())) &&
            is_own_folder(each.path()))
            remove_if_left(each.path());
    }
}

}  // namespace

attempt::attempt(const plan_folder& place) : name_(fresh_name()), folder_(place.attempts() / name_)
{
    if (const std::error_code wrong = make_folder(folder_))
        refuse(wrong, fmt::format("{}: {}; tasks write in it", folder_.string(), wrong.message()));
    try {
        check_links();
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
        throw;
    }
}

attempt::~attempt()
{
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    fs::remove(folder_.parent_path(), ignored);  // it is not empty while others are at work
}

// A link never takes a name from another file, on one machine or many. Nothing else that file systems offer keeps to
// that on all of them.
void attempt::check_links() const
{
    const fs::path first = folder_ / "first", second = folder_ / "second";
    const int made = open(first.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (const std::error_code wrong(errno, std::system_category()); made < 0)
        refuse(wrong, fmt::format("{}: {}", first.string(), wrong.message()));
    close(made);
    const bool is_made = link(first.c_str(), second.c_str()) == 0;
    const int error = errno;
    const bool is_kept = is_made && link(first.c_str(), second.c_str()) != 0 && errno == EEXIST;
    unlink(first.c_str());
    unlink(second.c_str());
    if (is_kept) return;
    throw usage_error(fmt::format(
        "{}: its file system has no hard links ({}), without which tasks would write over each other's clips; choose "
        "another one",
        folder_.parent_path().parent_path().string(),
        is_made ? "a name was given twice" : std::system_category().message(error)));
}

void attempt::beat(const heartbeat& now) const
{
    const nlohmann::json text{{"plan", now.plan},     {"host", now.host},
                              {"shards", now.shards}, {"clips_done", now.clips_done},
                              {"clips", now.clips},   {"elapsed_s", now.elapsed_s}};
    atomic_file file(folder_ / heartbeat_name);
    file.write(text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    file.end();
}

heartbeat heartbeat_in(const fs::path& folder)
{
    const nlohmann::json all = nlohmann::json::parse(small_file(folder / heartbeat_name, max_heartbeat_bytes));
    return {.plan = all.at("plan"),
            .host = all.at("host"),
            .shards = all.at("shards"),
            .clips_done = all.at("clips_done"),
            .clips = all.at("clips"),
            .elapsed_s = all.at("elapsed_s")};
}

std::chrono::duration<double> silence_of(const fs::path& folder)
{
    const fs::path file = folder / heartbeat_name;
    const fs::file_time_type said = fs::last_write_time(fs::exists(file) ? file : folder);
    return fs::file_time_type::clock::now() - said;
}

scratch_folder::scratch_folder(const fs::path& scratch)
{
    const fs::path parent = scratch.empty() ? fs::temp_directory_path() : scratch;
    std::error_code unknown;
    fs::create_directories(parent, unknown);
    remove_left_ones(parent);
    // It gets the name by which others find it when it is locked.
    path_ = fs::absolute(parent) / (std::string(scratch_prefix) + fresh_name());
    const fs::path unnamed = path_.string() + ".new";
    if (mkdir(unnamed.c_str(), S_IRWXU) == 0)
        lock_ = open((unnamed / lock_name).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) == 0 && std::rename(unnamed.c_str(), path_.c_str()) == 0) return;
    const int error = errno;
    if (lock_ >= 0) close(lock_);
    fs::remove_all(unnamed, unknown);
    const std::error_code wrong(error, std::system_category());
    refuse(wrong, fmt::format("scratch folder {}: {}; name one of this machine that can be written", parent.string(),
                              wrong.message()));
}

scratch_folder::~scratch_folder()
{
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    close(lock_);
}

std::string name_of_host()
{
    constexpr std::size_t longest = 256;
    std::array<char, longest> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace reelpipe
