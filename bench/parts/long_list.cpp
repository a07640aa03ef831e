#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>

#include "parts/parts.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t labels = 700;
constexpr std::uint64_t mix = 0x9e3779b97f4a7c15u;

fs::path new_file(const std::string& name)
{
    const fs::path file = fs::path(REELPIPE_BENCH_MEDIA) / name;
    fs::create_directories(file.parent_path());
    return file;
}

std::size_t label_of(std::size_t number) { return number * 7919 % labels; }

std::size_t clips_of_panda(std::size_t video) { return 1 + video % 36; }

void append_panda_video(std::string& text, std::size_t video)
{
    const auto to = std::back_inserter(text);
    const std::string id = fmt::format("v{:010x}", (video + 1) * mix >> 24);
    fmt::format_to(to, "{0},https://www.youtube.com/watch?v={0},\"[", id);
    const std::size_t clips = clips_of_panda(video);
    for (std::size_t i = 0; i < clips; ++i)
        fmt::format_to(to, "{}['0:{:02}:{:02}.{:03}', '0:{:02}:{:02}.{:03}']", i ? ", " : "", i / 6, i % 6 * 10, i,
                       i / 6, i % 6 * 10 + 8, i + 5);
    text += "]\",\"[";
    for (std::size_t i = 0; i < clips; ++i) fmt::format_to(to, "{}'A person is cooking.'", i ? ", " : "");
    text += "]\",\"[";
    for (std::size_t i = 0; i < clips; ++i) fmt::format_to(to, "{}0.4{:02}", i ? ", " : "", i);
    text += "]\"\n";
}

}  // namespace

long_list make_long_list(std::size_t rows)
{
    constexpr std::size_t twice = 1000, of_two_clips = 50;
    long_list made{.file = new_file(fmt::format("list_{}.csv", rows)), .rows = rows};
    std::ofstream out(made.file);
    out << "label,youtube_id,time_start,time_end,split\n";
    for (std::size_t row = 0; row < rows; ++row) {
        const bool is_repeated = row % twice == twice - 1;
        const std::size_t number = is_repeated ? row - 1 : row;
        const bool is_second = number % of_two_clips == of_two_clips - 1;
        const std::uint64_t video = (number - is_second) * mix >> 8;
        const std::size_t start = is_second ? 2000 : number % 300;
        out << fmt::format("\"label, number {}\",v{:014x},{},{},train\n", label_of(number), video, start, start + 10);
        made.clips += !is_repeated;
        made.videos += !is_repeated && !is_second;
    }
    return made;
}

list_pair make_list_pair(std::size_t rows)
{
    const long_list counts{.rows = rows, .clips = rows, .videos = rows};
    list_pair made{.csv = counts, .json = counts};
    made.csv.file = new_file(fmt::format("same_{}.csv", rows));
    made.json.file = new_file(fmt::format("same_{}.json", rows));
    std::ofstream csv(made.csv.file), json(made.json.file);
    csv << "label,youtube_id,time_start,time_end,split\n";
    json << "{\n";
    for (std::size_t row = 0; row < rows; ++row) {
        const std::string id = fmt::format("v{:010x}", (row + 1) * mix >> 24),
                          label = fmt::format("label {}", label_of(row));
        const std::size_t start = row % 300;
        csv << fmt::format("{},{},{},{},train\n", label, id, start, start + 10);
        json << fmt::format(
            "{}    \"{}\": {{\n        \"annotations\": {{\n            \"label\": \"{}\",\n            \"segment\": "
            "[\n"
            "                {}.0,\n                {}.0\n            ]\n        }},\n        \"duration\": 10.0,\n"
            "        \"subset\": \"train\",\n        \"url\": \"https://www.youtube.com/watch?v={}\"\n    }}",
            row ? ",\n" : "", id, label, start, start + 10, id);
    }
    json << "\n}\n";
    return made;
}

long_list make_panda_list(std::size_t videos)
{
    long_list made{.file = new_file(fmt::format("panda_{}.csv", videos)), .videos = videos};
    for (std::size_t video = 0; video < videos; ++video) made.rows += clips_of_panda(video);
    made.clips = made.rows;
    if (fs::exists(made.file)) return made;
    const fs::path half = made.file.string() + ".part";
    {
        std::ofstream out(half);
        out << "videoID,url,timestamp,caption,matching_score\n";
        std::string text;
        for (std::size_t video = 0; video < videos; ++video) {
            append_panda_video(text, video);
            if (text.size() < 1u << 20 && video + 1 < videos) continue;
            out << text;
            text.clear();
        }
        if (!out.flush()) throw wrong_result("no room for " + half.string());
    }
    fs::rename(half, made.file);
    return made;
}

}  // namespace reelpipe::bench
