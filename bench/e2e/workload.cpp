#include "e2e/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <thread>

#include "e2e/start_times.hpp"
#include "fetch/frames.hpp"
#include "runner/program.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;
using std::chrono::seconds;

namespace {

constexpr seconds max_material{300};
constexpr std::size_t labels = 5;

// The clip lies in the middle of its video.
seconds length_of_video(seconds start, seconds clip) { return 2 * start + clip + seconds(10); }

long count_of(seconds s) { return s.count(); }

void ffmpeg(const fs::path& result, std::vector<std::string> words)
{
    const fs::path part = result.parent_path() / ("part_" + result.filename().string());
    words.insert(words.begin(), {"ffmpeg", "-nostdin", "-v", "error", "-y"});
    words.push_back(part);
    run_program(words);
    fs::rename(part, result);
}

// Frames with noise, or encoding would be unnaturally cheap; a key frame every five seconds.
void make_material(const fs::path& file, const std::string& frame)
{
    if (fs::exists(file)) return;
    ffmpeg(file, {"-f", "lavfi", "-i", fmt::format("testsrc2=size={}:rate=30,noise=alls=12:allf=t", frame), "-t",
                  std::to_string(count_of(max_material)), "-c:v", "libx264", "-preset", "veryfast", "-profile:v",
                  "main", "-crf", "28", "-pix_fmt", "yuv420p", "-g", "150"});
}

// The material again and again, with audio; index first.
void make_video(const fs::path& file, const fs::path& material, seconds length)
{
    if (fs::exists(file)) return;
    ffmpeg(file, {"-stream_loop", std::to_string(length / max_material),
                  "-i",           material,
                  "-f",           "lavfi",
                  "-i",           "sine=frequency=440:sample_rate=44100",
                  "-map",         "0:v",
                  "-map",         "1:a",
                  "-t",           std::to_string(count_of(length)),
                  "-c:v",         "copy",
                  "-c:a",         "aac",
                  "-b:a",         "64k",
                  "-movflags",    "+faststart"});
}

void serve(const fs::path& folder, const fs::path& video, const std::string& id)
{
    fs::create_hard_link(video, folder / "media" / (id + ".mp4"));
    std::ofstream(folder / "pages" / id) << fmt::format(
        "<html><head><title>A video</title></head><body><video><source src=\"/media/{}.mp4\" type=\"video/mp4\">"
        "</video></body></html>",
        id);
}

void write_list(const workload& w)
{
    std::ofstream out(w.list());
    out << "label,youtube_id,time_start,time_end,split\n";
    for (const row& r : w.rows)
        out << fmt::format("{},{},{},{},train\n", r.clip.label, r.clip.video,
                           std::chrono::duration_cast<seconds>(r.clip.wanted.start).count(),
                           std::chrono::duration_cast<seconds>(r.clip.wanted.end).count());
}

std::map<std::string, fs::path> clips_in(const fs::path& output)
{
    std::map<std::string, fs::path> all;  // by the video's id
    for (const fs::directory_entry& each : fs::recursive_directory_iterator(output)) {
        if (each.path().extension() != ".mp4") continue;
        const std::string name = each.path().stem();
        all[name.substr(0, name.find('_'))] = each.path();
    }
    return all;
}

void check(const workload& w, std::size_t may_differ)
{
    const std::map<std::string, fs::path> clips = clips_in(w.output());
    std::size_t alive = 0;
    for (const row& r : w.rows) {
        if (r.frames == 0) continue;
        ++alive;
        const auto clip = clips.find(r.clip.video);
        if (clip == clips.end()) throw wrong_result("there is no clip of " + r.clip.video);
        const std::size_t shown = frames_of(clip->second);
        if (shown + may_differ < r.frames || shown > r.frames + may_differ)
            throw wrong_result(fmt::format("{} shows {} frames instead of {}", clip->second.string(), shown, r.frames));
    }
    if (clips.size() != alive) throw wrong_result(fmt::format("{} clips instead of {}", clips.size(), alive));
}

}  // namespace

fs::path bench_media() { return REELPIPE_BENCH_MEDIA; }

std::size_t cores() { return std::max(1u, std::thread::hardware_concurrency()); }

workload prepare(const size_of_work& size)
{
    const fs::path cache = bench_media() / size.frame;
    fs::create_directories(cache);
    const fs::path material = cache / "material.mp4";
    make_material(material, size.frame);

    workload w{.preset = size.preset,
               .home = bench_media() / fmt::format("{}x{}_{}", size.videos, size.names, size.frame)};
    fs::remove_all(w.home);
    fs::create_directories(w.site() / "media");
    fs::create_directories(w.site() / "pages");
    const std::vector<seconds> starts = start_times(size.videos);
    for (std::size_t name = 0; name < size.names; ++name)
        for (std::size_t i = 0; i < starts.size(); ++i) {
            // In no order of length: late starts are all over the list.
            const seconds start = starts[(i * 7 + name) % starts.size()];
            const seconds length = length_of_video(start, size.length);
            const fs::path video = cache / fmt::format("{}s.mp4", length.count());
            make_video(video, material, length);
            row r{.clip = {.video = fmt::format("video{:03}x{:03}", i, name),
                           .wanted = {start, start + size.length},
                           .label = fmt::format("label {}", i % labels),
                           .split = "train"}};
            r.frames = frames_in(video, r.clip.wanted);
            serve(w.site(), video, r.clip.video);
            w.rows.push_back(r);
            if (w.rows.size() % 10 != 2) continue;
            r.clip.video = fmt::format("dead{:03}x{:03}", i, name);
            r.frames = 0;
            w.rows.push_back(std::move(r));
        }
    write_list(w);
    return w;
}

workload served(workload w, const network& net, bool with_site)
{
    w.with_site = with_site;
    w.server = std::make_shared<origin>(w.site(), net);
    return w;
}

figures measured(const workload& w, const std::vector<std::string>& program, int status, std::size_t may_differ)
{
    fs::remove_all(w.output());
    fs::remove_all(w.temporary());
    fs::create_directories(w.temporary());
    for (const row& r : w.rows) fs::create_directories(w.output() / r.clip.label);
    const std::uint64_t before = w.server->served();
    const program_usage used = run_program(program, status);
    const auto served = static_cast<double>(w.server->served() - before);
    check(w, may_differ);
    const auto clips = static_cast<double>(std::ranges::count_if(w.rows, [](const row& r) { return r.frames > 0; }));
    return {{"clips_per_s", clips / used.wall_s},
            {"cpu_s", used.cpu_s / clips},
            {"bytes", served / clips},
            {"peak_mb", used.peak_mb}};
}

figures measured_xargs(const workload& w, std::size_t jobs, const std::string& script, std::size_t may_differ)
{
    constexpr int some_failed = 123;
    const fs::path work = w.home / "work.txt";
    std::ofstream out(work);
    for (std::size_t i = 0; i < w.rows.size(); ++i) {
        const row& r = w.rows[i];
        out << fmt::format("{}\n{}\n{}\n{}\n{}\n", std::chrono::duration_cast<seconds>(r.clip.wanted.start).count(),
                           std::chrono::duration_cast<seconds>(r.clip.wanted.end - r.clip.wanted.start).count(),
                           w.url(r), w.clip(r).string(), (w.temporary() / r.clip.video).string());
    }
    out.close();
    return measured(w,
                    {"xargs", "-a", work, "-d", "\\n", "-P", std::to_string(jobs), "-n", "5", "sh", "-c", script, "sh"},
                    some_failed, may_differ);
}

}  // namespace reelpipe::bench
