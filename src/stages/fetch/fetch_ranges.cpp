#include "stages/fetch/fetch_ranges.hpp"

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <deque>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "stages/fetch/file_writer.hpp"
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
            .any_encoding = file.any_encoding,
            .range = range,
            .expected = file.expected()};
}

std::vector<file_range> missing_of(const std::vector<file_range>& pieces)
{
    std::vector<file_range> missing;
    for (const auto& [file, range] : pieces)
        for (const media::byte_range& gap : file->missing(range)) missing.push_back({file, gap});
    return missing;
}

std::vector<held_file*> files_of(const std::vector<file_range>& pieces)
{
    std::vector<held_file*> files;
    for (const file_range& each : pieces)
        if (std::ranges::find(files, each.file) == files.end()) files.push_back(each.file);
    return files;
}

std::uint64_t held_bytes(const std::vector<held_file*>& files)
{
    std::uint64_t sum = 0;
    for (const held_file* file : files) sum += file->held_bytes();
    return sum;
}

void check_limits(const options& options, const std::vector<file_range>& pieces)
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
std::vector<file_range> requests_for(const std::vector<file_range>& missing, std::uint64_t most)
{
    std::vector<file_range> requests;
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
    running(const transfer_context& with, file_range asked, disk_room room, host_limits::turn its_turn)
        : file(asked.file),
          turn(std::move(its_turn)),
          sink(with, asked, std::move(room)),
          going(with.http.start(request_for(*asked.file, asked.range), sink))
    {
    }
    held_file* file;
    host_limits::turn turn;
    file_writer sink;
    transfer going;
};

// Hears of an answer how long the file is, and no more.
struct size_probe final : body_sink {
    std::uint64_t begin(const response_head& head) override
    {
        size = head.identity.size;
        if (!size && head.partial) size = head.body.end;
        return head.body.begin;
    }
    void write(std::uint64_t, std::span<const std::byte>) override {}
    std::optional<std::uint64_t> size{};
};

// A server that does not say how long the file is shows it when more is asked for than there can be: its answer ends
// where the file does.
asio::awaitable<void> learn_size(const transfer_context& with, held_file& file)
{
    if (file.part.end != unlimited) {
        file.identity.size = file.part.end;
        co_return;
    }
    const http_request all = request_for(file, {file.part.begin, max_file + 1});
    size_probe sink;
    const host_limits::turn turn = co_await with.hosts.wait_for_turn(all.url);
    ++with.counts.requests;
    co_await with.http.get(all, sink);
    with.hosts.served(turn);
    if (!sink.size) fail<answer_error>(file, "nobody says how long the file is");
    file.identity.size = sink.size;
}

// A failure of some of the requests, which may go well another time.
struct setback {
    std::exception_ptr fault{};
    std::optional<http_error> refusal{};  // the fault is that the host was asked for too much
};

// Starts requests until there are enough at a time. Where one is under way already, nothing is waited for that may
// depend on its end.
asio::awaitable<void> fill(const transfer_context& with, std::deque<running>& window, std::vector<file_range>& requests)
{
    while (!requests.empty() && window.size() < std::max(with.options.parallel, 1u)) {
        const file_range next = requests.back();
        const std::string url = next.file->from.url;
        with.hosts.check(url);  // who will not be asked takes no room
        disk_room room;
        if (with.disk) room = co_await with.disk->room_for(next.range.size());
        std::optional<host_limits::turn> turn = with.hosts.take_turn(url);
        if (!turn && !window.empty()) co_return;
        if (!turn) turn.emplace(co_await with.hosts.wait_for_turn(url));
        co_await with.http.wait_for_turn(next.range.size());
        window.emplace_back(with, next, std::move(room), std::move(*turn));
        requests.pop_back();
        ++with.counts.requests;
    }
}

