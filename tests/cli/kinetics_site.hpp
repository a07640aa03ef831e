#ifndef REELPIPE_TESTS_CLI_KINETICS_SITE_HPP
#define REELPIPE_TESTS_CLI_KINETICS_SITE_HPP

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/nginx.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

namespace reelpipe::test {

// The first line of a list.
inline constexpr const char* columns = "youtube_id,time_start,time_end,label\n";

// A site of videos on a real nginx: pages /watch?v=ID for the real yt-dlp, videos /media/ID.mp4 with ranges; and an
// output folder beside it.
struct kinetics_site {
    kinetics_site() : server(folder.path(), {.in_location = "if ($arg_v) { rewrite ^ /pages/$arg_v.html? break; }"}) {}

    // `video` is one of those that make_media makes.
    void add(const std::string& id, const std::string& video = "moov_first.mp4")
    {
        std::filesystem::create_directories(folder / "media");
        std::filesystem::copy_file(std::filesystem::path(REELPIPE_TEST_MEDIA) / video,
                                   folder / "media" / (id + ".mp4"));
        std::filesystem::create_directories(folder / "pages");
        write_file(folder / "pages" / (id + ".html"),
                   "<html><head><title>A video</title></head><body><video><source src=\"/media/" + id +
                       ".mp4\" type=\"video/mp4\"></video></body></html>");
    }

    // video0, video1, …, a second of each.
    std::string list_of(int videos) const
    {
        std::string text = columns;
        for (int v = 0; v < videos; ++v) text += fmt::format("video{},1,2,l\n", v);
        return list(text);
    }

    std::string list(const std::string& text) const
    {
        write_file(folder / "list.csv", text);
        return (folder / "list.csv").string();
    }

    std::filesystem::path output() const { return folder / "clips"; }
    std::string url_template() const { return server.url("media/{id}.mp4"); }

    // The words of `reelpipe download`, with a preset that does not keep a test waiting where anything is encoded.
    std::vector<std::string> download(const std::string& list_name, std::initializer_list<std::string> more) const
    {
        std::vector<std::string> words{REELPIPE_BINARY,   "download",  list_name, "-o",
                                       output().string(), "--backoff", "0.05"};
        words.insert(words.end(), more);
        if (std::ranges::find(words, "lossless") == words.end()) words.insert(words.end(), {"--preset", "ultrafast"});
        return words;
    }

    nlohmann::json report() const { return nlohmann::json::parse(read_file(output() / "download_report.json")); }

    // What yt-dlp and the fetch stage have asked for, without waiting for more.
    std::size_t requests() { return server.log(0).size(); }

    temp_folder folder{};
    nginx server;
};

// Clips as the classic tools see them.
inline int frames_in(const std::filesystem::path& clip)
{
    return std::stoi(output_of({"ffprobe", "-v", "error", "-select_streams", "v:0", "-count_frames", "-show_entries",
                                "stream=nb_read_frames", "-of", "csv=p=0", clip.string()}));
}

}  // namespace reelpipe::test

#endif
