// reelpipe's stages in this process: cut, verify, write to the disk. One clip after the other, as one worker does it,
// from the video on the disk.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "cut/workload.hpp"
#include "runner/program.hpp"
#include "stages/cut/cut.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe::bench {

namespace {

class file {
public:
    file(const std::filesystem::path& path, int flags) : descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0600))
    {
        if (descriptor_ < 0) throw wrong_result("cannot open " + path.string());
    }
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    ~file() { close(descriptor_); }
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

void cut_one(const workload& w, const segment& wanted, const std::filesystem::path& clip)
{
    const file source(w.video, O_RDONLY), out(clip, O_RDWR | O_CREAT | O_TRUNC);
    struct stat found{};
    fstat(source.descriptor(), &found);
    cut::input video{.video = {.descriptor = source.descriptor(), .size = static_cast<std::uint64_t>(found.st_size)}};
    video.video.held.add({0, video.video.size});
    const cut::result done = cut::make_clip(
        video, wanted, out.descriptor(),
        {.mode = w.mode == cutting::lossless ? cut::way::lossless : cut::way::encode, .preset = w.preset});
    verify::check(out.descriptor(),
                  {.frames = done.frames, .start = done.start, .duration = done.duration, .audio = done.audio});
    fsync(out.descriptor());
}

}  // namespace

figures in_process(const workload& w)
{
    double cpu_s = 0;
    std::chrono::duration<double> wall{};
    for (std::size_t i = 0; i < w.segments.size(); ++i) {
        const std::filesystem::path clip = w.folder / "reelpipe.mp4";
        const auto begun = std::chrono::steady_clock::now();
        const double cpu_begun = cpu_s_of_process();
        cut_one(w, w.segments[i], clip);
        cpu_s += cpu_s_of_process() - cpu_begun;
        wall += std::chrono::steady_clock::now() - begun;
        check(w, i, clip);
    }
    const auto clips = static_cast<double>(w.segments.size());
    return {{"cpu_s", cpu_s / clips}, {"wall_s", wall.count() / clips}};
}

}  // namespace reelpipe::bench
