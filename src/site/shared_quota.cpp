#include "site/shared_quota.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace reelpipe {

namespace {

constexpr std::size_t max_text = 128;

[[noreturn]] void fail(const std::filesystem::path& where)
{
    throw std::system_error(errno, std::generic_category(), "use the quota " + where.string());
}

// Nothing: nobody has written one yet, or it is damaged.
std::optional<quota::standing> standing_in(int file)
{
    std::array<char, max_text + 1> text{};
    if (pread(file, text.data(), max_text, 0) <= 0) return std::nullopt;
    quota::standing found;
    long long counted = 0;
    if (std::sscanf(text.data(), "%lf %lf %lld", &found.rate, &found.tokens, &counted) != 3) return std::nullopt;
    found.counted = quota::time(std::chrono::nanoseconds(counted));
    return found;
}

// One write of one length: who reads without the lock still finds a whole text.
void keep(const quota::standing& present, int file)
{
    const auto counted = std::chrono::nanoseconds(present.counted.time_since_epoch()).count();
    std::string text = fmt::format("{:.9g} {:.9g} {}", present.rate, present.tokens, counted);
    text.resize(max_text - 1, ' ');
    text += '\n';
    [[maybe_unused]] const ssize_t written = pwrite(file, text.data(), text.size(), 0);
}

}  // namespace

shared_quota::shared_quota(double per_hour, quota::time now, const std::filesystem::path& file) : bucket_(per_hour, now)
{
    if (file.empty() || per_hour <= 0) return;
    file_ = open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file_ < 0) fail(file);
}

shared_quota::shared_quota(shared_quota&& other) noexcept
    : bucket_(other.bucket_), file_(std::exchange(other.file_, -1))
{
}

shared_quota::~shared_quota()
{
    if (file_ >= 0) close(file_);
}

template <class Use> auto shared_quota::with_all(quota::time now, Use use)
{
    if (file_ < 0) return use(bucket_);
    while (flock(file_, LOCK_EX) != 0 && errno == EINTR) continue;
    if (const auto found = standing_in(file_)) bucket_.take_up(*found, now);
    const auto result = use(bucket_);
    keep(bucket_.present(), file_);
    flock(file_, LOCK_UN);
    return result;
}

quota::duration shared_quota::claim(quota::time now)
{
    return with_all(now, [now](quota& all) {
        const quota::duration pause = all.wait(now);
        if (pause <= quota::duration{}) all.take(now);
        return pause;
    });
}

quota::duration shared_quota::wait(quota::time now)
{
    return with_all(now, [now](quota& all) { return all.wait(now); });
}

void shared_quota::take(quota::time now, unsigned requests)
{
    with_all(now, [&](quota& all) { return all.take(now, requests), 0; });
}

void shared_quota::slow_down(quota::time now)
{
    with_all(now, [now](quota& all) { return all.slow_down(now), 0; });
}

void shared_quota::speed_up(quota::time now)
{
    with_all(now, [now](quota& all) { return all.speed_up(now), 0; });
}

std::filesystem::path folder_of_quotas()
{
    const std::filesystem::path shared_memory = "/dev/shm";  // a restart clears it
    std::filesystem::path folder = shared_memory / fmt::format("reelpipe-{}", geteuid());
    if (mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) fail(folder);
    struct stat found{};
    if (lstat(folder.c_str(), &found) != 0) fail(folder);
    if (S_ISDIR(found.st_mode) && found.st_uid == geteuid() && (found.st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return folder;
    errno = EPERM;
    fail(folder);
}

}  // namespace reelpipe
