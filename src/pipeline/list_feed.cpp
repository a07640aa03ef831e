#include "pipeline/list_feed.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <optional>
#include <utility>

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

}  // namespace

asio::awaitable<void> list_feed::feed(out<video_ptr> next, asio::any_io_executor pool)
{
    using namespace asio::experimental::awaitable_operators;
    video_ptr video;
    std::optional<listed_clip> last_stored;
    std::vector<wanted_clip> page = wanted_.after(nullptr, work_list::page_size);
    while (!page.empty()) {
        // A list that is all done is fed as fast as names are looked up and rows are read, so both go on side by side.
        auto names = [this, &page] { return look_up(std::move(page)); };
        const wanted_clip last = page.back();
        auto [listed, following] = co_await (offload(pool, std::move(names)) && page_after(last));
        for (listed_clip& each : listed) {
            if (each.settled) {
                outcomes_.settled_before(each.wanted);
                ++listed_;
                if (each.wanted.before->failed) continue;
                if (video && is_same_segment(video->clips.back().clip, each.wanted.clip))
                    video->clips.back().same = stored_file{folder_ / each.name, *each.wanted.before};
                last_stored = std::move(each);
                continue;
            }
            if (video && video->id != each.wanted.clip.video) {
                video_ptr complete = std::move(video);
                video.reset();
                listed_ += names_of(*complete);
                co_await next.send(std::move(complete));
            }
            if (!video) {
                video = std::make_shared<video_job>();
                video->id = each.wanted.clip.video;
            }
            clip_task task = task_of(std::move(each));
            if (last_stored && is_same_segment(last_stored->wanted.clip, task.clip))
                task.same = stored_file{folder_ / last_stored->name, *last_stored->wanted.before};
            if (!video->clips.empty() && is_same_segment(video->clips.back().clip, task.clip))
                video->clips.back().twins.push_back(std::move(task));
            else
                video->clips.push_back(std::move(task));
        }
        page = std::move(following);
    }
    if (!video) co_return;
    listed_ += names_of(*video);
    co_await next.send(std::move(video));
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
        return found != store::file_signature{} && found == wanted.before->file;
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
