#ifndef REELPIPE_STAGES_FETCH_HOST_LIMITS_HPP
#define REELPIPE_STAGES_FETCH_HOST_LIMITS_HPP

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "stages/fetch/errors.hpp"
#include "stages/fetch/host_pace.hpp"
#include "threads/waiting_list.hpp"

namespace reelpipe::fetch {

// Gives each host no more requests than it grants. Who wants to ask waits here for a turn, in the order of coming, and
// says what came of it.
//
// Threads: one. Outlives its turns and whoever waits.
class host_limits {
    struct host;

public:
    using clock = std::chrono::steady_clock;

    // Not more than so many requests a second to each host; 0: without bounds.
    explicit host_limits(double max_per_second = 0) : max_per_second_(max_per_second) {}
    host_limits(const host_limits&) = delete;
    host_limits& operator=(const host_limits&) = delete;
    ~host_limits();

    // A request that is under way.
    class turn {
    public:
        turn(turn&&) noexcept = default;
        turn& operator=(turn&&) = delete;
        ~turn();

    private:
        friend class host_limits;
        turn(std::shared_ptr<host> of, host_pace::ticket ticket) : host_(std::move(of)), ticket_(ticket) {}
        std::shared_ptr<host> host_;
        host_pace::ticket ticket_;
    };

    // Throws postponed_error where the host wants to be left alone for longer than it is worth to wait in place.
    void check(const std::string& url, clock::time_point now = clock::now());

    // Waits for a turn. Throws as check() does.
    asio::awaitable<turn> wait_for_turn(std::string url);

    // A turn if there is one at once.
    std::optional<turn> take_turn(const std::string& url, clock::time_point now = clock::now());

    // Reports that the host has served what the turn was for.
    void served(const turn&, clock::time_point now = clock::now());

    // Reports a refusal. True if it is about the limits, and not about what was asked for.
    bool refused(const turn&, const http_error&, clock::time_point now = clock::now());

    // Answers of the host that were good, so far.
    std::uint64_t served_by(const std::string& url);

    // False if the host is known to send whole files, whatever range is asked for.
    bool takes_ranges(const std::string& name) const { return !without_ranges_.contains(name); }
    void takes_ranges(const std::string& name, bool whether);

private:
    struct host {
        explicit host(double max_per_second) : pace(max_per_second) {}
        bool is_plain() const { return line.is_empty() && pace.is_unbounded(); }

        host_pace pace;
        waiting_list line{};
    };

    std::shared_ptr<host> host_at(const std::string& url);
    static void check(host&, const std::string& url, clock::time_point now);

    double max_per_second_;
    std::map<std::string, std::shared_ptr<host>> hosts_;  // by "host:port"
    std::set<std::string> without_ranges_;
};

}  // namespace reelpipe::fetch

#endif
