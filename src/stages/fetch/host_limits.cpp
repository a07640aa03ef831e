#include "stages/fetch/host_limits.hpp"

#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

namespace {

using namespace std::chrono_literals;

constexpr auto max_in_place = 10s;
constexpr std::size_t max_remembered = 4096;  // hosts; those that have limits are not forgotten

// A place in the line of a host.
class place {
public:
    place(std::list<asio::steady_timer*>& line, asio::steady_timer& me) : line_(line), me_(line.insert(line.end(), &me))
    {
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place()
    {
        line_.erase(me_);
        if (!line_.empty()) line_.front()->cancel();
    }
    bool is_first() const { return me_ == line_.begin(); }

private:
    std::list<asio::steady_timer*>& line_;
    std::list<asio::steady_timer*>::iterator me_;
};

}  // namespace

host_limits::~host_limits() = default;

host_limits::turn::~turn()
{
    if (!host_) return;
    host_->pace.end(ticket_);
    host_->wake_first();
}

void host_limits::host::wake_first()
{
    if (!line.empty()) line.front()->cancel();
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
    asio::steady_timer timer(co_await asio::this_coro::executor);
    const place mine(of->line, timer);
    for (;;) {
        const auto now = clock::now();
        check(*of, url, now);
        const bool may_go = mine.is_first() && of->pace.has_room();
        if (may_go && of->pace.next_turn() <= now) break;
        timer.expires_at(may_go ? of->pace.next_turn() : clock::time_point::max());
        asio::error_code woken;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none) throw std::system_error(asio::error::operation_aborted);
    }
    turn next(of, of->pace.begin(clock::now()));
    co_return next;
}

std::optional<host_limits::turn> host_limits::take_turn(const std::string& url, clock::time_point now)
{
    const std::shared_ptr<host> of = host_at(url);
    if (!of->line.empty() || !of->pace.has_room() || of->pace.next_turn() > now) return std::nullopt;
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
    for (asio::steady_timer* each : of.line) each->cancel();
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
