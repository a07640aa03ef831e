#include "cutting.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <stdexcept>

#include "media/span_plan.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

namespace reelpipe::test {

namespace fs = std::filesystem;

fs::path film(const std::string& name) { return fs::path(REELPIPE_TEST_MEDIA) / name; }

void drop_last_picture(const fs::path& of, const fs::path& to)
{
    std::string content = read_file(of);
    const std::size_t table = content.find("stsz") + 12;  // behind version, flags and the size that all have
    const auto byte = [&](std::size_t at) { return std::size_t{static_cast<unsigned char>(content.at(at))}; };
    const std::size_t count = byte(table) << 24 | byte(table + 1) << 16 | byte(table + 2) << 8 | byte(table + 3);
    content.replace(table + 4 * count, 4, 4, '\0');
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

cut::result encode_to(const fs::path& clip, const cut::film& source, segment wanted, const cut::options& how)
{
    const clip_file out(clip);
    return cut::encode(source, wanted, out.descriptor(), how);
}

cut::result encode_to(const fs::path& clip, const fs::path& film, segment wanted, const cut::options& how)
{
    return cut_to(clip, film, wanted, how);
}

cut::result cut_to(const fs::path& clip, const fs::path& film, segment wanted, const cut::options& how)
{
    sparse_copy copy(film);
    const std::vector<segment> segments{wanted};
    for (;;) {
        const auto plan = media::plan_spans(copy.file(), segments);
        if (plan.needed.empty()) break;
        copy.copy(plan.needed);
    }
    const clip_file out(clip);
    return cut::make_clip({.pictures = copy.file()}, wanted, out.descriptor(), how);
}

std::string packets_of(const fs::path& clip, const std::string& streams)
{
    return output_of({"ffmpeg", "-nostdin", "-v", "error", "-i", clip.string(), "-map", "0:" + streams, "-c", "copy",
                      "-copyts", "-f", "framemd5", "-"});
}

void ffmpeg_to(const fs::path& clip, const fs::path& film, segment wanted, const std::vector<std::string>& words)
{
    const std::string length = seconds(wanted.end - wanted.start);
    std::vector<std::string> command{"ffmpeg", "-nostdin", "-v", "error",      "-y", "-ss", seconds(wanted.start),
                                     "-t",     length,     "-i", film.string()};
    command.insert(command.end(), words.begin(), words.end());
    command.insert(command.end(), {"-t", length, "-threads", "1", clip.string()});
    output_of(command);
}

}  // namespace reelpipe::test
