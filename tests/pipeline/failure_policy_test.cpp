#include "pipeline/failure_policy.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "media/error.hpp"
#include "stages/fetch/errors.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace reelpipe;

namespace {

// A policy, and what it entered.
struct bench {
    explicit bench(failure_policy::options options = {}) : policy(with_say(std::move(options)), entering()) {}

    // What becomes of the video, whose fetch has failed with `error` for the `attempt`th time.
    template <class Error> verdict fetch_failed(const std::string& video, const Error& error, unsigned attempt = 1)
    {
        std::shared_ptr<video_job>& job = jobs[video];
        if (!job) job = std::make_shared<video_job>();
        job->id = video;
        job->fetch_attempts = attempt;
        job->source.files = {remote_file{.url = "http://host/" + video}};
        return policy.judge({.stage = "fetch",
                             .attempt = attempt,
                             .attempts = 1'000'000,
                             .error = std::make_exception_ptr(job_failed(job, std::make_exception_ptr(error))),
                             .what = {}});
    }

    // The videos that are asked for once more while the list goes on.
    std::vector<std::string> asked_again()
    {
        std::vector<std::string> ids;
        while (const video_ptr video = policy.refusals().ready_to_ask_again()) ids.push_back(video->id);
        return ids;
    }
    // Those that are at the end of the run.
    std::vector<std::string> asked_at_the_end()
    {
        std::vector<std::string> ids;
        for (const auto& each : policy.refusals().take_all()) ids.push_back(each.video->id);
        return ids;
    }

    // The host serves a video that it has refused.
    void retract()
    {
        video_job video;
        video.refused = first_refusal{.host = "host"};
        policy.refusals().served_at_last(video);
    }

    void resolve_failed(const std::string& video, const source_error& error)
    {
        auto job = std::make_shared<video_job>();
        job->id = video;
        policy.judge({.stage = "resolve",
                      .attempt = 1,
                      .attempts = 1'000'000,
                      .error = std::make_exception_ptr(job_failed(std::move(job), std::make_exception_ptr(error))),
                      .what = {}});
    }

    std::map<std::string, std::shared_ptr<video_job>> jobs;
    std::vector<std::string> entered;
    std::vector<std::string> said;
    failure_policy policy;

private:
    failure_policy::options with_say(failure_policy::options options)
    {
        options.say = [this](severity, const std::string& line) { said.push_back(line); };
        return options;
    }
    failure_policy::entry entering()
    {
        return [this](const failed_job& failed) {
            entered.push_back(failed.job.video->id + " " + std::string(to_string(failed.found.why)));
        };
    }
};

fetch::http_error status(int code, std::optional<std::chrono::seconds> wait = {})
{
    return {"host: status " + std::to_string(code), "host", code, wait};
}

std::optional<reason> stopped_by(const bench& b)
{
    if (!b.policy.stop_reason()) return std::nullopt;
    return b.policy.stop_reason()->why;
}

using kind = verdict::kind;

}  // namespace

TEST_CASE("what a host says of everything is entered once it serves something", "[failure_policy]")
{
    const int code = GENERATE(400, 401, 402, 403, 404, 410, 418, 451);
    bench b;
    CHECK(b.fetch_failed("a", status(code)).what() == kind::drop);
    CHECK(b.fetch_failed("b", fetch::not_media_error("a page", "host")).what() == kind::drop);
    CHECK(b.fetch_failed("c", fetch::misleading_error("a circle", "host")).what() == kind::drop);
    CHECK(b.fetch_failed("d", media::error(media::fault::not_media, "JSON")).what() == kind::drop);
    CHECK(b.entered.empty());

    b.policy.served("host", "e");
    CHECK(b.entered.size() == 4);
    b.policy.end();
    CHECK_FALSE(b.policy.stop_reason());
}

TEST_CASE("a host that is down and holds requests back leaves clips pending, also while another host answers",
          "[failure_policy]")
{
    bench b({.attempts = 1, .names_hosts = true});
    b.policy.served("another", "x");
    const fetch::postponed_error not_asked("not asked", "host", 30s);
    CHECK(b.fetch_failed("a", not_asked, 0).what() == kind::retry);

    for (const char* video : {"b", "c", "d"}) b.fetch_failed(video, status(503));
    CHECK(b.entered.size() == 3);
    CHECK(b.fetch_failed("e", not_asked, 0).what() == kind::drop);
    CHECK(b.entered.size() == 3);

    b.policy.served("host", "f");
    CHECK(b.fetch_failed("g", not_asked, 0).what() == kind::retry);
}

