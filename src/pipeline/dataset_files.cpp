#include "pipeline/dataset_files.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::string_view, 19> endings{".mp4", ".m4v", ".mov",  ".mkv", ".webm", ".avi", ".flv",
                                                   ".ts",  ".mts", ".m2ts", ".mpg", ".mpeg", ".3gp", ".3g2",
                                                   ".ogv", ".wmv", ".asf",  ".f4v", ".vob"};

bool is_video_name(const fs::path& name)
{
    std::string ending = name.extension().string();
    for (char& c : ending)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return std::ranges::find(endings, ending) != endings.end();
}

bool is_below(const fs::path& path, const fs::path& folder)
{
    return std::ranges::mismatch(folder, path).in1 == folder.end();
}

class walk {
public:
    walk(const fs::path& folder, const fs::path& own, file_list& files,
         const std::function<void(fs::path, std::string)>& unreadable)
        : folder_(folder), real_(fs::canonical(folder)), own_(own), files_(files), unreadable_(unreadable)
    {
    }

    std::uint64_t run()
    {
        left_.emplace_back();
        while (!left_.empty()) {
            const fs::path next = std::move(left_.back());
            left_.pop_back();
            std::error_code error;
            fs::directory_iterator at(folder_ / next, error);
            for (; !error && at != fs::directory_iterator(); at.increment(error))
                look_at(next / at->path().filename(), *at);
            if (error)
                unreadable_(next.empty() ? fs::path(".") : next, "the folder cannot be read: " + error.message());
        }
        return others_;
    }

private:
    void look_at(fs::path name, const fs::directory_entry& entry)
    {
        std::error_code error;
        const fs::file_status status = entry.symlink_status(error);
        if (error) return unreadable_(std::move(name), error.message());
        if (fs::is_symlink(status)) return look_at_link(std::move(name), entry.path());
        if (fs::is_directory(status)) {
            if (entry.path() != own_) left_.push_back(std::move(name));
        } else if (fs::is_regular_file(status) && is_video(name)) {
            files_.add({.name = name.string()});
        } else {
            ++others_;
        }
    }

    void look_at_link(fs::path name, const fs::path& link)
    {
        std::error_code error;
        const fs::path target = fs::canonical(link, error);
        if (!error && is_below(target, real_)) {
            if (fs::is_regular_file(target, error) && is_video(name))
                files_.add({.name = name.string(), .target = target.string()});
            else
                others_ += !fs::is_directory(target, error);
        } else if (is_video(name) || (!error && fs::is_directory(target, error))) {
            unreadable_(std::move(name), error ? "a symbolic link that leads nowhere: " + error.message()
                                               : "a symbolic link that leads out of the folder; it was not followed");
        } else {
            ++others_;
        }
    }

    static bool is_video(const fs::path& name)
    {
        return is_video_name(name) && !name.filename().string().starts_with('.');
    }

    const fs::path& folder_;
    const fs::path real_;  // with all links followed
    const fs::path& own_;
    file_list& files_;
    const std::function<void(fs::path, std::string)>& unreadable_;
    std::vector<fs::path> left_;  // folders, below the first one
    std::uint64_t others_ = 0;
};

}  // namespace

std::uint64_t find_dataset_files(const fs::path& folder, const fs::path& own, file_list& files,
                                 const std::function<void(fs::path, std::string)>& unreadable)
{
    return walk(folder, own, files, unreadable).run();
}

}  // namespace reelpipe
