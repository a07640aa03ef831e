#include "stages/fetch/bring.hpp"

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <deque>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

namespace {

// Fewer new bytes than this in one go are no progress: a server that trickles must not be asked for ever.
constexpr std::uint64_t worth_another_try = 4u << 10;

http_request request_for(const held_file& file, media::byte_range range)
{
    return {.url = file.from.url,
            .headers = file.from.headers,
            .cookies = file.from.cookies,
            .proxy = file.from.proxy,
            .has_had_turn = true,
            .public_only = file.from.public_only,
            .range = range,
            .expected = file.identity};
}

// No container begins with white space or '<'; the pages that servers send instead of videos do.
bool looks_like_html(std::span<const std::byte> start)
{
    const auto sign = std::ranges::find_if_not(
        start, [](std::byte b) { return b == std::byte{' '} || b == std::byte{'\n'} || b == std::byte{'\r'}; });
    return sign != start.end() && *sign == std::byte{'<'};
}

template <class Error> [[noreturn]] void fail(const held_file& file, const std::string& what)
{
    throw Error(display_name(file.from.url) + ": " + what, host_of(file.from.url));
}

// Takes one answer into what is held of a file.
class writer final : public body_sink {
public:
    writer(const means& with, piece asked, disk_room room)
        : with_(with), file_(*asked.file), asked_(asked.range), room_(std::move(room))
    {
    }

    std::uint64_t begin(const response_head& head) override
    {
        if (head.content_type.starts_with("text/html")) fail<not_media_error>(file_, "a page of HTML, no video");
        if (head.identity.size == 0) fail<not_media_error>(file_, "an empty file");
        if (!file_.bytes) file_.bytes = sparse_file::in(with_.options.folder, with_.disk);
        if (head.identity.size) file_.identity.size = head.identity.size;
        if (file_.identity.validator.empty()) file_.identity.validator = head.identity.validator;
        make_room();
        const std::uint64_t end = head.partial ? asked_.end : end_of_whole(head);
        // A body of unknown length may bring more than there is room for; it counts as it comes.
        room_.keep(std::min(end, head.body.end) - std::min(end, head.body.begin));
        return end;
    }

    void write(std::uint64_t offset, std::span<const std::byte> bytes) override
    {
        if (offset == 0 && looks_like_html(bytes)) fail<not_media_error>(file_, "a page of HTML, no video");
        if (offset + bytes.size() > with_.options.whole_limit && !file_.takes_ranges)
            fail_too_large(with_.options.whole_limit);
        with_.counts.bytes += bytes.size();
        const std::uint64_t skipped = offset < file_.part.begin ? file_.part.begin - offset : 0;
        if (skipped >= bytes.size()) return;  // in front of the part, from a server that ignores ranges
        bytes = bytes.subspan(static_cast<std::size_t>(skipped));
        const std::uint64_t within = offset + skipped - file_.part.begin;
        if (within + bytes.size() > file_.room) fail_too_large(file_.room);
        file_.bytes->write(file_.place + within, bytes);
        room_.spend(bytes.size());
    }

    // A body whose length nobody announced has one once it is here.
    void end(const response_head& head)
    {
        if (file_.identity.size) return;
        file_.identity.size = head.identity.size.value_or(0);
        if (*file_.identity.size == 0) fail<not_media_error>(file_, "an empty file");
        make_room();
    }

private:
    void make_room()
    {
        const auto extent = file_.extent();
        if (!extent) return;
        if (extent->size() > file_.room) fail_too_large(file_.room);
        if (file_.place + extent->size() > file_.bytes->size()) file_.bytes->resize(file_.place + extent->size());
    }

    // The server ignores ranges and sends all from the start. It is heard up to the byte that was asked for; of several
    // such answers for parts of one file only the next round's single one is.
    std::uint64_t end_of_whole(const response_head& head)
    {
        const bool expected = !std::exchange(file_.takes_ranges, false) || asked_.begin == 0;
        if (!expected) return 0;
        const std::uint64_t end = head.identity.size ? std::min(asked_.end, *head.identity.size) : head.body.end;
        if (head.identity.size && end > with_.options.whole_limit) fail_too_large(with_.options.whole_limit);
        return end;
    }

    [[noreturn]] void fail_too_large(std::uint64_t limit) const
    {
        fail<too_large_error>(file_, "more than " + std::to_string(limit) + " bytes would have to be read");
    }

