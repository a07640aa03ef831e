#include "site/egress_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <asio/this_coro.hpp>
#include <exception>
#include <utility>

#include "stages/resolve/advice.hpp"

namespace reelpipe {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto max_slot_wait = 250ms;      // a run that ends does so from another thread, so waits look up now and then
constexpr auto quiet_for = 1s;             // with nobody asking, no further answer can be hoped for
constexpr std::uint64_t later_finds = 3;   // after which an "unavailable" is believed
constexpr unsigned max_interruptions = 4;  // of one video, by trouble that passes and comes again with it

bool says_unavailable(reason why) { return why == reason::unavailable || why == reason::needs_javascript; }

// Of these, a find shows that they were about their videos alone.
bool decides(reason why) { return is_final(why) && !says_unavailable(why) && !may_be_of_all(why); }

std::string in_words(steady::duration pause)
{
    const auto s = std::chrono::ceil<std::chrono::seconds>(pause).count();
    return s < 120 ? fmt::format("{} s", s) : fmt::format("{} min", (s + 59) / 60);
}

}  // namespace

egress_pool::egress_pool(std::vector<egress_config> ways, egress_options options) : options_(std::move(options))
{
    const auto now = steady::now();
    for (egress_config& each : ways)
        egresses_.push_back({.name = std::move(each.name),
                             .source = std::move(each.source),
                             .bucket = shared_quota(options_.per_hour, now, each.quota_file),
                             .gate = breaker(options_.first_pause)});
}

asio::awaitable<std::vector<message>> egress_pool::start()
{
    std::vector<message> said;
    for (egress& each : egresses_) {
        std::vector<message> more = co_await each.source->start();
        if (said.empty()) said = std::move(more);  // the same installation says the same for each
    }
    co_return said;
}

asio::awaitable<resolved_video> egress_pool::resolve(std::string video)
{
    for (unsigned interruptions = 0;;) {
        egress* const way = co_await admission();
        const bool is_probe = !way->gate.is_closed();
        const bool of_reference = is_probe && !reference_.empty();
        const std::string& asked = of_reference ? reference_ : video;
        answer got = co_await ask(*way, asked);

        const auto* const failed = std::get_if<source_error>(&got);
        if (const std::optional<reason> trouble = trouble_in(*way, got)) {
            if (*trouble == reason::nothing_served) throw source_error(*trouble, failed->what(), {.final = true});
            trip(*way, *trouble, failed->what(), failed->facts().retry_after);
            if (!is_probe && ++interruptions == max_interruptions) throw *failed;
            continue;
        }
        if (is_probe) {
            judge_probe(*way, got, of_reference);
            if (failed || of_reference) continue;
        }
        if (!failed) {
            reference_ = video;
            co_return std::get<resolved_video>(std::move(got));
        }
        if (!way->gate.is_closed()) continue;
        if (says_unavailable(failed->why())) {
            const bool stands = co_await verdict_stands(*way);
            if (!stands) continue;
        }
        throw *failed;
    }
}

// A way that is free, has a token, and is closed or wants a probe.
asio::awaitable<egress_pool::egress*> egress_pool::admission()
{
    const auto executor = co_await asio::this_coro::executor;
    waiting_list::place mine(waiting_, executor);
    for (;;) {
        if (options_.is_ending && options_.is_ending())
            throw source_error(reason::interrupted, "the run ended before the site was asked");
        const auto now = steady::now();
        throw_if_hopeless(now);
        auto pause = steady::duration(max_slot_wait);
        for (egress& way : egresses_) {
            const auto chance = way.gate.next_chance();
            if (!chance || way.asking == options_.width) continue;
            const auto wait = *chance > now ? *chance - now : way.bucket.claim(now);
            if (wait > steady::duration{}) {
                pause = std::min(pause, wait);
                continue;
            }
            if (!way.gate.is_closed()) way.gate.begin_probe();
            ++way.asking;
            co_return &way;
        }
        co_await mine.wait(now + pause);
    }
}

asio::awaitable<egress_pool::answer> egress_pool::ask(egress& way, std::string video)
{
    std::exception_ptr ended;
    answer got = resolved_video{};
    try {
        got = co_await way.source->resolve(std::move(video));
    } catch (const source_error& failed) {
        got = failed;
    } catch (...) {
        ended = std::current_exception();
    }
    --way.asking;
    waiting_.wake_all();
    if (ended) {
        way.gate.abandon_probe();
        std::rethrow_exception(ended);
    }

    tell_advice(got);
    const auto* const failed = std::get_if<source_error>(&got);
    const auto* const found = std::get_if<resolved_video>(&got);
    const unsigned requests = failed ? failed->facts().player_requests : found->player_requests;
    if (options_.counts_player_requests && requests > 1) way.bucket.take(steady::now(), requests - 1);  // one is paid
    if (found && found->subtitle_requests > 0) way.bucket.take(steady::now(), found->subtitle_requests);
    if (!failed) {
        if (std::get<resolved_video>(got).site)
            way.bucket.slow_down(steady::now());
        else
            way.bucket.speed_up(steady::now());
    }
    if (failed && !is_final(failed->why())) co_return got;
    const bool unavailable = failed && says_unavailable(failed->why());
    way.window.add(unavailable);
    if (!unavailable) ++way.found;
    co_return got;
}

