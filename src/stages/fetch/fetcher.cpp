#include "stages/fetch/fetcher.hpp"

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <deque>
#include <limits>
#include <numeric>
#include <reelpipe/pipeline/offload.hpp>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "media/span_plan.hpp"

namespace reelpipe::fetch {

namespace {

constexpr std::uint64_t smallest_head = 4u << 10;
constexpr std::uint64_t largest_head = 512u << 10;
// The boxes in front of an index and the header behind it.
constexpr std::uint64_t around_index = 4u << 10;
// Fewer new bytes than this in one go are no progress: a server that trickles must not be asked for ever.
constexpr std::uint64_t worth_another_try = 4u << 10;

const remote_file& remote(const media_source& source, std::size_t file)
{
    return std::get<remote_file>(source.files[file]);
}

std::uint64_t held_bytes(const held_video& video)
{
    return std::accumulate(video.files.begin(), video.files.end(), std::uint64_t{0}, [](std::uint64_t sum, auto& file) {
        return sum + (file.bytes ? file.bytes->held().bytes() : 0);
    });
}

http_request request_for(const remote_file& from, media::byte_range range, const file_identity& expected)
{
    return {.url = from.url,
            .headers = from.headers,
            .cookies = from.cookies,
            .proxy = from.proxy,
            .range = range,
            .expected = expected};
}

void append_in_parts(std::vector<media::byte_range>& parts, media::byte_range range, std::uint64_t largest)
{
    for (; range.begin < range.end; range.begin = parts.back().end)
        parts.push_back({range.begin, std::min(range.end, range.begin + std::max<std::uint64_t>(largest, 1))});
}

// No container begins with white space or '<'; the pages that servers send instead of films do.
bool looks_like_html(std::span<const std::byte> start)
{
    const auto sign = std::ranges::find_if_not(
        start, [](std::byte b) { return b == std::byte{' '} || b == std::byte{'\n'} || b == std::byte{'\r'}; });
    return sign != start.end() && *sign == std::byte{'<'};
}

}  // namespace

// Takes one answer of one file's server into what is held.
class fetcher::writer final : public body_sink {
public:
    writer(held_video& video, piece asked, const remote_file& from, const fetch_options& options)
        : file_(video.files[asked.file]), counts_(video.counts), asked_(asked.range), from_(from), options_(options)
    {
    }

    std::uint64_t begin(const response_head& head) override
    {
        if (head.content_type.starts_with("text/html")) fail<not_media_error>("a page of HTML, no film");
        if (head.identity.size == 0) fail<not_media_error>("an empty file");
        if (!file_.bytes) file_.bytes = sparse_file::in(options_.folder);
        if (head.identity.size && file_.bytes->size() == 0) file_.bytes->resize(*head.identity.size);
        if (head.identity.size) file_.identity.size = head.identity.size;
        if (file_.identity.validator.empty()) file_.identity.validator = head.identity.validator;
        return head.partial ? asked_.end : end_of_whole(head);
    }

    void write(std::uint64_t offset, std::span<const std::byte> bytes) override
    {
        if (offset == 0 && looks_like_html(bytes)) fail<not_media_error>("a page of HTML, no film");
        if (offset + bytes.size() > options_.whole_limit && !file_.takes_ranges) fail_too_large();
        counts_.bytes += bytes.size();
        file_.bytes->write(offset, bytes);
    }

    // A body whose length nobody announced has one once it is here.
    void end(const response_head& head)
    {
        if (file_.bytes->size() != 0) return;
        file_.identity.size = head.identity.size;
        file_.bytes->resize(head.identity.size.value_or(0));
        if (file_.bytes->size() == 0) fail<not_media_error>("an empty file");
    }

private:
    // The server ignores ranges and sends all from the start. It is heard up to the byte that was asked for; of several
    // such answers for parts of one file only the next round's single one is.
    std::uint64_t end_of_whole(const response_head& head)
    {
        const bool expected = !std::exchange(file_.takes_ranges, false) || asked_.begin == 0;
        if (!expected) return 0;
        const std::uint64_t end = head.identity.size ? std::min(asked_.end, *head.identity.size) : head.body.end;
        if (head.identity.size && end > options_.whole_limit) fail_too_large();
        return end;
    }

    template <class Error> [[noreturn]] void fail(const std::string& what) const
    {
        throw Error(display_name(from_.url) + ": " + what, host_of(from_.url));
    }