TEST_CASE("a host that serves nothing condemns nothing", "[failure_policy]")
{
    const int videos = GENERATE(3, 60);
    bench b;
    for (int v = 0; v < videos; ++v) b.fetch_failed(std::to_string(v), status(404));
    b.policy.end();
    CHECK(b.entered.empty());
    CHECK(stopped_by(b) == reason::nothing_served);
    CHECK(b.said.size() == (videos == 3 ? 1 : 2));  // once when it is seen, once at the end
}

TEST_CASE("what a site may say of every video is entered once it has found one", "[failure_policy]")
{
    const reason why = GENERATE(reason::login_required, reason::no_format, reason::refused, reason::unknown);
    const bool finds_one = GENERATE(true, false);
    bench b;
    for (const char* video : {"a", "b", "c"}) b.resolve_failed(video, {why, "said of all"});
    b.resolve_failed("d", {reason::private_video, "said of one"});
    CHECK(b.entered.size() == 1);

    b.policy.served("media.host", "of an earlier run");  // proves nothing about the site
    if (finds_one) b.policy.resolved("e");
    b.policy.end();

    CHECK(b.entered.size() == (finds_one ? 4 : 1));
    CHECK(stopped_by(b) == (finds_one ? std::nullopt : std::optional(reason::nothing_served)));
}

TEST_CASE("one or two dead links are dead, though their host was asked for nothing else", "[failure_policy]")
{
    const int videos = GENERATE(1, 2);
    bench b;
    for (int v = 0; v < videos; ++v) b.fetch_failed(std::to_string(v), status(404));
    b.policy.end();
    CHECK(b.entered.size() == static_cast<std::size_t>(videos));
    CHECK_FALSE(b.policy.stop_reason());
}

TEST_CASE("a host that has moved in mid-run condemns nothing", "[failure_policy]")
{
    bench b;
    b.policy.served("host", "good");
    for (int v = 0; v < 30; ++v) b.fetch_failed(std::to_string(v), fetch::not_media_error("a page", "host"));
    REQUIRE(b.policy.refusals().doubts().size() == 1);
    CHECK(b.policy.refusals().doubts().front().host == "host");
    CHECK(b.policy.refusals().doubts().front().video == "good");
    b.policy.end();
    CHECK(b.entered.empty());
    CHECK(stopped_by(b) == reason::nothing_served);
}

TEST_CASE("a host that proves to be well has said the truth of all", "[failure_policy]")
{
    bench b;
    b.policy.served("host", "good");
    for (int v = 0; v < 30; ++v) b.fetch_failed(std::to_string(v), status(404));
    b.policy.served("host", "good");  // as it does when it is asked once more
    b.policy.end();
    CHECK(b.entered.size() == 30);
    CHECK_FALSE(b.policy.stop_reason());
}

TEST_CASE("a few videos that are missing at the end of a run are missing", "[failure_policy]")
{
    bench b;
    b.policy.served("host", "good");
    for (int v = 0; v < 5; ++v) b.fetch_failed(std::to_string(v), status(404));
    CHECK(b.policy.refusals().doubts().empty());
    b.policy.end();
    CHECK(b.entered.size() == 5);
}

TEST_CASE("of hosts that lists name, one that has lost its only video is believed where others serve",
          "[failure_policy]")
{
    bench b({.names_hosts = true});
    b.policy.served("other", "good");
    b.fetch_failed("a", status(404));
    b.policy.end();
    CHECK(b.entered == std::vector<std::string>{"a gone"});
    CHECK_FALSE(b.policy.stop_reason());
}

TEST_CASE("what is found in a video's bytes is entered at once", "[failure_policy]")
{
    bench b;
    b.fetch_failed("a", media::error(media::fault::corrupt, "no key frame"));
    b.fetch_failed("b", fetch::too_large_error("10^14 bytes", "host"));
    CHECK(b.entered == std::vector<std::string>{"a corrupt", "b too_large"});
}

TEST_CASE("a request that was not sent is no attempt", "[failure_policy]")
{
    bench b({.attempts = 2});
    for (int i = 0; i < 20; ++i) {
        const verdict v = b.fetch_failed("a", fetch::postponed_error("not asked", "host", 30s), 0);
        CHECK(v.what() == kind::retry);
        CHECK(*v.after() >= 30s);
    }
    CHECK_FALSE(b.policy.has_stopped());
    CHECK(b.fetch_failed("a", fetch::postponed_error("not asked", "host", 3600s), 0).what() == kind::drain);
    CHECK(stopped_by(b) == reason::rate_limited);
    CHECK(b.entered.empty());
}

