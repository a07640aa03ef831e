#include "site/egress_pool.hpp"

#include <algorithm>
#include <asio.hpp>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using reelpipe::egress_options;
using reelpipe::egress_pool;
using reelpipe::reason;
using reelpipe::resolved_video;
using reelpipe::source_error;

namespace {

// A site that an embedding program brings along: it answers as it is told to, and remembers what it was asked.
struct told_site : reelpipe::video_source {
    asio::awaitable<resolved_video> resolve(std::string video) override
    {
        asked.push_back(video);
        const auto executor = co_await asio::this_coro::executor;
        co_await asio::post(executor, asio::use_awaitable);
        const reason says = answer(video);
        if (says != reason::unknown) throw source_error(says, std::string(to_string(says)));
        resolved_video found;
        found.source.files.emplace_back(reelpipe::remote_file{.url = "http://host/" + video});
        co_return found;
    }

    virtual reason answer(const std::string& video)
    {
        if (++answered > good_for && blocked_for > 0) return --blocked_for, with;
        return dead.contains(video) ? dead[video] : reason::unknown;
    }

    std::map<std::string, reason> dead;
    std::size_t good_for = 0;     // answers, before the block begins
    std::size_t blocked_for = 0;  // answers
    reason with = reason::bot_check;
    std::size_t answered = 0;
    std::vector<std::string> asked;
};

struct asker {
    explicit asker(std::vector<std::shared_ptr<told_site>> sites, egress_options options = {})
        : pool(ways_of(sites), with_pause(options))
    {
    }

    static std::vector<egress_pool::egress_config> ways_of(const std::vector<std::shared_ptr<told_site>>& sites)
    {
        std::vector<egress_pool::egress_config> ways;
        for (const auto& site : sites) ways.push_back({"way " + std::to_string(ways.size()), site});
        return ways;
    }

    static egress_options with_pause(egress_options options)
    {
        if (options.first_pause == 0ms) options.first_pause = 1ms;
        return options;
    }

    // Asks for all of them, `width` at a time; what became of each.
    std::map<std::string, std::string> ask_all(const std::vector<std::string>& videos, std::size_t width = 80)
    {
        std::map<std::string, std::string> ends;
        std::deque<std::string> left(videos.begin(), videos.end());
        for (std::size_t i = 0; i < width; ++i) asio::co_spawn(io, ask_some(left, ends), asio::detached);
        io.restart();
        io.run_for(100s);
        return ends;
    }

    asio::awaitable<void> ask_some(std::deque<std::string>& left, std::map<std::string, std::string>& ends)
    {
        while (!left.empty()) {
            const std::string video = left.front();
            left.pop_front();
            try {
                co_await pool.resolve(video);
                ends[video] = "found";
            } catch (const source_error& e) {
                ends[video] = to_string(e.why());
                if (e.facts().final) ends[video] += ", finally";
            }
        }
    }

    asio::io_context io{1};
    egress_pool pool;
};

std::vector<std::string> videos(int count)
{
    std::vector<std::string> all;
    for (int i = 0; i < count; ++i) all.push_back("v" + std::to_string(1000 + i));
    return all;
}

std::size_t count_of(const std::map<std::string, std::string>& ends, const std::string& end)
{
    return static_cast<std::size_t>(std::ranges::count_if(ends, [&](const auto& each) { return each.second == end; }));
}

}  // namespace

TEST_CASE("a block that ends costs no video its verdict", "[egress_pool]")
{
    const auto site = std::make_shared<told_site>();
    site->good_for = 5;
    site->blocked_for = 4;
    site->with = GENERATE(reason::bot_check, reason::rate_limited, reason::blocked, reason::no_network);
    site->dead["v1002"] = reason::private_video;
    asker all({site}, {.width = 1});

    const auto ends = all.ask_all(videos(20), 1);

    CHECK(count_of(ends, "found") == 19);
    CHECK(ends.at("v1002") == "private_video");
    // Probes ask for what was there before, so only the first refusal was for a video of the list.
    CHECK(std::ranges::count(site->asked, "v1004") >= 4);
}

TEST_CASE("a block that lasts ends with its reason, and is not waited for again", "[egress_pool]")
{
    const auto site = std::make_shared<told_site>();
    site->good_for = 5;
    site->blocked_for = 1'000'000;
    asker all({site}, {.width = 1, .max_wait = 20ms});

    const auto ends = all.ask_all(videos(20), 1);

    CHECK(count_of(ends, "found") == 5);
    CHECK(count_of(ends, "bot_check, finally") == 15);
    CHECK(site->asked.size() < 15);  // pauses double: 1 ms, 2 ms, ...
}

