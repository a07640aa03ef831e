#include "cut/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "runner/program.hpp"

namespace reelpipe::bench {

namespace fs = std::filesystem;

namespace {

std::string microseconds(std::chrono::microseconds time) { return fmt::format("{}us", time.count()); }

std::string content_of(const fs::path& file)
{
    std::ostringstream content;
    content << std::ifstream(file, std::ios::binary).rdbuf();
    return content.str();
}

// Times, sizes and hashes of the packets of the frames.
std::string packets_of(const workload& w, const fs::path& clip)
{
    const fs::path list = w.folder / "packets.txt";
    run_program({"ffmpeg", "-nostdin", "-v", "error", "-y", "-i", clip, "-map", "0:v", "-c", "copy", "-copyts", "-f",
                 "framemd5", list});
    return content_of(list);
}

// Hashes of the frames that are shown, a line each.
std::string frames_of(const workload& w, const std::vector<std::string>& input)
{
    const fs::path list = w.folder / "frames.txt";
    std::vector<std::string> words{"ffmpeg", "-nostdin", "-v", "error", "-y"};
    words.insert(words.end(), input.begin(), input.end());
    for (const std::string& word : {"-map", "0:v", "-vsync", "passthrough", "-f", "framemd5"}) words.push_back(word);
    words.push_back(list);
    run_program(words);
    std::istringstream lines(content_of(list));
    std::string hashes;
    for (std::string line; std::getline(lines, line);)
        if (!line.empty() && line[0] != '#') hashes += line.substr(line.rfind(' ') + 1) + '\n';
    return hashes;
}

std::string right_clip(const workload& w, std::size_t i)
{
    if (w.mode != cutting::encode) {
        const double length = std::chrono::duration<double>(w.segments[i].end - w.segments[i].start).count();
        return frames_of(w, {"-ss", microseconds(w.segments[i].start), "-t", fmt::format("{}", length + 1), "-i",
                             w.video, "-vf", fmt::format("select=lt(t\\,{})", length)});
    }
    const fs::path clip = w.folder / "right.mp4";
    run_program(ffmpeg_command(w, i, clip));
    return packets_of(w, clip);
}

void make_video(const fs::path& video, const video_shape& shape)
{
    if (fs::exists(video)) return;
    const fs::path part = video.parent_path() / "part.mp4";
    // Noise, or encoding would be unnaturally cheap.
    const std::string frame = fmt::format("testsrc2=size={}:rate=30000/1001,noise=alls=12:allf=t", shape.frame);
    // clang-format off
    run_program({"ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", frame, "-f", "lavfi", "-i",
            "sine=frequency=440:sample_rate=44100", "-t", std::to_string(shape.seconds), "-c:v", "libx264", "-preset",
            "veryfast", "-profile:v", "main", "-crf", "28", "-pix_fmt", "yuv420p", "-g", std::to_string(shape.group_size), "-c:a", "aac", "-b:a",
            "64k", "-movflags", "+faststart", part});
    // clang-format on
    fs::rename(part, video);
}

// Lists of hashes, of which the last lines may differ, and in number.
bool are_the_same(const std::string& a, const std::string& b, std::size_t last_lines)
{
    constexpr std::size_t line = 33;  // an MD5 and the end of its line
    const auto [less, more] = std::minmax({a.size(), b.size()});
    const std::size_t compared = less - std::min(less, last_lines * line);
    return compared > 0 && more - less <= last_lines * line && a.compare(0, compared, b, 0, compared) == 0;
}

// Lists of hashes that agree from some line on until the last few.
bool agree_behind_a_seam(const std::string& a, const std::string& b)
{
    constexpr std::size_t line = 33, last_lines = 3;
    if (a.size() != b.size()) return false;
    std::size_t seam = 0;
    while (seam < a.size() && a.compare(seam, line, b, seam, line) != 0) seam += line;
    const std::size_t end = a.size() - std::min(a.size(), last_lines * line);
    return seam < end && a.compare(seam, end - seam, b, seam, end - seam) == 0;
}

}  // namespace

std::vector<std::string> ffmpeg_command(const workload& w, std::size_t i, const fs::path& clip)
{
    const segment& wanted = w.segments[i];
    const std::string length = microseconds(wanted.end - wanted.start);
    const std::string video = w.mode == cutting::encode ? w.video.string() : fmt::format("{}/v{}.mp4", w.address, i);
    std::vector<std::string> words{"ffmpeg", "-nostdin", "-v", "error", "-y", "-ss", microseconds(wanted.start),
                                   "-t",     length,     "-i", video,   "-t", length};
    if (w.mode == cutting::lossless)
        for (const char* word : {"-c", "copy"}) words.emplace_back(word);
    else
        for (const std::string& word :
             {std::string("-c:v"), std::string("libx264"), std::string("-r"), std::string("30000/1001"),
              std::string("-preset"), w.preset, std::string("-threads"), std::string("1"), std::string("-c:a"),
              std::string("copy")})
            words.push_back(word);
    words.push_back(clip);
    return words;
}

workload prepare(workload w, const video_shape& shape)
{
    fs::create_directories(w.folder);
    w.video = w.folder.parent_path() / fmt::format("video_{}_{}_{}.mp4", shape.frame, shape.seconds, shape.group_size);
    make_video(w.video, shape);
    fs::remove_all(w.videos());
    fs::create_directories(w.videos());
    for (std::size_t i = 0; i < w.segments.size(); ++i) {
        fs::create_hard_link(w.video, w.videos() / fmt::format("v{}.mp4", i));
        std::size_t same = 0;
        while (w.segments[same] != w.segments[i]) ++same;
        w.right.push_back(same < i ? w.right[same] : right_clip(w, i));
    }
    return w;
}

void check(const workload& w, std::size_t i, const fs::path& clip, std::size_t slack)
{
    if (w.mode == cutting::encode) {
        if (packets_of(w, clip) != w.right[i])
            throw wrong_result(fmt::format("clip {} is not the one that ffmpeg makes", i));
        return;
    }
    std::string content = content_of(clip) + w.right[i];
    if (w.known->contains(content)) return;
    const std::string shown = frames_of(w, {"-i", clip});
    const bool is_right =
        w.mode == cutting::smart ? agree_behind_a_seam(shown, w.right[i]) : are_the_same(shown, w.right[i], slack);
    if (!is_right) throw wrong_result(fmt::format("clip {} does not show the frames of its segment", i));
    w.known->insert(std::move(content));
}

}  // namespace reelpipe::bench