TEST_CASE("waits grow, are spread, and last as long as the host asks", "[failure_policy]")
{
    bench b({.attempts = 10, .backoff = 1s});
    auto longest = 0ms;
    for (unsigned attempt = 1; attempt < 8; ++attempt) {
        const verdict v = b.fetch_failed("a", status(503), attempt);
        REQUIRE(v.what() == kind::retry);
        CHECK(*v.after() >= longest);
        longest = std::chrono::seconds(1u << (attempt - 1));
        CHECK(*v.after() >= longest);
        CHECK(b.fetch_failed("a", status(503, 60s), attempt).after() >= 60s);
    }
}

TEST_CASE("a proxy that wants a password stops the run at once", "[failure_policy]")
{
    bench b;
    CHECK(b.fetch_failed("a", fetch::proxy_error("status 407", "host")).what() == kind::drain);
    CHECK(stopped_by(b) == reason::no_network);
    CHECK(b.entered.empty());
}

TEST_CASE("a host or proxy that takes connections and says nothing is down", "[failure_policy]")
{
    bench b({.attempts = 1});
    for (const char* video : {"a", "b", "c"})
        b.fetch_failed(video, fetch::network_error("reset", "host", false, false, true));
    CHECK(stopped_by(b) == reason::host_down);
    CHECK(b.entered.empty());
}

TEST_CASE("a user who wants the run to end waits for nobody", "[failure_policy]")
{
    bench b;
    b.policy.drain();
    CHECK(b.fetch_failed("a", status(503)).what() == kind::drain);
    CHECK(b.fetch_failed("a", fetch::postponed_error("not asked", "host", 3s)).what() == kind::drain);
    CHECK(b.entered.empty());
}

