#ifndef REELPIPE_CLIP_STILLS_HPP
#define REELPIPE_CLIP_STILLS_HPP

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include <reelpipe/opened_clip.hpp>

namespace reelpipe {

// A small image of a frame.
struct clip_still {
    int width = 0, height = 0;
    std::string jpeg{};  // in base64
};

// Small images of stored clips, made when they are asked for, in sandboxed worker processes. The last ones are kept in
// memory, and nowhere else. Threads: any; no more workers are at work than there are calls at a time.
class clip_stills {
public:
    // `worker` as in folder_page_options.
    explicit clip_stills(const std::filesystem::path& worker);
    clip_stills(const clip_stills&) = delete;
    clip_stills& operator=(const clip_stills&) = delete;
    ~clip_stills();

    // So many at a time are reasonable on this machine: a run may be at work on it, too.
    static std::size_t at_a_time();

    // A frame from the middle of a clip of this length. Blocks. Throws what says why there is none.
    clip_still of(const opened_clip&, std::chrono::duration<double> length);

    // Calls end soon, and throw.
    void stop();

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace reelpipe

#endif
