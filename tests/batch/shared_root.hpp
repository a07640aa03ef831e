#ifndef REELPIPE_TESTS_BATCH_SHARED_ROOT_HPP
#define REELPIPE_TESTS_BATCH_SHARED_ROOT_HPP

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/kinetics_site.hpp"

namespace reelpipe::test {

// Videos on a server, a list of four clips of each, and the root that tasks fill.
struct shared_root {
    static constexpr int of_each = 4;

    explicit shared_root(int videos = 6)
    {
        std::string text = columns;
        for (int v = 0; v < videos; ++v) {
            site.add(fmt::format("video{}", v), "silent.mp4");
            text += rows_of(fmt::format("video{}", v));
        }
        list = site.list(text);
    }

    static std::string rows_of(const std::string& video)
    {
        std::string text;
        for (int c = 0; c < of_each; ++c) text += fmt::format("{},{},{}.4,l{}\n", video, 3 * c, 3 * c, c % 2);
        return text;
    }

    std::filesystem::path path() const { return site.folder / "root"; }
    std::filesystem::path manifests() const { return path() / "plan/manifests"; }

    static finished command(std::vector<std::string> words, std::vector<std::string> environment = {})
    {
        words.insert(words.begin(), {REELPIPE_BINARY, "batch"});
        return run(std::move(words), std::move(environment));
    }

    // A plan of small shards, two of them a task, unless `more` says another thing.
    finished plan(std::vector<std::string> more = {}) const
    {
        std::vector<std::string> words{
            "plan",  list,       "-o",        path().string(), "--source", site.url_template(),
            "--cut", "lossless", "--backoff", "0.05"};
        for (const std::string& each : {std::string("--shard-clips=8"), std::string("--task-clips=16")})
            if (std::ranges::none_of(more, [&](const std::string& word) {
                    return word.substr(0, word.find('=')) == each.substr(0, each.find('='));
                }))
                words.push_back(each);
        words.insert(words.end(), more.begin(), more.end());
        return command(std::move(words));
    }

    std::vector<std::string> task(std::initializer_list<std::string> more) const
    {
        std::vector<std::string> words{
            "run", path().string(), "--scratch", (site.folder / "scratch").string(), "--jobs", "1"};
        words.insert(words.end(), more);
        return words;
    }
    finished run_task(std::initializer_list<std::string> more) const { return command(task(more)); }

    // The whole command line, for a process that is watched.
    std::vector<std::string> words_of_task(std::initializer_list<std::string> more) const
    {
        std::vector<std::string> words = task(more);
        words.insert(words.begin(), {REELPIPE_BINARY, "batch"});
        return words;
    }

    nlohmann::json status() const { return nlohmann::json::parse(command({"status", path().string(), "--json"}).out); }
    int shards() const { return nlohmann::json::parse(read_file(path() / "plan/plan.json"))["shards"]; }

    // Clips by name, with their content.
    std::map<std::string, std::string> clips() const { return clips_in(path()); }
    static std::map<std::string, std::string> clips_in(const std::filesystem::path& folder)
    {
        std::map<std::string, std::string> all;
        std::error_code none;
        for (std::filesystem::recursive_directory_iterator each(folder, none), end; each != end; ++each)
            if (each->path().extension() == ".mp4")
                all[std::filesystem::relative(each->path(), folder).string()] = read_file(each->path());
        return all;
    }

    // The lines of a report, which has another order than that of a run over the list.
    static std::set<std::string> report_of(const std::filesystem::path& folder)
    {
        std::set<std::string> lines;
        for (const auto& entry : nlohmann::json::parse(read_file(folder / "download_report.json")))
            lines.insert(entry.dump());
        return lines;
    }

    // What one run over the list makes in another folder.
    std::filesystem::path by_one_run() const
    {
        const std::filesystem::path folder = site.folder / "one";
        run({REELPIPE_BINARY, "download", list, "-o", folder.string(), "--source", site.url_template(), "--cut",
             "lossless", "--backoff", "0.05"});
        return folder;
    }

    kinetics_site site{};
    std::string list{};
};

}  // namespace reelpipe::test

#endif