    [[noreturn]] void fail_too_large() const
    {
        fail<too_large_error>("more than " + std::to_string(options_.whole_limit) +
                              " bytes are to be read from a server that ignores ranges");
    }

    held_video::file& file_;
    fetch_counts& counts_;
    media::byte_range asked_;
    const remote_file& from_;
    const fetch_options& options_;
};

fetcher::fetcher(http_client& http, asio::any_io_executor planners, fetch_options options)
    : http_(http), planners_(std::move(planners)), options_(std::move(options)), head_(options_.head)
{
}

asio::awaitable<fetched> fetcher::fetch(media_source source, std::vector<segment> wanted)
{
    held_video held;
    fetched all = co_await fetch(held, std::move(source), std::move(wanted));
    co_return all;
}

asio::awaitable<fetched> fetcher::fetch(held_video& video, media_source source, std::vector<segment> wanted)
{
    video.files.resize(source.files.size());
    open_local_files(video, source);
    for (;;) {
        const std::vector<piece> pieces = co_await plan(video, wanted);
        if (pieces.empty()) break;
        check_limits(video, source, pieces);
        ++video.counts.rounds;
        co_await bring(video, source, pieces);
    }

    fetched all;
    for (const held_video::file& file : video.files) {
        all.files.push_back(file.bytes);
        all.size += file.bytes->size();
        all.index_bytes += file.index_bytes;
        all.span_bytes += file.span_bytes;
    }
    all.container = video.files.front().container;
    all.held_bytes = held_bytes(video);
    all.counts = video.counts;
    co_return all;
}

void fetcher::open_local_files(held_video& video, const media_source& source) const
{
    for (std::size_t i = 0; i < source.files.size(); ++i) {
        const auto* local = std::get_if<local_file>(&source.files[i]);
        if (!local || video.files[i].bytes) continue;
        video.files[i].bytes = sparse_file::of(local->path);
        if (video.files[i].bytes->size() == 0) throw not_media_error(local->path.string() + ": an empty file", "");
    }
}

// What to ask for next. Of files that nothing is known of the head; empty when nothing is missing any more.
asio::awaitable<std::vector<fetcher::piece>> fetcher::plan(held_video& video, const std::vector<segment>& wanted)
{
    std::vector<piece> pieces;
    for (std::size_t i = 0; i < video.files.size(); ++i) {
        held_video::file& file = video.files[i];
        if (!file.bytes || file.bytes->size() == 0) {
            pieces.push_back({i, {0, head_}});
            continue;
        }
        const bool whole = file.bytes->held().holds({0, file.bytes->size()});
        if (whole && !file.identity.size) continue;  // a local file: looked into when it is cut

        const media::partial_file view = file.bytes->view();
        const media::tracks kind = i == 0 ? media::tracks::film : media::tracks::sound;
        auto look = [&view, &wanted, kind] { return media::plan_spans(view, wanted, kind); };
        const media::span_plan next = co_await reelpipe::offload(planners_, look);
        file.index_bytes = next.index_bytes;
        file.span_bytes = next.span_bytes;
        file.container = next.container;
        const std::vector<media::byte_range>& held = file.bytes->held().ranges();
        if (held.size() == 1) learn_head(held.front(), next.needed, next.index_known ? next.index_bytes : 0);
        for (const media::byte_range& range : next.needed) pieces.push_back({i, range});
    }
    co_return pieces;
}

// Brings all of the pieces, asking again for what a short or broken answer left out.
asio::awaitable<void> fetcher::bring(held_video& video, const media_source& source, const std::vector<piece>& pieces)
{
    for (unsigned fruitless = 0;;) {
        std::vector<piece> missing;
        for (const auto& [i, range] : pieces) {
            const held_video::file& file = video.files[i];
            if (!file.bytes || file.bytes->size() == 0) {
                missing.push_back({i, range});
                continue;
            }
            const std::uint64_t end = std::min(range.end, file.bytes->size());
            for (const media::byte_range& gap : file.bytes->held().missing({std::min(range.begin, end), end}))
                missing.push_back({i, gap});
        }
        if (missing.empty()) co_return;

        const std::uint64_t before = held_bytes(video);
        const std::exception_ptr fault = co_await bring_once(video, source, std::move(missing));
        const std::uint64_t brought = held_bytes(video) - before;
        fruitless = brought >= worth_another_try ? 0 : fruitless + 1;
        if (fruitless <= options_.retries) {
            if (!fault) continue;
            asio::steady_timer pause(co_await asio::this_coro::executor, options_.retry_pause);
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        if (fault) std::rethrow_exception(fault);
        const std::string& url = remote(source, pieces.front().file).url;
        throw answer_error(display_name(url) + ": the server does not send what it is asked for", host_of(url));
    }
}

// One request for each piece, a few at a time. Gives back a fault that another try may heal.
asio::awaitable<std::exception_ptr> fetcher::bring_once(held_video& video, const media_source& source,
                                                        std::vector<piece> missing)
{
    // Servers that ignore ranges begin at 0 each time: one answer up to the last missing byte has it all.
    std::vector<piece> requests;
    for (std::size_t i = 0; i < video.files.size(); ++i) {
        std::vector<media::byte_range> parts;
        std::uint64_t end = 0;
        for (const auto& [file, range] : missing) {
            if (file != i) continue;
            if (video.files[i].takes_ranges) append_in_parts(parts, range, remote(source, i).max_range);
            end = std::max(end, range.end);
        }
        if (end > 0 && !video.files[i].takes_ranges) parts.push_back({0, end});
        for (const media::byte_range& part : parts) requests.push_back({i, part});
    }

    struct running {
        running(fetcher& owner, held_video& into, const media_source& from, piece asked)
            : file(asked.file),
              sink(into, asked, remote(from, asked.file), owner.options_),
              going(owner.http_.start(
                  request_for(remote(from, asked.file), asked.range, into.files[asked.file].identity), sink))
        {
        }
        std::size_t file;
        writer sink;
        transfer going;
    };
    std::deque<running> window;
    std::exception_ptr fault;
    std::optional<std::size_t> changed;
    for (auto next = requests.begin(); !window.empty() || (next != requests.end() && !fault);) {
        while (next != requests.end() && !fault && window.size() < std::max(options_.parallel, 1u)) {
            window.emplace_back(*this, video, source, *next++);
            ++video.counts.requests;
        }
        running& oldest = window.front();
        try {
            const response_head head = co_await oldest.going.wait();
            oldest.sink.end(head);
        } catch (const network_error& e) {
            if (e.local) throw;
            if (!fault) fault = std::current_exception();
        } catch (const changed_error&) {
            changed = oldest.file;
            fault = std::current_exception();
        } catch (const http_error& e) {
            // The first byte of a file that has none cannot be asked for.
            const bool empty = e.status == 416 && video.files[oldest.file].identity == file_identity{};
            if (empty) throw not_media_error(display_name(remote(source, oldest.file).url) + ": an empty file", e.host);
            throw;
        }
        if (changed) break;
        window.pop_front();
    }
    if (changed) {
        window.clear();
        video.files[*changed] = {};
        std::rethrow_exception(fault);
    }
    co_return fault;
}

void fetcher::check_limits(const held_video& video, const media_source& source, const std::vector<piece>& pieces) const
{
    std::vector<std::uint64_t> needed(video.files.size(), 0);
    for (const auto& [i, range] : pieces) {
        const held_video::file& file = video.files[i];
        if (file.takes_ranges && file.bytes && file.bytes->held().holds(range))
            throw std::logic_error("the plan names bytes that are held");
        needed[i] = file.takes_ranges ? needed[i] + range.size() : std::max(needed[i], range.end);
        const std::uint64_t held = file.takes_ranges && file.bytes ? file.bytes->held().bytes() : 0;
        const std::uint64_t limit = file.takes_ranges ? options_.video_limit : options_.whole_limit;
        if (held + needed[i] <= limit) continue;
        const std::string& url = remote(source, i).url;
        throw too_large_error(display_name(url) + ": " + std::to_string(held + needed[i]) +
                                  " bytes would have to be fetched, " + std::to_string(limit) + " are allowed",
                              host_of(url));
    }
}

// What the first plan says about the head: it shows how much of it was index. Down at once, up slowly, because a head
// that is too small costs a round trip now and then, and one that is too large costs bytes of every video.
void fetcher::learn_head(media::byte_range head, const std::vector<media::byte_range>& needed,
                         std::uint64_t index_bytes)
{
    if (head.begin != 0 || head.end > largest_head) return;
    std::uint64_t index_end = smallest_head;
    if (index_bytes > 0)
        index_end = index_bytes + around_index;
    else if (!needed.empty() && needed.front().begin == head.end)
        index_end = needed.front().end;
    index_end = std::clamp(index_end, smallest_head, largest_head);
    if (index_end < head_)
        head_ = index_end;
    else
        head_ += (index_end - head_) / 8;
}

}  // namespace reelpipe::fetch