namespace {

failure_policy::options asking_twice() { return {.backoff = 0ms, .asks_twice = true}; }

using ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a refusal counts when it is heard twice, and the host has served something after each", "[failure_policy]")
{
    bench b(asking_twice());
    b.fetch_failed("a", status(404));
    CHECK(b.asked_again().empty());
    b.policy.served("host", "b");
    CHECK(b.entered.empty());
    CHECK(b.asked_again() == ids{"a"});
    CHECK(b.fetch_failed("a", status(404), 2).what() == kind::drop);
    b.policy.served("host", "c");
    b.policy.end();
    CHECK(b.entered == ids{"a gone"});
    CHECK_FALSE(b.policy.stop_reason());
}

TEST_CASE("a video that is refused once and served then has failed in nothing", "[failure_policy]")
{
    bench b(asking_twice());
    b.policy.served("host", "good");
    for (const char* video : {"a", "b"}) b.fetch_failed(video, fetch::not_media_error("a page", "host"));
    b.policy.served("host", "c");
    CHECK(b.asked_again() == ids{"a", "b"});
    for (const char* video : {"a", "b"}) b.policy.served("host", video);
    b.policy.end();
    CHECK(b.entered.empty());
    CHECK_FALSE(b.policy.stop_reason());
}

TEST_CASE("what a host refuses at the end of a run counts if it still serves what it served before", "[failure_policy]")
{
    const bool is_well = GENERATE(true, false);
    bench b(asking_twice());
    b.policy.served("host", "good");
    for (const char* video : {"a", "b"}) b.fetch_failed(video, status(401));
    REQUIRE(b.policy.refusals().doubts().size() == 1);
    CHECK(b.policy.refusals().doubts().front().video == "good");
    if (is_well) b.policy.served("host", "good");
    CHECK(b.asked_at_the_end() == (is_well ? ids{"a", "b"} : ids{}));
    if (is_well)
        for (const char* video : {"a", "b"}) b.fetch_failed(video, status(401), 2);
    if (is_well) b.policy.served("host", "good");
    b.policy.end();
    CHECK(b.entered == (is_well ? ids{"a refused", "b refused"} : ids{}));
    CHECK(stopped_by(b) == (is_well ? std::nullopt : std::optional(reason::nothing_served)));
}

TEST_CASE("one or two dead links of a host that was asked for nothing else are asked for twice", "[failure_policy]")
{
    bench b(asking_twice());
    for (const char* video : {"a", "b"}) b.fetch_failed(video, status(404));
    CHECK(b.asked_at_the_end() == ids{"a", "b"});
    for (const char* video : {"a", "b"}) b.fetch_failed(video, status(404), 2);
    b.policy.end();
    CHECK(b.entered == ids{"a gone", "b gone"});
    CHECK_FALSE(b.policy.stop_reason());
}

TEST_CASE("a host that serves what it has refused is not believed", "[failure_policy]")
{
    bench b(asking_twice());
    b.policy.served("host", "good");
    for (const char* video : {"a", "b", "c", "d"}) b.fetch_failed(video, status(403));
    b.policy.served("host", "e");
    CHECK(b.asked_again() == ids{"a", "b", "c", "d"});
    for (const char* video : {"a", "b", "c"}) {
        b.policy.served("host", video);
        b.retract();
    }
    b.fetch_failed("d", status(403), 2);
    b.policy.served("host", "f");
    b.policy.end();
    CHECK(b.entered.empty());
    CHECK(stopped_by(b) == reason::unreliable);
}

TEST_CASE("among many videos that are served, a few refusals that were wrong make no other one doubtful",
          "[failure_policy]")
{
    bench b(asking_twice());
    for (int v = 0; v < 100; ++v) b.policy.served("host", "good");
    b.fetch_failed("dead", status(404));
    b.policy.served("host", "good");
    for (int v = 0; v < 3; ++v) b.retract();
    CHECK(b.asked_again() == ids{"dead"});
    b.fetch_failed("dead", status(404), 2);
    b.policy.served("host", "good");
    b.policy.end();
    CHECK(b.entered == ids{"dead gone"});
    CHECK_FALSE(b.policy.stop_reason());
}

TEST_CASE("a host that serves nothing after it has refused a video twice is not believed", "[failure_policy]")
{
    const bool has_stopped = GENERATE(true, false);
    bench b(asking_twice());
    b.fetch_failed("a", status(404));
    b.fetch_failed("b", status(404));
    b.policy.served("host", "good");
    CHECK(b.asked_again() == ids{"a", "b"});
    b.fetch_failed("a", status(404), 2);
    if (has_stopped) b.policy.served("host", "c");
    if (has_stopped) b.policy.stop({.why = reason::disk_full});
    b.policy.end();
    CHECK(b.entered == (has_stopped ? ids{"a gone"} : ids{}));
    CHECK(stopped_by(b) == (has_stopped ? reason::disk_full : reason::nothing_served));
}

TEST_CASE("a long row of refusals is a reason to ask the host for what it served", "[failure_policy]")
{
    bench b(asking_twice());
    b.policy.served("host", "good");
    for (int v = 0; v < 99; ++v) b.fetch_failed(std::to_string(v), status(404));
    CHECK_FALSE(b.policy.refusals().has_long_row());
    b.fetch_failed("99", status(404));
    CHECK(b.policy.refusals().has_long_row());
    CHECK_FALSE(b.policy.refusals().has_long_row());
    CHECK(b.policy.refusals().doubts(host_refusals::long_row).size() == 1);
    b.policy.served("host", "good");
    CHECK(b.policy.refusals().doubts(host_refusals::long_row).empty());
    CHECK(b.asked_again().size() == 100);
}

TEST_CASE("a file that its host stops serving in the middle counts once against the host", "[failure_policy]")
{
    bench b(asking_twice());
    fetch::http_error midway = status(404);
    midway.is_midway = true;
    for (unsigned attempt = 1; attempt <= 5; ++attempt) b.fetch_failed("odd", midway, attempt);
    b.fetch_failed("dead", status(404));
    b.policy.served("host", "good");
    CHECK(b.asked_again() == ids{"dead"});
    b.fetch_failed("dead", status(404), 2);
    b.policy.served("host", "good");
    b.policy.end();
    CHECK(b.entered == ids{"odd network", "dead gone"});
}

TEST_CASE("bytes that make no sense are fetched twice before the video is called damaged", "[failure_policy]")
{
    bench b(asking_twice());
    b.fetch_failed("a", media::error(media::fault::corrupt, "no key frame"));
    CHECK(b.entered.empty());
    CHECK(b.asked_again() == ids{"a"});
    b.fetch_failed("a", media::error(media::fault::corrupt, "no key frame"), 2);
    CHECK(b.entered == ids{"a corrupt"});
}

TEST_CASE("a user who wants the run to end leaves what was refused once to the next one", "[failure_policy]")
{
    bench b(asking_twice());
    b.policy.served("host", "good");
    b.fetch_failed("a", status(404));
    b.policy.drain();
    b.policy.end();
    CHECK(b.entered.empty());
    CHECK_FALSE(b.policy.stop_reason());
}
