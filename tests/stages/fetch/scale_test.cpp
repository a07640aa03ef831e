// Many at once, and very long ones.
#include <algorithm>
#include <fstream>
#include <list>
#include <optional>
#include <string>

#include "stages/fetch/fetching.hpp"
#include "support/catch.hpp"
#include "support/nginx.hpp"
#include "support/origin.hpp"
#include "support/sanitizer.hpp"

using namespace reelpipe;
using namespace reelpipe::fetch;
using namespace reelpipe::test;

namespace {

constexpr std::size_t many = 256;

struct counting_sink final : body_sink {
    std::uint64_t begin(const response_head& head) override { return head.body.end; }
    void write(std::uint64_t, std::span<const std::byte> more) override { bytes += more.size(); }
    std::uint64_t bytes = 0;
};

// Resident memory of this process, in bytes: now, or the most since forget_peak().
std::uint64_t memory(const std::string& name)
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1)) * 1024;
    return 0;
}
void forget_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

}  // namespace

TEST_CASE("256 transfers are open at once on one thread, and all come through", "[scale][long]")
{
    const std::string film(100'000, 'x');
    origin server;
    server.serve("/video", [&](const asked& request) {
        reply answer = part_of(film, request);
        answer.gate = many;
        return answer;
    });
    asio::io_context io{1};
    http_client http(io.get_executor(), {.connections = many});
    std::list<counting_sink> sinks;
    std::vector<transfer> all;
    all.reserve(many);
    for (std::size_t i = 0; i < many; ++i)
        all.push_back(http.start({.url = server.url("/video"), .range = {0, film.size()}}, sinks.emplace_back()));
    for (transfer& each : all) run_awaitable(io, each.wait());

    CHECK(std::ranges::all_of(sinks, [&](const counting_sink& s) { return s.bytes == film.size(); }));
    CHECK(server.max_connections() == many);
}

TEST_CASE("256 videos are fetched at once by one thread, in memory that does not grow with what is fetched",
          "[scale][long]")
{
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local({}, {.connections = many});
    std::list<std::optional<fetched>> all;
    std::exception_ptr failed;
    const auto wanted = [](std::size_t i) { return seconds(static_cast<double>(i), static_cast<double>(i) + 30); };
    // The libraries, and what one video takes.
    local.fetch(server.url("long.mp4"), {wanted(0)});
    const std::size_t before = server.log(1).size();
    const std::uint64_t at_first = memory("VmRSS");
    forget_peak();
    for (std::size_t i = 0; i < many; ++i) {
        media_source source{{remote_file{.url = server.url("long.mp4")}}};
        asio::co_spawn(local.io, local.fetcher.fetch(std::move(source), {wanted(i)}),
                       [&failed, &place = all.emplace_back()](std::exception_ptr error, fetched got) {
                           if (error)
                               failed = error;
                           else
                               place = std::move(got);
                       });
    }
    local.io.restart();
    local.io.run();
    const std::uint64_t peak = memory("VmHWM");

    CHECK_FALSE(failed);
    std::uint64_t held = 0, requests = 0;
    for (const auto& each : all) {
        REQUIRE(each);
        held += each->held_bytes;
        requests += each->counts.requests;
    }
    const std::vector<nginx_request> served = server.log(before + requests);
    std::uint64_t bytes = 0;
    for (std::size_t i = before; i < served.size(); ++i) bytes += served[i].body_bytes;
    CHECK(bytes == held);
    CHECK(held > 200u << 20);
    if (!sanitized) CHECK(peak - at_first < 64u << 20);
}

TEST_CASE("of a video of three hours only its index and the clip are fetched, in as few round trips as of a short one",
          "[scale][long]")
{
    struct shape {
        const char* name;
        std::size_t before_the_clip;  // as many round trips at most
    };
    const auto [name, before_the_clip] =
        GENERATE(shape{"hours.mp4", 2}, shape{"hours_moov_last.mp4", 2}, shape{"hours.webm", 3});
    const segment wanted = GENERATE(seconds(30, 40), seconds(5000.5, 5010.5), seconds(10780, 10790));
    CAPTURE(name, wanted.start.count());
    if (sanitized && wanted.start != seconds(5000.5, 5010.5).start)
        return;  // an index of hours takes many seconds there
    nginx server(REELPIPE_TEST_MEDIA);
    fetching local;
    const fetched got = local.fetch(server.url(name), {wanted});
    const std::vector<nginx_request> served = server.log(got.counts.requests);

    CHECK(can_be_cut(*got.files.at(0), video(name), {wanted}));
    CHECK(frames_in(got.clips.at(0).files.at(0), wanted).size() == 100);
    const auto sent = static_cast<double>(server.body_bytes(served.size()));
    CHECK(sent / static_cast<double>(got.index_bytes + got.span_bytes) <= 1.10);
    CHECK(sent < 0.15 * static_cast<double>(got.size));
    CHECK(served.size() == got.counts.rounds);  // one request a round, the last one for the clip
    CHECK(served.size() <= before_the_clip + 1);
    CHECK(served.back().body_bytes + 1024 > got.span_bytes);
}
