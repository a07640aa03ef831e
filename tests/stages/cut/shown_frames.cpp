#include "shown_frames.hpp"

#include <cmath>
#include <cstdio>
#include <sstream>
#include <stdexcept>

#include "support/process.hpp"

namespace reelpipe::test {

std::vector<shown_frame> shown_frames(const std::filesystem::path& video, const std::vector<std::string>& extra)
{
    std::vector<std::string> words{"ffmpeg", "-nostdin", "-v", "error", "-noautorotate"};
    words.insert(words.end(), extra.begin(), extra.end());
    words.insert(words.end(), {"-i", video.string(), "-map", "0:v", "-copyts", "-vsync", "passthrough",
                               "-enc_time_base", "-1", "-f", "framemd5", "-"});
    const finished done = run(words);
    if (done.status != 0 || !done.err.empty())
        throw std::runtime_error("ffmpeg on " + video.string() + ": " + done.err);

    std::vector<shown_frame> all;
    std::istringstream lines(done.out);
    long double tick = 0;
    for (std::string line; std::getline(lines, line);) {
        int numerator = 0, denominator = 1;
        if (std::sscanf(line.c_str(), "#tb 0: %d/%d", &numerator, &denominator) == 2)
            tick = static_cast<long double>(numerator) / denominator;
        if (line.empty() || line[0] == '#') continue;
        long long pts = 0;
        if (std::sscanf(line.c_str(), "%*d,%*[ 0-9-],%lld", &pts) != 1) throw std::runtime_error("no frame: " + line);
        all.push_back({std::chrono::microseconds(std::llround(static_cast<long double>(pts) * tick * 1'000'000)),
                       line.substr(line.rfind(' ') + 1)});
    }
    return all;
}

}  // namespace reelpipe::test