    const means& with_;
    held_file& file_;
    media::byte_range asked_;
    disk_room room_;
};

std::vector<piece> missing_of(const std::vector<piece>& pieces)
{
    std::vector<piece> missing;
    for (const auto& [file, range] : pieces)
        for (const media::byte_range& gap : file->missing(range)) missing.push_back({file, gap});
    return missing;
}

std::vector<held_file*> files_of(const std::vector<piece>& pieces)
{
    std::vector<held_file*> files;
    for (const piece& each : pieces)
        if (std::ranges::find(files, each.file) == files.end()) files.push_back(each.file);
    return files;
}

std::uint64_t held_bytes(const std::vector<held_file*>& files)
{
    std::uint64_t sum = 0;
    for (const held_file* file : files) sum += file->held_bytes();
    return sum;
}

void check_limits(const options& options, const std::vector<piece>& pieces)
{
    for (const held_file* file : files_of(pieces)) {
        std::uint64_t needed = 0;
        for (const auto& [of, range] : pieces) {
            if (of != file) continue;
            if (file->takes_ranges && file->missing(range).empty())
                throw std::logic_error("the plan names bytes that are held");
            needed = file->takes_ranges ? needed + range.size() : std::max(needed, range.end);
        }
        if (file->takes_ranges) needed += file->held_bytes();
        const std::uint64_t limit = file->takes_ranges ? options.video_limit : options.whole_limit;
        if (needed > limit)
            fail<too_large_error>(*file, std::to_string(needed) + " bytes would have to be fetched, " +
                                             std::to_string(limit) + " are allowed");
    }
}

// No request asks for more than `most`. Servers that ignore ranges begin at 0 each time: one answer up to the last
// missing byte has it all.
std::vector<piece> requests_for(const std::vector<piece>& missing, std::uint64_t most)
{
    std::vector<piece> requests;
    for (held_file* file : files_of(missing)) {
        const std::uint64_t largest = std::clamp<std::uint64_t>(file->from.max_range, 1, most);
        std::uint64_t end = 0;
        for (const auto& [of, range] : missing) {
            if (of != file) continue;
            end = std::max(end, range.end);
            for (std::uint64_t at = range.begin; file->takes_ranges && at < range.end; at = requests.back().range.end)
                requests.push_back({file, {at, at + std::min(range.end - at, largest)}});
        }
        if (!file->takes_ranges) requests.push_back({file, {0, end}});
    }
    return requests;
}

struct running {
    running(const means& with, piece asked, disk_room room)
        : file(asked.file),
          sink(with, asked, std::move(room)),
          going(with.http.start(request_for(*asked.file, asked.range), sink))
    {
    }
    held_file* file;
    writer sink;
    transfer going;
};

// One request for each piece, a few at a time. Gives back a fault that another try may heal.
asio::awaitable<std::exception_ptr> bring_once(const means& with, std::vector<piece> missing)
{
    const std::vector<piece> requests = requests_for(missing, with.http.most_at_once());
    std::deque<running> window;
    std::exception_ptr fault;
    held_file* changed = nullptr;
    for (auto next = requests.begin(); !window.empty() || (next != requests.end() && !fault);) {
        while (next != requests.end() && !fault && window.size() < std::max(with.options.parallel, 1u)) {
            with.hosts.check(next->file->from.url);  // who will not be asked takes no room and no turn
            disk_room room;
            if (with.disk) room = co_await with.disk->room_for(next->range.size());
            co_await with.http.wait_for_turn(next->range.size());
            with.hosts.check(next->file->from.url);  // it may have refused another one meanwhile
            window.emplace_back(with, *next++, std::move(room));
            ++with.counts.requests;
        }
        running& oldest = window.front();
        try {
            const response_head head = co_await oldest.going.wait();
            oldest.sink.end(head);
        } catch (const network_error& e) {
            if (e.local) throw;
            if (!fault) fault = std::current_exception();
        } catch (const not_media_error&) {
            oldest.file->forget();  // size and validator are those of the page
            throw;
        } catch (const changed_error&) {
            changed = oldest.file;
            fault = std::current_exception();
        } catch (const http_error& e) {
            with.hosts.refused(e);
            // The first byte of a file that has none cannot be asked for.
            if (e.status == 416 && oldest.file->identity == file_identity{})
                fail<not_media_error>(*oldest.file, "an empty file");
            throw;
        }
        if (changed) break;
        window.pop_front();
    }
    if (changed) {
        window.clear();
        changed->forget();
        std::rethrow_exception(fault);
    }
    co_return fault;
}

}  // namespace

asio::awaitable<void> bring(means with, std::vector<piece> pieces)
{
    check_limits(with.options, pieces);
    const std::vector<held_file*> files = files_of(pieces);
    for (unsigned fruitless = 0;;) {
        std::vector<piece> missing = missing_of(pieces);
        if (missing.empty()) co_return;

        const std::uint64_t before = held_bytes(files);
        const std::exception_ptr fault = co_await bring_once(with, std::move(missing));
        const std::uint64_t brought = held_bytes(files) - before;
        fruitless = brought >= worth_another_try ? 0 : fruitless + 1;
        if (fruitless <= with.options.retries) {
            if (!fault) continue;
            asio::steady_timer pause(co_await asio::this_coro::executor, with.options.retry_pause);
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        if (fault) std::rethrow_exception(fault);
        fail<answer_error>(*pieces.front().file, "the server does not send what it is asked for");
    }
}

}  // namespace reelpipe::fetch