std::optional<reason> egress_pool::trouble_in(egress& way, const answer& got)
{
    const std::optional<reason> of_all = trouble_of_all(way, got);
    const auto* const failed = std::get_if<source_error>(&got);
    if (!failed) return std::nullopt;
    if (failed->facts().site) return failed->facts().site;
    if (is_site_trouble(failed->why())) return failed->why();
    if (failed->why() == reason::refused && way.gate.counts_as_block(steady::now())) return reason::blocked;
    if (says_unavailable(failed->why()) && way.window.is_suspicious()) {
        way.window.clear();
        ++way.doubts;
        return reason::bot_check;
    }
    return of_all;
}

// The same verdict for many videos, and none found in between, is a sign of the site or of the way it is asked. While
// nothing was ever found there is nothing to probe with, and the run had better end.
std::optional<reason> egress_pool::trouble_of_all(egress& way, const answer& got)
{
    const auto* const failed = std::get_if<source_error>(&got);
    if (!failed) way.in_a_row = 0;
    if (!failed || !may_be_of_all(failed->why())) return std::nullopt;
    if (std::exchange(way.alike, failed->why()) != failed->why()) way.in_a_row = 0;
    if (++way.in_a_row < way.max_in_a_row) return std::nullopt;
    if (reference_.empty()) return reason::nothing_served;
    way.in_a_row = 0;
    way.max_in_a_row *= 2;  // it may be the list
    return reason::blocked;
}

// What a warning of yt-dlp asks the user to do, once a run.
void egress_pool::tell_advice(const answer& got)
{
    const auto* const failed = std::get_if<source_error>(&got);
    for (const std::string& warning : failed ? failed->facts().warnings : std::get<resolved_video>(got).warnings) {
        const std::string_view advice = resolve::advice_on(warning);
        if (!advice.empty() && told_.insert(advice).second && options_.say)
            options_.say(severity::warning, std::string(advice));
    }
}

// The reference is known to be there; of another video anything but "unavailable" shows that the site answers.
void egress_pool::judge_probe(egress& way, const answer& got, bool of_reference)
{
    const auto* const failed = std::get_if<source_error>(&got);
    if (!failed || (!of_reference && decides(failed->why()))) {
        way.gate.close();
        tell_hold_up();
        if (options_.say) options_.say(severity::note, fmt::format("{} answers again; going on", way.name));
        return;
    }
    if (of_reference && is_final(failed->why()) && !may_be_of_all(failed->why())) reference_.clear();
    way.gate.trip(*way.gate.trouble(), steady::now());
}

// Waits until answers for other videos show whether "unavailable" was said of this one or of all.
asio::awaitable<bool> egress_pool::verdict_stands(egress& way)
{
    const std::uint64_t found = way.found;
    const std::uint64_t doubts = way.doubts;
    auto quiet_since = steady::now();
    const auto executor = co_await asio::this_coro::executor;
    waiting_list::place mine(waiting_, executor);
    while (way.doubts == doubts && way.gate.is_closed() && way.found < found + later_finds) {
        if (options_.is_ending && options_.is_ending()) break;
        if (way.asking > 0) quiet_since = steady::now();
        if (steady::now() - quiet_since > quiet_for && way.bucket.wait(steady::now()) == steady::duration{}) break;
        co_await mine.wait(steady::now() + max_slot_wait);
    }
    const bool stands = way.doubts == doubts && way.gate.is_closed();
    co_return stands;
}

void egress_pool::trip(egress& way, reason trouble, const std::string& said, std::optional<std::chrono::seconds> asked)
{
    const bool was_closed = way.gate.is_closed();
    const auto now = steady::now();
    way.gate.trip(trouble, now, asked);
    last_words_ = said;
    if (!was_closed) return;
    tell_hold_up();
    way.bucket.slow_down(now);
    if (options_.say)
        options_.say(severity::warning,
                     fmt::format("{}: {} ({}); pausing for {}, then probing with one video", way.name,
                                 to_string(trouble), said, in_words(*way.gate.next_chance() - now)));
}

void egress_pool::tell_hold_up() const
{
    if (!options_.on_hold_up) return;
    const auto open = std::ranges::find_if(egresses_, [](const egress& way) { return way.gate.is_closed(); });
    if (open == egresses_.end())
        options_.on_hold_up(egresses_.front().gate.trouble());
    else
        options_.on_hold_up(std::nullopt);
}

void egress_pool::throw_if_hopeless(steady::time_point now) const
{
    auto since = steady::time_point::min();
    auto chance = steady::time_point::max();
    for (const egress& way : egresses_) {
        const auto next = way.gate.next_chance();
        if (way.gate.is_closed() || !next) return;
        since = std::max(since, way.gate.open_since());
        chance = std::min(chance, *next);
    }
    if (std::max(chance, now) <= since + options_.max_wait) return;
    failure_facts facts;
    facts.final = true;
    throw source_error(*egresses_.front().gate.trouble(), last_words_, facts);
}

}  // namespace reelpipe
