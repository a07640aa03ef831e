#ifndef REELPIPE_TESTS_SMALL_DISK_HPP
#define REELPIPE_TESTS_SMALL_DISK_HPP

#include <sys/mount.h>

#include <filesystem>
#include <string>

#include "support/temp_folder.hpp"

namespace reelpipe::test {

// A file system of a given size in memory, for tests that run out of it. Only root can have one, and not everywhere:
// ask mounted() and skip visibly.
class small_disk {
public:
    // `files`: at most so many, folders included; 0: no limit.
    explicit small_disk(std::size_t bytes, std::size_t files = 0)
        : mounted_(mount("reelpipe-test", path().c_str(), "tmpfs", 0, (size(bytes) + "," + count(files)).c_str()) == 0)
    {
    }
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;
    ~small_disk()
    {
        if (mounted_) umount2(path().c_str(), MNT_DETACH);
    }

    bool mounted() const { return mounted_; }
    const std::filesystem::path& path() const { return folder_.path(); }
    bool resize(std::size_t bytes) { return remount(0, size(bytes)); }
    bool allow_files(std::size_t files) { return remount(0, count(files)); }
    bool make_read_only() { return remount(MS_RDONLY, ""); }

private:
    static std::string size(std::size_t bytes) { return "size=" + std::to_string(bytes); }
    static std::string count(std::size_t files) { return "nr_inodes=" + std::to_string(files); }
    bool remount(unsigned long flags, const std::string& options)
    {
        return mount("reelpipe-test", path().c_str(), "tmpfs", MS_REMOUNT | flags, options.c_str()) == 0;
    }

    temp_folder folder_;
    bool mounted_;
};

}  // namespace reelpipe::test

#endif
