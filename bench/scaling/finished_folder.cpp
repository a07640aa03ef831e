#include "scaling/finished_folder.hpp"

#include <fmt/format.h>

#include <fstream>
#include <vector>

#include "ledger/database.hpp"
#include "ledger/ledger.hpp"
#include "stages/store/clip_name.hpp"
#include "stages/store/output_file.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t labels = 700;

// Names of eleven letters in no order, as sites give them: neighbours in the list are far apart in the ledger.
std::string video_name(std::size_t number)
{
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::uint64_t mixed = (number + 1) * 0x9e3779b97f4a7c15u;
    mixed ^= mixed >> 31;
    mixed *= 0xbf58476d1ce4e5b9u;
    std::string name(11, '\0');
    for (char& c : name) {
        c = letters[mixed >> 58];
        mixed <<= 6;
        if (mixed == 0) mixed = number * 0x94d049bb133111ebu + 1;
    }
    return name;
}

clip_request clip_of(std::size_t row)
{
    using std::chrono::seconds;
    const seconds start(row % 5 * 20);
    return {.video = video_name(row - row % 5 % 2),
            .wanted = {start, start + seconds(10)},
            .label = fmt::format("label number {}", row * 7919 % labels),
            .split = "train"};
}

clip_record record_of(std::size_t row, const fs::path& file)
{
    clip_record made{.attempts = 1, .fetched = 860'000, .resolve_s = 0.8, .fetch_s = 0.5};
    if (row % 3 == 0) {
        made.failed = reason::removed;
        made.message = "ERROR: [youtube] Video unavailable. This video has been removed by the uploader";
        return made;
    }
    std::ofstream(file).close();
    made.file = store::signature_of(file);
    made.frames = 300;
    made.duration_s = 10.01;
    made.streams = "h264 640x360, audio";
    return made;
}

}  // namespace

finished_folder make_finished_folder(const fs::path& folder, std::size_t rows)
{
    finished_folder made{.list = folder / "list.csv", .clips = folder / "clips"};
    if (fs::exists(made.list)) return made;
    fs::remove_all(folder);
    fs::create_directories(made.clips / ".reelpipe");
    for (std::size_t i = 0; i < labels; ++i) fs::create_directory(made.clips / fmt::format("label number {}", i));

    database db(made.clips / ".reelpipe/ledger.sqlite");
    ledger outcomes(db);
    outcomes.begin_run({.options = "{}"});
    const store::trim_format trim("%06d");
    const fs::path part = folder / "part.csv";
    std::ofstream list(part);
    list << "label,youtube_id,time_start,time_end,split\n";
    for (std::size_t row = 0; row < rows; ++row) {
        const clip_request clip = clip_of(row);
        const auto second = [](std::chrono::microseconds t) { return t.count() / 1'000'000; };
        list << fmt::format("{},{},{},{},train\n", clip.label, clip.video, second(clip.wanted.start),
                            second(clip.wanted.end));
        outcomes.record(clip, record_of(row, made.clips / store::clip_name(clip, trim)));
    }
    outcomes.end_run("complete");
    list.close();
    fs::rename(part, made.list);
    return made;
}

}  // namespace reelpipe::bench
