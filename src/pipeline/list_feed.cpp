#include "pipeline/list_feed.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <optional>
#include <utility>

#include "folder/frame_index.hpp"

namespace reelpipe {

namespace {

bool is_same_segment(const clip_request& a, const clip_request& b)
{
    return a.video == b.video && a.wanted == b.wanted;
}

std::size_t names_of(const video_job& video)
{
    std::size_t count = 0;
    for (const clip_task& task : video.clips) count += 1 + task.twins.size();
    return count;
}

// Clips of one segment, under several labels, are neighbours.
void add(video_job& video, clip_task task)
{
    if (!video.clips.empty() && is_same_segment(video.clips.back().clip, task.clip))
        video.clips.back().twins.push_back(std::move(task));
    else
        video.clips.push_back(std::move(task));
}

}  // namespace

asio::awaitable<void> list_feed::feed(out<video_ptr> next, asio::any_io_executor pool, interlude between)
{
    using namespace asio::experimental::awaitable_operators;
    video_ptr video;
    std::vector<wanted_clip> page = wanted_.after(nullptr, work_list::page_size);
    while (!page.empty()) {
        // A list that is all done is fed as fast as names are looked up and rows are read, so both go on side by side.
        auto names = [this, &page] { return look_up(std::move(page)); };
        const wanted_clip last = page.back();
        auto [listed, following] = co_await (offload(pool, std::move(names)) && page_after(last));
        for (listed_clip& each : listed) {
            if (each.settled) {
                if (left_.empty()) enter(each);
                continue;
            }
            if (!is_left(each.wanted.row)) continue;
            if (video && video->id != each.wanted.clip.video) {
                video_ptr complete = std::move(video);
                video.reset();
                listed_ += names_of(*complete);
                co_await next.send(std::move(complete));
                if (between) co_await between(next);
            }
            if (!video) {
                video = std::make_shared<video_job>();
                video->id = each.wanted.clip.video;
            }
            clip_task task = task_of(std::move(each));
            task.same = under_another_label(task);
            add(*video, std::move(task));
        }
        page = std::move(following);
    }
    if (!video) co_return;
    listed_ += names_of(*video);
    co_await next.send(std::move(video));
}

void list_feed::enter(const listed_clip& settled)
{
    outcomes_.settled_before(settled.wanted);
    ++listed_;
}

asio::awaitable<void> list_feed::enter_settled(asio::any_io_executor pool)
{
    std::vector<bool> left(wanted_.rows() + 1);
    std::vector<wanted_clip> page = wanted_.after(nullptr, work_list::page_size);
    while (!page.empty()) {
        const wanted_clip last = page.back();
        auto names = [this, &page] { return look_up(std::move(page)); };
        const std::vector<listed_clip> listed = co_await offload(pool, std::move(names));
        for (const listed_clip& each : listed) {
            if (each.settled) enter(each);
            left[each.wanted.row] = !each.settled;
            if (!each.settled) ++left_count_;
        }
        page = wanted_.after(&last, work_list::page_size);
    }
    left_ = std::move(left);
}

video_ptr list_feed::left_of(const std::string& video, const std::optional<segment>& within)
{
    constexpr std::size_t few = 64;
    auto found = std::make_shared<video_job>();
    found->id = video;
    wanted_clip from;
    from.clip.video = video;
    std::vector<wanted_clip> page = wanted_.after(&from, few);
    while (!page.empty() && page.front().clip.video == video) {
        from = page.back();
        for (wanted_clip& each : page) {
            const segment wanted = each.clip.wanted;
            if (each.clip.video != video) break;
            if (within && (wanted.start < within->start || wanted.end > within->end)) continue;
            if (!is_left(each.row)) continue;
            listed_clip one;
            one.name = store::clip_name(each.clip, trim_);
            one.wanted = std::move(each);
            clip_task task = task_of(std::move(one));
            task.same = under_another_label(task);
            add(*found, std::move(task));
        }
        page = wanted_.after(&from, few);
    }
    return found->clips.empty() ? nullptr : found;
}

// Who takes the file looks once more whether it is there.
std::optional<stored_file> list_feed::under_another_label(const clip_task& task)
{
    if (!shares_) return std::nullopt;
    for (wanted_clip& other : wanted_.stored_under_other_labels(task.clip)) {
        stored_file stored{folder_ / store::clip_name(other.clip, trim_), std::move(*other.before)};
        if (store::signature_of(stored.file) == stored.record.file) return stored;
    }
    return std::nullopt;
}

void list_feed::take_out(const video_job& video)
{
    for (const clip_task& task : video.clips) {
        task.for_each_name([this](const clip_task& name) {
            left_[name.row] = false;
            --left_count_;
            ++listed_;
        });
    }
}

asio::awaitable<std::vector<wanted_clip>> list_feed::page_after(const wanted_clip& last)
{
    co_return wanted_.after(&last, work_list::page_size);
}

std::vector<list_feed::listed_clip> list_feed::look_up(std::vector<wanted_clip> page) const
{
    const store::signature_reader folder(folder_);
    std::vector<listed_clip> listed;
    listed.reserve(page.size());
    for (wanted_clip& wanted : page) {
        listed_clip& each = listed.emplace_back();
        each.name = store::clip_name(wanted.clip, trim_);
        each.settled = is_settled(wanted, each.name, folder);
        each.wanted = std::move(wanted);
    }
    return listed;
}

bool list_feed::is_settled(const wanted_clip& wanted, const std::string& name,
                           const store::signature_reader& folder) const
{
    if (!wanted.before) return false;
    if (!wanted.before->failed) {
        const store::file_signature found = folder.signature_of(name);
        if (found == store::file_signature{} || found != wanted.before->file) return false;
        return !with_index_ || folder.signature_of(frame_index_of(name)) != store::file_signature{};
    }
    return again_.holds(*wanted.before);
}

clip_task list_feed::task_of(listed_clip each) const
{
    clip_task task;
    task.row = each.wanted.row;
    task.file = folder_ / each.name;
    task.clip = std::move(each.wanted.clip);
    if (!each.wanted.before) return task;
    const std::optional<reason> failed = each.wanted.before->failed;
    task.was_unavailable = failed == reason::unavailable || failed == reason::unconfirmed;
    if (!failed) task.stored = std::move(each.wanted.before);
    return task;
}

}  // namespace reelpipe
