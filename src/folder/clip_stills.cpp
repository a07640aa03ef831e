#include "reelpipe/clip_stills.hpp"

#include <algorithm>
#include <list>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <utility>

#include "isolation/clip_workers.hpp"
#include "isolation/usable_cores.hpp"
#include "threads/mutex.hpp"

namespace reelpipe {

namespace {

constexpr int side_of_still = 144;  // pixels, the shorter one
constexpr std::chrono::seconds max_time_of_still{20};
constexpr std::size_t max_kept_bytes = 32u << 20;
constexpr std::size_t max_at_a_time = 4;

// The stills that were asked for last.
class kept_stills {
public:
    std::optional<clip_still> find(const std::string& identity)
    {
        const auto found = places_.find(identity);
        if (found == places_.end()) return std::nullopt;
        stills_.splice(stills_.begin(), stills_, found->second);
        return found->second->second;
    }

    void keep(const std::string& identity, const clip_still& still)
    {
        if (places_.contains(identity)) return;
        stills_.emplace_front(identity, still);
        places_[identity] = stills_.begin();
        bytes_ += still.jpeg.size();
        while (bytes_ > max_kept_bytes) {
            bytes_ -= stills_.back().second.jpeg.size();
            places_.erase(stills_.back().first);
            stills_.pop_back();
        }
    }

private:
    using list = std::list<std::pair<std::string, clip_still>>;

    list stills_{};
    std::unordered_map<std::string, list::iterator> places_{};
    std::size_t bytes_ = 0;
};

}  // namespace

class clip_stills::implementation {
public:
    explicit implementation(const std::filesystem::path& worker) : workers_(worker, max_time_of_still) {}

    clip_still of(const opened_clip& file, std::chrono::duration<double> length)
    {
        {
            const mutex_lock lock(mutex_);
            if (const std::optional<clip_still> kept = kept_.find(file.identity())) return *kept;
        }
        const auto middle = std::chrono::duration_cast<std::chrono::microseconds>(length / 2);
        cut::still made = workers_.still(file.descriptor(), middle, side_of_still, stop_.get_token());
        clip_still still{.width = made.width, .height = made.height, .jpeg = std::move(made.jpeg)};
        const mutex_lock lock(mutex_);
        kept_.keep(file.identity(), still);
        return still;
    }

    void stop() { stop_.request_stop(); }

private:
    clip_workers workers_;
    std::stop_source stop_{};
    mutex mutex_;
    kept_stills kept_ REELPIPE_GUARDED_BY(mutex_);
};

clip_stills::clip_stills(const std::filesystem::path& worker)
    : implementation_(std::make_unique<implementation>(worker))
{
}

clip_stills::~clip_stills() = default;

std::size_t clip_stills::at_a_time() { return std::min(usable_cores(), max_at_a_time); }

clip_still clip_stills::of(const opened_clip& file, std::chrono::duration<double> length)
{
    return implementation_->of(file, length);
}

void clip_stills::stop() { implementation_->stop(); }

}  // namespace reelpipe
