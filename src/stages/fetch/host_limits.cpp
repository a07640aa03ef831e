#include "stages/fetch/host_limits.hpp"

#include <asio/this_coro.hpp>

#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

namespace {

using namespace std::chrono_literals;

constexpr auto max_in_place = 10s;
constexpr std::size_t max_remembered = 4096;  // hosts; those that have limits are not forgotten

}  // namespace

host_limits::~host_limits() = default;

host_limits::turn::~turn()
{
    if (!host_) return;
    host_->pace.end(ticket_);
    host_->line.wake_first();
}

std::shared_ptr<host_limits::host> host_limits::host_at(const std::string& url)
{
    if (hosts_.size() >= max_remembered)
        std::erase_if(hosts_, [](const auto& each) { return each.second.use_count() == 1 && each.second->is_plain(); });
    std::shared_ptr<host>& found = hosts_[host_of(url)];
    if (!found) found = std::make_shared<host>(max_per_second_);
    return found;
}

void host_limits::check(const std::string& url, clock::time_point now) { check(*host_at(url), url, now); }

void host_limits::check(host& of, const std::string& url, clock::time_point now)
{
    const auto left = of.pace.next_turn() - now;
    if (left <= max_in_place) return;
    const auto wait = std::chrono::ceil<std::chrono::seconds>(left);
    throw postponed_error(
        display_name(url) + ": not asked, the host wants no requests for " + std::to_string(wait.count()) + " s",
        host_of(url), wait);
}

asio::awaitable<host_limits::turn> host_limits::wait_for_turn(std::string url)
{
    const std::shared_ptr<host> of = host_at(url);
    const auto executor = co_await asio::this_coro::executor;
    waiting_list::place mine(of->line, executor);
    for (;;) {
        const auto now = clock::now();
        check(*of, url, now);
        const bool may_go = mine.is_first() && of->pace.has_room();
        if (may_go && of->pace.next_turn() <= now) break;
        const auto until = may_go ? of->pace.next_turn() : clock::time_point::max();
        co_await mine.wait(until);
    }
    turn next(of, of->pace.begin(clock::now()));
    co_return next;
}

std::optional<host_limits::turn> host_limits::take_turn(const std::string& url, clock::time_point now)
{
    const std::shared_ptr<host> of = host_at(url);
    if (!of->line.is_empty() || !of->pace.has_room() || of->pace.next_turn() > now) return std::nullopt;
    return turn(of, of->pace.begin(now));
}

void host_limits::served(const turn& asked, clock::time_point now) { asked.host_->pace.served(asked.ticket_, now); }

bool host_limits::refused(const turn& asked, const http_error& e, clock::time_point now)
{
    host& of = *asked.host_;
    const bool too_wide = e.status == 403 && of.pace.refused_as_too_wide(asked.ticket_, now);
    if (too_wide) return true;
    if (e.status != 429 && e.status != 503) {
        of.pace.answered(asked.ticket_);
        return false;
    }
    of.pace.refused(asked.ticket_, now, e.retry_after);
    // A long pause is nobody's to wait for in place.
    of.line.wake_all();
    return true;
}

std::uint64_t host_limits::served_by(const std::string& url) { return host_at(url)->pace.served(); }

void host_limits::takes_ranges(const std::string& name, bool whether)
{
    if (whether)
        without_ranges_.erase(name);
    else
        without_ranges_.insert(name);
}

}  // namespace reelpipe::fetch
