#ifndef REELPIPE_FOLDER_ATOMIC_FILE_HPP
#define REELPIPE_FOLDER_ATOMIC_FILE_HPP

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace reelpipe {

// A file that takes its name, in place of another one, when it is whole. What stands under its unfinished name is
// removed and not written to: it may be a link.
class atomic_file {
public:
    explicit atomic_file(std::filesystem::path path) : path_(std::move(path)), unfinished_(path_.string() + ".part")
    {
        std::filesystem::remove(unfinished_);
        file_.reset(std::fopen(unfinished_.c_str(), "wxe"));
        check(file_ != nullptr);
    }

    // Nobody but its owner can read it.
    void hide() { check(fchmod(fileno(file_.get()), S_IRUSR | S_IWUSR) == 0); }

    void write(std::string_view text) { check(std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size()); }

    // What was written is on the disk before the name is.
    void sync() { check(std::fflush(file_.get()) == 0 && fsync(fileno(file_.get())) == 0); }

    void end()
    {
        check(std::fclose(file_.release()) == 0);
        std::filesystem::rename(unfinished_, path_);
    }

private:
    struct close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    void check(bool done) const
    {
        if (!done) throw std::system_error(errno, std::generic_category(), "write " + unfinished_.string());
    }

    std::filesystem::path path_, unfinished_;
    std::unique_ptr<std::FILE, close> file_{};
};

}  // namespace reelpipe

#endif