TEST_CASE("without patience the first sign of a block is the last request", "[egress_pool]")
{
    const auto site = std::make_shared<told_site>();
    site->good_for = 5;
    site->blocked_for = 1'000'000;
    asker all({site}, {.width = 1, .max_wait = 0ms});

    all.ask_all(videos(20));

    CHECK(site->asked.size() == 6);
}

TEST_CASE("another way goes on where one is blocked", "[egress_pool]")
{
    const auto blocked = std::make_shared<told_site>();
    blocked->blocked_for = 1'000'000;
    const auto open = std::make_shared<told_site>();
    asker all({blocked, open}, {.max_wait = 0ms, .first_pause = 1h});

    const auto ends = all.ask_all(videos(50));

    CHECK(count_of(ends, "found") == 50);
    CHECK(blocked->asked.size() <= 2);
}

TEST_CASE("a site that finds nearly everything unavailable is not believed", "[egress_pool]")
{
    const auto site = std::make_shared<told_site>();
    site->good_for = 100;
    site->blocked_for = 46;  // 41 of 50 are suspicious, then pauses double with each probe
    site->with = reason::unavailable;
    for (const char* video : {"v1003", "v1150"}) site->dead[video] = reason::unavailable;
    asker all({site}, {});

    const auto ends = all.ask_all(videos(300));

    CHECK(count_of(ends, "unavailable") == 2);
    CHECK(count_of(ends, "found") == 298);
}

TEST_CASE("a hidden block that lasts leaves everything that it touched undecided", "[egress_pool]")
{
    const auto site = std::make_shared<told_site>();
    site->good_for = 100;
    site->blocked_for = 1'000'000;
    site->with = reason::unavailable;
    asker all({site}, {.max_wait = 0ms});

    const auto ends = all.ask_all(videos(300));

    CHECK(count_of(ends, "unavailable") == 0);
    CHECK(count_of(ends, "found") == 100);
}

TEST_CASE("a short list of dead videos is believed", "[egress_pool]")
{
    const auto site = std::make_shared<told_site>();
    for (const std::string& video : videos(5)) site->dead[video] = reason::unavailable;
    asker all({site}, {});

    CHECK(count_of(all.ask_all(videos(5)), "unavailable") == 5);
    CHECK(site->asked.size() == 5);
}

TEST_CASE("three refusals in a row are the address's, not the videos'", "[egress_pool]")
{
    const auto site = std::make_shared<told_site>();
    site->good_for = 10;
    site->blocked_for = 6;
    site->with = reason::refused;
    asker all({site}, {.width = 1});

    const auto ends = all.ask_all(videos(20), 1);

    CHECK(count_of(ends, "refused") == 2);
    CHECK(count_of(ends, "found") == 18);
}

TEST_CASE("the same verdict for many videos in a row is the site's, and each of them is asked for again",
          "[egress_pool]")
{
    const auto site = std::make_shared<told_site>();
    site->good_for = 10;
    site->blocked_for = 24;
    site->with = GENERATE(reason::login_required, reason::no_format, reason::no_direct_url);
    asker all({site}, {.width = 1});

    const auto ends = all.ask_all(videos(60), 1);

    CHECK(count_of(ends, std::string(to_string(site->with))) == 19);
    CHECK(count_of(ends, "found") == 41);
}

TEST_CASE("a site that says the same of every video from the first one on ends the run", "[egress_pool]")
{
    const auto site = std::make_shared<told_site>();
    site->blocked_for = 1'000'000;
    site->with = reason::login_required;
    asker all({site}, {.width = 1, .max_wait = 100h, .first_pause = 1h});

    const auto ends = all.ask_all(videos(30), 1);

    CHECK(count_of(ends, "login_required") == 19);
    CHECK(count_of(ends, "nothing_served, finally") == 11);
}

TEST_CASE("a run that ends waits for nothing", "[egress_pool]")
{
    const auto site = std::make_shared<told_site>();
    site->blocked_for = 1'000'000;
    bool ending = false;
    egress_options options{.max_wait = 100h, .first_pause = 1h};
    options.is_ending = [&] { return ending; };
    options.say = [&](reelpipe::severity, const std::string&) { ending = true; };  // it says that it will wait
    asker all({site}, options);

    CHECK(count_of(all.ask_all(videos(3)), "interrupted") == 3);
}
