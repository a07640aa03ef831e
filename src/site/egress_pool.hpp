#ifndef REELPIPE_SITE_EGRESS_POOL_HPP
#define REELPIPE_SITE_EGRESS_POOL_HPP

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reelpipe/video_source.hpp"
#include "site/breaker.hpp"
#include "site/shared_quota.hpp"
#include "threads/waiting_list.hpp"

namespace reelpipe {

struct egress_options {
    double per_hour = 0;                                        // videos on each way; 0: without bounds
    bool counts_player_requests = false;                        // per_hour is of these, where they are known
    std::size_t width = 2;                                      // requests at a time on each way
    std::chrono::milliseconds max_wait{std::chrono::hours(4)};  // for a block to end
    std::chrono::milliseconds first_pause{};                    // 0: by the kind of trouble
    std::function<void(severity, const std::string&)> say{};
    std::function<bool()> is_ending{};                        // then nobody waits any more
    std::function<void(std::optional<reason>)> on_hold_up{};  // all ways are in trouble; no reason: one is open again
};

// Asks a site by several ways out of this network, each with a quota, a circuit breaker, cookies and workers of its
// own.
//
// A sign that the site blocks a way is nobody's verdict: the way is left alone for a while, the question is asked
// again, on another way or after a probe. What comes in on a way while it is in doubt is held and asked again, unless
// it is media. "Unavailable" is what a hidden block says as well, so it stands only once other videos were found after
// it. Only when all ways are blocked for longer than max_wait does a call fail with the trouble itself.
//
// Threads: those of the sources, whose executor is the caller's.
class egress_pool : public video_source {
public:
    struct egress_config {
        std::string name{};  // for the user
        std::shared_ptr<video_source> source{};
        std::filesystem::path quota_file{};  // that other processes share; empty: the quota is this one's alone
    };

    // Throws std::system_error: a file of a quota cannot be used.
    egress_pool(std::vector<egress_config> ways, egress_options options);

    // A video that was there before: probes ask for it rather than for one that may be dead.
    void set_reference(std::string video) { reference_ = std::move(video); }

    asio::awaitable<std::vector<message>> start() override;
    asio::awaitable<resolved_video> resolve(std::string video) override;
    bool urls_expire() const override { return egresses_.front().source->urls_expire(); }

private:
    using answer = std::variant<resolved_video, source_error>;

    struct egress {
        std::string name;
        std::shared_ptr<video_source> source;
        shared_quota bucket;
        breaker gate;
        verdict_window window{};
        std::size_t asking = 0;
        std::uint64_t found = 0;  // answers that prove that the site serves this address
        std::uint64_t doubts = 0;
        std::optional<reason> alike{};  // the verdict of the last videos, if it may be one on all
        std::size_t in_a_row = 0, max_in_a_row = 20;
    };

    asio::awaitable<egress*> admission();
    asio::awaitable<answer> ask(egress& way, std::string video);
    asio::awaitable<bool> verdict_stands(egress& way);

    void judge_probe(egress& way, const answer& got, bool of_reference);
    std::optional<reason> trouble_in(egress& way, const answer& got);
    std::optional<reason> trouble_of_all(egress& way, const answer& got);
    void tell_advice(const answer& got);
    void trip(egress& way, reason trouble, const std::string& said, std::optional<std::chrono::seconds> asked);
    void tell_hold_up() const;
    void throw_if_hopeless(std::chrono::steady_clock::time_point now) const;

    egress_options options_;
    std::list<egress> egresses_;
    std::string reference_{};
    std::string last_words_{};
    std::set<std::string_view> told_{};  // advice
    waiting_list waiting_{};
};

}  // namespace reelpipe

#endif
