#include "folder/contact_sheet.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <thread>

#include "isolation/clip_workers.hpp"
#include "isolation/usable_cores.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

namespace {

constexpr int short_side = 112;  // pixels
constexpr std::size_t max_workers = 8;
constexpr std::chrono::seconds max_work{20};  // on one frame

}  // namespace

std::vector<sheet_frame> take_stills(const std::filesystem::path& folder, const std::filesystem::path& worker,
                                     const std::vector<clip_census::stored_clip>& clips)
{
    std::vector<sheet_frame> frames(clips.size());
    if (clips.empty()) return frames;
    clip_workers workers(worker, max_work);
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < clips.size(); i = next++) {
            const auto length = std::chrono::duration<double>(clips[i].duration_s);
            const auto middle = std::chrono::duration_cast<std::chrono::microseconds>(length / 2);
            try {
                const verify::clip_file file(folder / clips[i].file);
                frames[i].image = workers.still(file.descriptor(), middle, short_side, {});
            } catch (const std::exception& e) {
                frames[i].error = e.what();
            }
        }
    };
    std::vector<std::jthread> threads;
    const std::size_t count = std::min({usable_cores(), max_workers, clips.size()});
    while (threads.size() < count) threads.emplace_back(work);
    threads.clear();
    return frames;
}

}  // namespace reelpipe
