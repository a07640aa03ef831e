#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <utility>

#include "folder/manifest/clip_stream.hpp"
#include "reelpipe/manifest.hpp"

namespace reelpipe {

namespace {

using difference = clip_difference::kind;

std::unique_ptr<clip_stream> stream_of(const std::filesystem::path& path, const compare_options& options)
{
    if (std::filesystem::is_directory(path))
        return std::make_unique<folder_stream>(
            manifest_options{.folder = path, .jobs = options.jobs, .worker = options.worker}, options.hashes);
    return std::make_unique<manifest_stream>(path);
}

// What tells two stored clips apart; empty: nothing.
std::string difference_of(const manifest_clip& a, const manifest_clip& b)
{
    constexpr double less_than_a_frame_s = 0.001;
    if (!a.unreadable.empty()) return "the first cannot be read: " + a.unreadable;
    if (!b.unreadable.empty()) return "the second cannot be read: " + b.unreadable;
    if (a.frames != b.frames) return fmt::format("{} and {} frames", a.frames, b.frames);
    if (a.streams != b.streams) return fmt::format("{} and {}", a.streams, b.streams);
    if (std::abs(a.duration_s - b.duration_s) > less_than_a_frame_s)
        return fmt::format("{:.3f} and {:.3f} s", a.duration_s, b.duration_s);
    if (!a.video_hash.empty() && !b.video_hash.empty() && a.video_hash != b.video_hash) return "other video packets";
    return "";
}

class comparison {
public:
    explicit comparison(const compare_options& options)
        : options_(options), first_(stream_of(options.first, options)), second_(stream_of(options.second, options))
    {
    }

    compare_summary run()
    {
        std::optional<manifest_clip> a = first_->next(), b = second_->next();
        while (a || b) {
            if (a && (!b || is_before(a->clip, b->clip))) {
                tell(a->failed ? difference::failed_first : difference::only_first, *a, reason_of(*a));
                a = first_->next();
            } else if (!a || is_before(b->clip, a->clip)) {
                tell(b->failed ? difference::failed_second : difference::only_second, *b, reason_of(*b));
                b = second_->next();
            } else {
                compare(*a, *b);
                a = first_->next();
                b = second_->next();
            }
        }
        return result_;
    }

private:
    static std::string reason_of(const manifest_clip& c)
    {
        return c.failed ? std::string(to_string(*c.failed)) : std::string();
    }

    void compare(const manifest_clip& a, const manifest_clip& b)
    {
        if (!a.failed && b.failed) return tell(difference::lost, b, reason_of(b));
        if (a.failed && !b.failed) return tell(difference::gained, a, reason_of(a));
        if (a.failed) {
            if (a.failed != b.failed)
                tell(difference::other_reason, a, fmt::format("{} and {}", reason_of(a), reason_of(b)));
            return;
        }
        if (std::string what = difference_of(a, b); !what.empty()) return tell(difference::content, a, std::move(what));
        ++result_.same;
        if (!a.video_hash.empty() && !b.video_hash.empty()) ++result_.same_by_hash;
    }

    void tell(difference what, const manifest_clip& c, std::string detail)
    {
        ++result_.differences[static_cast<std::size_t>(what)];
        if (options_.on_difference) options_.on_difference({.what = what, .clip = c.clip, .detail = std::move(detail)});
    }

    const compare_options& options_;
    const std::unique_ptr<clip_stream> first_, second_;
    compare_summary result_{};
};

}  // namespace

std::string_view to_string(clip_difference::kind what) noexcept
{
    switch (what) {
        case difference::only_first:
            return "only_first";
        case difference::only_second:
            return "only_second";
        case difference::lost:
            return "lost";
        case difference::gained:
            return "gained";
        case difference::content:
            return "content";
        case difference::other_reason:
            return "other_reason";
        case difference::failed_first:
            return "failed_first";
        case difference::failed_second:
            break;
    }
    return "failed_second";
}

std::string_view explain(clip_difference::kind what) noexcept
{
    switch (what) {
        case difference::only_first:
            return "stored in the first, unknown to the second";
        case difference::only_second:
            return "stored in the second, unknown to the first";
        case difference::lost:
            return "stored in the first, failed in the second";
        case difference::gained:
            return "failed in the first, stored in the second";
        case difference::content:
            return "stored in both, and not the same";
        case difference::other_reason:
            return "failed in both, for different reasons";
        case difference::failed_first:
            return "failed in the first, unknown to the second";
        case difference::failed_second:
            break;
    }
    return "failed in the second, unknown to the first";
}

compare_summary compare_clips(const compare_options& options) { return comparison(options).run(); }

}  // namespace reelpipe