// One request for each piece, a few at a time. Gives back a setback that another try may make good.
asio::awaitable<setback> fetch_once(const transfer_context& with, std::vector<file_range> missing)
{
    std::vector<file_range> requests = requests_for(missing, with.http.max_at_once());
    std::ranges::reverse(requests);
    std::deque<running> window;
    setback met;
    while (!window.empty() || (!requests.empty() && !met.fault)) {
        if (!met.fault) co_await fill(with, window, requests);
        running& oldest = window.front();
        held_file* changed = nullptr;
        try {
            const response_head head = co_await oldest.going.wait();
            with.hosts.served(oldest.turn);
            oldest.sink.end(head);
        } catch (const network_error& e) {
            if (e.local) throw;
            if (!met.fault) met.fault = std::current_exception();
        } catch (const not_media_error&) {
            oldest.file->forget();  // size and validators are those of the page
            throw;
        } catch (const changed_error&) {
            changed = oldest.file;
            met.fault = std::current_exception();
        } catch (http_error& e) {
            e.is_midway = oldest.file->identity != file_identity{};
            // The first byte of a file that has none cannot be asked for.
            if (e.status == 416 && oldest.file->identity == file_identity{})
                fail<not_media_error>(*oldest.file, "an empty file");
            if (!with.hosts.refused(oldest.turn, e)) throw;
            met = {std::current_exception(), e};
        }
        if (changed) {
            window.clear();
            changed->forget_version();
            std::rethrow_exception(met.fault);
        }
        window.pop_front();
    }
    co_return met;
}

// Decides whether one who was refused for what others ask may try again: as long as the host serves somebody in
// between, it is not down and nobody's file is at fault.
class patience {
public:
    explicit patience(const transfer_context& with) : with_(with) {}

    // How long to wait at least. Throws the refusal where another try is the caller's affair.
    std::chrono::milliseconds after(const setback& met, const std::string& url)
    {
        const http_error& refusal = *met.refusal;
        if (refusal.status == 403) {
            if (++unexplained_ > max_unexplained) std::rethrow_exception(met.fault);
            return with_.options.retry_pause;
        }
        const std::uint64_t served = with_.hosts.served_by(url);
        if (served <= served_) std::rethrow_exception(met.fault);
        served_ = served;
        const auto asked = refusal.retry_after.value_or(std::chrono::seconds(0));
        if (asked > max_believed) {  // by a host that serves others meanwhile
            http_error of_this_file = refusal;
            of_this_file.retry_after = instead;
            throw of_this_file;
        }
        if (asked > max_in_place) throw postponed_error(refusal.what(), refusal.host, asked);
        return std::max<std::chrono::milliseconds>(asked, with_.options.retry_pause);
    }

private:
    static constexpr unsigned max_unexplained = 8;  // as often as the requests at a time can be halved
    static constexpr std::chrono::seconds max_in_place{10}, max_believed{300}, instead{60};

    const transfer_context& with_;
    std::uint64_t served_ = 0;
    unsigned unexplained_ = 0;
};

asio::awaitable<void> rest(std::chrono::milliseconds how_long)
{
    asio::steady_timer pause(co_await asio::this_coro::executor, how_long);
    co_await pause.async_wait(asio::use_awaitable);
}

}  // namespace

asio::awaitable<void> fetch_ranges(transfer_context with, std::vector<file_range> pieces)
{
    check_limits(with.options, pieces);
    const std::vector<held_file*> files = files_of(pieces);
    patience patient(with);
    for (unsigned fruitless = 0;;) {
        std::vector<file_range> missing = missing_of(pieces);
        if (missing.empty()) co_return;

        const std::uint64_t before = held_bytes(files);
        const std::string url = missing.front().file->from.url;
        const setback met = co_await fetch_once(with, std::move(missing));
        for (held_file* file : files) {
            if (!file->needs_size()) continue;
            co_await learn_size(with, *file);
            make_room(*file);
        }
        if (met.refusal) {
            co_await rest(patient.after(met, url));
            continue;
        }
        const std::uint64_t brought = held_bytes(files) - before;
        fruitless = brought >= worth_another_try ? 0 : fruitless + 1;
        if (fruitless <= with.options.retries) {
            if (met.fault) co_await rest(with.options.retry_pause);
            continue;
        }
        if (met.fault) std::rethrow_exception(met.fault);
        fail<answer_error>(*pieces.front().file, "the server does not send what it is asked for");
    }
}

}  // namespace reelpipe::fetch
