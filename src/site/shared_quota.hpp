#ifndef REELPIPE_SITE_SHARED_QUOTA_HPP
#define REELPIPE_SITE_SHARED_QUOTA_HPP

#include <filesystem>

#include "site/quota.hpp"

namespace reelpipe {

// The quota of one way to a site, for all processes of this machine that name the same file: the site counts the
// requests of an address, not those of a process.
//
// The file holds a standing of the bucket in the time of the steady clock, which all processes of a machine share. It
// lies where a restart of the machine clears it. A process that ends in the middle leaves the standing that it found.
// Threads: one at a time.
class shared_quota {
public:
    // Without a file it is the quota of this process alone. Throws std::system_error: the file cannot be used.
    shared_quota(double per_hour, quota::time now, const std::filesystem::path& file = {});
    shared_quota(shared_quota&&) noexcept;
    shared_quota& operator=(shared_quota&&) = delete;
    ~shared_quota();

    // Takes a token if there is one, and says zero; otherwise the time until there may be one.
    quota::duration claim(quota::time now);

    quota::duration wait(quota::time now);
    void take(quota::time now, unsigned requests);
    void slow_down(quota::time now);
    void speed_up(quota::time now);

private:
    template <class Use> auto with_all(quota::time now, Use);

    quota bucket_;
    int file_ = -1;  // none
};

// The folder of this user's quotas on this machine, for himself alone; it is made if need be. Throws std::system_error:
// it cannot be made, or it is somebody else's.
std::filesystem::path folder_of_quotas();

}  // namespace reelpipe

#endif
