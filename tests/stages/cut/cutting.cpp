#include "cutting.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "media/span_plan.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

namespace reelpipe::test {

namespace fs = std::filesystem;

fs::path video(const std::string& name) { return fs::path(REELPIPE_TEST_MEDIA) / name; }

void drop_frame(const fs::path& of, std::size_t number, const fs::path& to)
{
    std::string content = read_file(of);
    const std::size_t sizes = content.find("stsz") + 16;  // behind version, flags, the size that all have, the count
    const auto byte = [&](std::size_t sample, std::size_t i) -> char& { return content.at(sizes + 4 * sample + i); };
    const auto size = [&](std::size_t sample) {
        std::uint32_t all = 0;
        for (std::size_t i = 0; i < 4; ++i) all = all << 8 | static_cast<unsigned char>(byte(sample, i));
        return all;
    };
    // The one before gets the bytes, so that those behind stay where they are; its decoder stops at its own end.
    const std::uint32_t both = size(number - 1) + size(number);
    for (std::size_t i = 0; i < 4; ++i) {
        byte(number - 1, i) = static_cast<char>(both >> (24 - 8 * i));
        byte(number, i) = 0;
    }
    write_file(to, content);
}

std::string seconds(std::chrono::microseconds time) { return std::to_string(time.count()) + "us"; }

namespace {

// A new and empty file, open for as long as it is written.
class clip_file {
public:
    explicit clip_file(const fs::path& path)
        : descriptor_(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600))
    {
        if (descriptor_ < 0) throw std::runtime_error("cannot write " + path.string());
    }
    clip_file(const clip_file&) = delete;
    clip_file& operator=(const clip_file&) = delete;
    ~clip_file() { close(descriptor_); }
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

}  // namespace

cut::result encode_to(const fs::path& clip, const cut::input& source, segment wanted, const cut::options& how)
{
    const clip_file out(clip);
    return cut::encode(source, wanted, out.descriptor(), how);
}

cut::result encode_to(const fs::path& clip, const fs::path& video, segment wanted, const cut::options& how)
{
    return cut_to(clip, video, wanted, how);
}

cut::result cut_to(const fs::path& clip, const fs::path& video, segment wanted, const cut::options& how)
{
    sparse_copy copy(video);
    const std::vector<segment> segments{wanted};
    for (;;) {
        const auto plan = media::plan_spans(copy.file(), segments);
        if (plan.needed.empty()) break;
        copy.copy(plan.needed);
    }
    const clip_file out(clip);
    return cut::make_clip({.video = copy.file()}, wanted, out.descriptor(), how);
}

std::string packets_of(const fs::path& clip, const std::string& streams)
{
    return output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", clip.string(), "-map", "0:" + streams, "-c", "copy",
                      "-copyts", "-f", "framemd5", "-"});
}

std::string rate_of(const fs::path& video)
{
    std::string said = output_of({"ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                                  "stream=r_frame_rate", "-of", "csv=p=0", video.string()});
    said.erase(std::min(said.find_first_not_of("0123456789/"), said.size()));
    return said;
}

void ffmpeg_to(const fs::path& clip, const fs::path& video, segment wanted, const std::vector<std::string>& words)
{
    const std::string length = seconds(wanted.end - wanted.start);
    std::vector<std::string> command{"ffmpeg", "-nostdin", "-v", "error",       "-y", "-ss", seconds(wanted.start),
                                     "-t",     length,     "-i", video.string()};
    command.insert(command.end(), words.begin(), words.end());
    command.insert(command.end(), {"-t", length, "-threads", "1", clip.string()});
    output_of(command);
}

}  // namespace reelpipe::test
