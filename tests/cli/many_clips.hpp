#ifndef REELPIPE_TESTS_CLI_MANY_CLIPS_HPP
#define REELPIPE_TESTS_CLI_MANY_CLIPS_HPP

#include <fmt/format.h>
#include <sys/stat.h>

#include <map>
#include <string>
#include <vector>

#include "kinetics_site.hpp"
#include "support/comes_true.hpp"

namespace reelpipe::test {

// Clips that cost little, and the runs that make them: for tests that disturb a run.
struct many_clips {
    static constexpr int videos = 12, of_each = 5, clips = videos * of_each;

    many_clips()
    {
        std::string text = "youtube_id,time_start,time_end,label\n";
        for (int v = 0; v < videos; ++v) {
            site.add(fmt::format("video{:02}", v), "silent.mp4");
            for (int c = 0; c < of_each; ++c) text += fmt::format("video{:02},{},{}.4,l{}\n", v, 3 * c, 3 * c, c % 2);
        }
        list = site.list(text);
    }

    std::vector<std::string> command(const std::filesystem::path& output,
                                     std::initializer_list<std::string> more = {}) const
    {
        std::vector<std::string> words{REELPIPE_BINARY, "download",          list,       "-o",        output.string(),
                                       "--source",      site.url_template(), "--preset", "ultrafast", "--backoff",
                                       "0.05"};
        words.insert(words.end(), more);
        return words;
    }

    kinetics_site site{};
    std::string list{};
};

// The clips of a folder by name, with their content and the identity of the file: one that was made again has another.
struct stored_clip {
    std::string content;
    ino_t inode = 0;
    std::int64_t modified_ns = 0;

    bool operator==(const stored_clip&) const = default;
};

inline std::map<std::string, stored_clip> clips_of(const std::filesystem::path& output)
{
    std::map<std::string, stored_clip> all;
    std::error_code none;
    for (auto label = std::filesystem::directory_iterator(output, none); label != std::filesystem::directory_iterator{};
         ++label) {
        if (!label->is_directory() || label->path().filename() == ".reelpipe") continue;
        for (const auto& file : std::filesystem::directory_iterator(label->path())) {
            struct stat facts{};
            stat(file.path().c_str(), &facts);
            all[std::filesystem::relative(file.path(), output).string()] = {
                read_file(file.path()), facts.st_ino,
                std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec};
        }
    }
    return all;
}

inline std::map<std::string, std::string> contents_of(const std::map<std::string, stored_clip>& clips)
{
    std::map<std::string, std::string> all;
    for (const auto& [name, clip] : clips) all[name] = clip.content;
    return all;
}

inline bool says(const finished& end, const std::string& text) { return end.err.find(text) != std::string::npos; }

}  // namespace reelpipe::test

#endif
