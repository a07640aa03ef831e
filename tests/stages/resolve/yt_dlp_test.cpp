#include "stages/resolve/yt_dlp.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <asio.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "stages/resolve/installation.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/run_awaitable.hpp"
#include "support/site.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using reelpipe::reason;
using reelpipe::remote_file;
using reelpipe::resolved_video;
using reelpipe::source_error;
using reelpipe::resolve::age_warning;
using reelpipe::resolve::bad_selector;
using reelpipe::resolve::find_installation;
using reelpipe::resolve::scripts_in_words;
using reelpipe::resolve::yt_dlp;
using reelpipe::resolve::yt_dlp_options;
using reelpipe::test::run_awaitable;

namespace {

// The workers that run now: our children whose script is a worker's.
std::set<pid_t> workers()
{
    std::set<pid_t> found;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream children(task.path() / "children");
        for (pid_t child = 0; children >> child;) {
            std::ifstream words("/proc/" + std::to_string(child) + "/cmdline");
            const std::string line{std::istreambuf_iterator<char>(words), {}};
            if (line.find("/proc/self/fd/3") != std::string::npos) found.insert(child);
        }
    }
    return found;
}

struct watch_site {
    watch_site() : server({"python3", REELPIPE_TESTS_SUPPORT "/watch_site.py", videos.path().string()})
    {
        for (const char* id : {"abcdefghijk", "-bcdefghijk", "a"})
            reelpipe::test::write_file(videos / (std::string(id) + ".mp4"), "not looked at");
    }

    yt_dlp_options options() const
    {
        yt_dlp_options chosen;
        chosen.url_base = server.url("/watch?v=");
        return chosen;
    }

    reelpipe::test::temp_folder videos;
    reelpipe::test::site server;
};

// Of the environment, until the end of the block.
struct variable {
    variable(const char* of, const std::string& value) : name(of)
    {
        if (const char* const set = std::getenv(name)) before = set;
        setenv(name, value.c_str(), 1);
    }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;
    ~variable() { before ? setenv(name, before->c_str(), 1) : unsetenv(name); }

    const char* name;
    std::optional<std::string> before{};
};

source_error failure_of(asio::io_context& io, yt_dlp& resolver, const std::string& video)
{
    try {
        run_awaitable(io, resolver.resolve(video));
    } catch (const source_error& error) {
        return error;
    }
    FAIL(video << " was resolved");
    throw std::logic_error("not reached");
}

// The real yt-dlp, in a program that holds no module.
std::filesystem::path program_in(const reelpipe::test::temp_folder& folder)
{
    const std::filesystem::path program = folder / "yt-dlp";
    reelpipe::test::write_file(program, "#!/bin/sh\nexec /usr/bin/python3 -m yt_dlp \"$@\"\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return program;
}

}  // namespace

TEST_CASE("yt-dlp finds the media behind a page", "[yt_dlp]")
{
    watch_site site;
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), site.options());

    const auto versions = run_awaitable(io, resolver.load());
    const resolved_video found = run_awaitable(io, resolver.resolve("-bcdefghijk"));

    CHECK(versions.yt_dlp.starts_with("20"));
    REQUIRE(found.source.files.size() == 1);
    const auto& file = std::get<remote_file>(found.source.files[0]);
    CHECK(file.url == site.server.url("/media/-bcdefghijk.mp4"));
    CHECK(std::ranges::any_of(file.headers, [](const std::string& h) { return h.starts_with("User-Agent: "); }));
    CHECK(file.max_range == 10u << 20);
}

TEST_CASE("yt-dlp may be a script, a zipapp, or the folder of its module", "[yt_dlp][long]")
{
    watch_site site;
    const reelpipe::test::temp_folder folder;
    const std::string module = reelpipe::test::output_of(
        {"/usr/bin/python3", "-c", "import os, yt_dlp; print(os.path.dirname(yt_dlp.__file__), end='')"});
    const std::filesystem::path zipapp = folder / "yt-dlp.zip", copied = folder / "copied/yt_dlp",
                                script = folder / "script";
    // The zipapp that the project publishes: its package and a __main__.py behind a first line for the shell.
    reelpipe::test::output_of({"/usr/bin/python3", "-c",
                               "import sys, zipfile, os\n"
                               "source, target = sys.argv[1:]\n"
                               "with open(target, 'wb') as file: file.write(b'#!/usr/bin/python3\\n')\n"
                               "with zipfile.ZipFile(target, 'a') as made:\n"
                               "    made.writestr('__main__.py', 'import yt_dlp; yt_dlp.main()')\n"
                               "    for at, _, names in os.walk(source):\n"
                               "        for name in names:\n"
                               "            if name.endswith('.py'):\n"
                               "                path = os.path.join(at, name)\n"
                               "                made.write(path, os.path.relpath(path, os.path.dirname(source)))\n",
                               module, zipapp.string()});
    std::filesystem::create_directories(copied);
    std::filesystem::copy(module, copied, std::filesystem::copy_options::recursive);
    reelpipe::test::write_file(script, "#!/usr/bin/python3\nimport yt_dlp\nyt_dlp.main()\n");

    for (const std::filesystem::path& form : {script, zipapp, copied.parent_path()}) {
        CAPTURE(form.string());
        asio::io_context io{1};
        yt_dlp_options options = site.options();
        options.yt_dlp = form;
        yt_dlp resolver(io.get_executor(), options);
        const resolved_video found = run_awaitable(io, resolver.resolve("abcdefghijk"));
        CHECK(std::get<remote_file>(found.source.files.at(0)).url == site.server.url("/media/abcdefghijk.mp4"));
    }
}

TEST_CASE("a playlist is what is left when nothing else is", "[yt_dlp]")
{
    watch_site site;
    reelpipe::test::write_file(site.videos / "list.m3u8",
                               "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.ts\n#EXT-X-ENDLIST\n");
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), site.options());

    const resolved_video both = run_awaitable(io, resolver.resolve("both"));
    const resolved_video alone = run_awaitable(io, resolver.resolve("playlist"));

    REQUIRE(both.source.files.size() == 1);
    CHECK(std::get<remote_file>(both.source.files[0]).url == site.server.url("/media/a.mp4"));
    REQUIRE(alone.source.files.size() == 1);
    CHECK(std::get<reelpipe::hls_playlist>(alone.source.files[0]).playlist.url == site.server.url("/media/list.m3u8"));
}

TEST_CASE("subtitles are not fetched from addresses that only this network has", "[yt_dlp]")
{
    watch_site site;
    const bool public_only = GENERATE(true, false);
    reelpipe::test::write_file(site.videos / "en.vtt", "WEBVTT");
    yt_dlp_options options = site.options();
    options.subtitles = "en";
    options.public_only = public_only;
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), options);
    for (int i = 0; i < 2; ++i) {
        const resolved_video found = run_awaitable(io, resolver.resolve("subtitled"));
        CHECK(found.source.subtitles.size() == (public_only ? 0 : 1));
        CHECK(std::ranges::any_of(found.warnings, [](const std::string& warning) {
                  return warning.find("(127.0.0.1) is not a public address") != std::string::npos;
              }) == public_only);
    }
}

TEST_CASE("a yt-dlp that holds no module is run for each video, with the same answers", "[yt_dlp][long]")
{
    watch_site site;
    const reelpipe::test::temp_folder folder;
    const std::filesystem::path program = program_in(folder);
    asio::io_context io{1};
    yt_dlp_options options = site.options();
    options.metadata = true;
    yt_dlp warm(io.get_executor(), options);
    options.yt_dlp = program;
    yt_dlp resolver(io.get_executor(), options);

    const auto versions = run_awaitable(io, resolver.load());
    CHECK(versions.yt_dlp == run_awaitable(io, warm.load()).yt_dlp);
    const resolved_video cold_video = run_awaitable(io, resolver.resolve("-bcdefghijk"));
    const resolved_video warm_video = run_awaitable(io, warm.resolve("-bcdefghijk"));
    CHECK_FALSE(json::parse(warm_video.metadata)["formats"].empty());
    CHECK(json::parse(cold_video.metadata) == json::parse(warm_video.metadata));
    const auto cold_file = std::get<remote_file>(cold_video.source.files.at(0));
    const auto warm_file = std::get<remote_file>(warm_video.source.files.at(0));
    CHECK(cold_file.url == warm_file.url);
    CHECK(cold_file.headers.size() == warm_file.headers.size());
    for (const char* video : {"gone404", "gone410", "refused403", "broken500", "limited429", "two", "text"}) {
        const source_error cold = failure_of(io, resolver, video);
        CAPTURE(video, cold.what());
        const source_error known = failure_of(io, warm, video);
        CHECK(cold.why() == known.why());
        CHECK(cold.facts().retry_after == known.facts().retry_after);
    }
}

TEST_CASE("a yt-dlp of PATH that is a binary is the one that is run", "[yt_dlp]")
{
    const reelpipe::test::temp_folder folder;
    reelpipe::test::write_file(folder / "yt-dlp", "\177ELF\2\1\1");
    std::filesystem::permissions(folder / "yt-dlp", std::filesystem::perms::owner_all);
    const variable path("PATH", folder.path());

    CHECK(find_installation({}, "").program == folder / "yt-dlp");
    CHECK(find_installation({}, "/usr/bin/python3").program.empty());
    CHECK(find_installation({}, "/usr/bin/python3").python == "/usr/bin/python3");
}

TEST_CASE("a program that hangs, floods or is no yt-dlp costs its video and no more", "[yt_dlp]")
{
    watch_site site;
    const reelpipe::test::temp_folder folder;
    const auto failure_with = [&](const std::string& script, std::chrono::milliseconds deadline) {
        reelpipe::test::write_file(folder / "program", "#!/bin/sh\n" + script + "\n");
        std::filesystem::permissions(folder / "program", std::filesystem::perms::owner_all);
        asio::io_context io{1};
        yt_dlp_options options = site.options();
        options.yt_dlp = folder / "program";
        options.deadline = deadline;
        yt_dlp resolver(io.get_executor(), options);
        return failure_of(io, resolver, "abcdefghijk");
    };

    const source_error hangs = failure_with("exec sleep 1000", 50ms);
    CHECK(hangs.why() == reason::resolver_died);
    CHECK_THAT(hangs.what(), Catch::Matchers::ContainsSubstring("did not answer"));
    CHECK(failure_with("exec cat /dev/zero", 60s).why() == reason::resolver_died);
    const source_error odd = failure_with("echo hello", 60s);
    CHECK(odd.why() == reason::resolver_died);
    CHECK_THAT(odd.what(), Catch::Matchers::ContainsSubstring("hello"));
}

TEST_CASE("an id is data: it cannot add to the URL", "[yt_dlp]")
{
    watch_site site;
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), site.options());

    run_awaitable(io, resolver.resolve("a&list=b#c d/../\xc3\xa9"));

    REQUIRE_FALSE(site.server.requests().empty());
    CHECK(site.server.requests()[0] == "GET /watch?v=a%26list%3Db%23c%20d%2F..%2F%C3%A9");
    CHECK(failure_of(io, resolver, "").why() == reason::bad_input);
}

TEST_CASE("a page's refusal comes with its reason, status and text", "[yt_dlp]")
{
    watch_site site;
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), site.options());

    CHECK(failure_of(io, resolver, "gone404").why() == reason::gone);
    CHECK(failure_of(io, resolver, "gone410").why() == reason::gone);
    CHECK(failure_of(io, resolver, "refused403").why() == reason::refused);
    CHECK(failure_of(io, resolver, "broken500").why() == reason::network);
    CHECK(failure_of(io, resolver, "two").why() == reason::no_format);
    CHECK(failure_of(io, resolver, "text").why() == reason::bad_input);
    const source_error limited = failure_of(io, resolver, "limited429");
    CHECK(limited.why() == reason::rate_limited);
    CHECK(limited.facts().site == reason::rate_limited);
    CHECK(limited.facts().status == 429);
    CHECK(limited.facts().retry_after == 7s);
    CHECK_THAT(limited.what(), Catch::Matchers::ContainsSubstring("429"));
}

TEST_CASE("calls beyond the number of workers wait, and all are answered", "[yt_dlp]")
{
    watch_site site;
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), site.options());
    int found = 0;
    int failed = 0;
    for (int i = 0; i < 40; ++i)
        asio::co_spawn(io, resolver.resolve(i % 4 == 3 ? "gone404" : "abcdefghijk"),
                       [&](std::exception_ptr error, const resolved_video&) { ++(error ? failed : found); });
    io.run();

    CHECK(found == 30);
    CHECK(failed == 10);
    CHECK(workers().size() == 2);
}

TEST_CASE("a worker that hangs costs only its call", "[yt_dlp]")
{
    watch_site site;
    asio::io_context io{1};
    auto options = site.options();
    options.workers = 1;
    options.deadline = 5s;
    yt_dlp resolver(io.get_executor(), options);
    run_awaitable(io, resolver.load());
    const auto before = workers();

    const source_error hung = failure_of(io, resolver, "hang");
    const resolved_video next = run_awaitable(io, resolver.resolve("abcdefghijk"));

    CHECK(hung.why() == reason::resolver_died);
    CHECK_THAT(hung.what(), Catch::Matchers::ContainsSubstring("5000 ms"));
    CHECK(next.source.files.size() == 1);
    CHECK(workers().size() == 1);
    CHECK(workers() != before);
}

TEST_CASE("a worker that is killed under way costs only its call", "[yt_dlp]")
{
    watch_site site;
    asio::io_context io{1};
    auto options = site.options();
    options.workers = 1;
    yt_dlp resolver(io.get_executor(), options);
    run_awaitable(io, resolver.load());
    const auto before = workers();
    std::exception_ptr ended;
    asio::co_spawn(io, resolver.resolve("hang"),
                   [&](std::exception_ptr error, const resolved_video&) { ended = error; });
    while (site.server.requests().empty()) io.run_for(5ms);

    for (const pid_t pid : before) kill(pid, SIGKILL);
    io.run();

    REQUIRE(ended);
    CHECK_THROWS_AS(std::rethrow_exception(ended), source_error);
    CHECK(run_awaitable(io, resolver.resolve("abcdefghijk")).source.files.size() == 1);
}

TEST_CASE("a worker that is killed between two calls costs nothing", "[yt_dlp]")
{
    watch_site site;
    asio::io_context io{1};
    auto options = site.options();
    options.workers = 1;
    yt_dlp resolver(io.get_executor(), options);
    run_awaitable(io, resolver.load());

    for (const pid_t pid : workers()) {
        kill(pid, SIGKILL);
        siginfo_t end;
        waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOWAIT);
    }

    CHECK(run_awaitable(io, resolver.resolve("abcdefghijk")).source.files.size() == 1);
}

TEST_CASE("cancellation reaches the call under way and the calls that wait", "[yt_dlp]")
{
    watch_site site;
    asio::io_context io{1};
    auto options = site.options();
    options.workers = 1;
    yt_dlp resolver(io.get_executor(), options);
    asio::cancellation_signal first;
    asio::cancellation_signal second;
    std::vector<std::string> ends;
    const auto note = [&](std::exception_ptr error, const resolved_video&) {
        try {
            if (error) std::rethrow_exception(error);
            ends.emplace_back("found");
        } catch (const std::system_error& cancelled) {
            ends.emplace_back(cancelled.code() == asio::error::operation_aborted ? "cancelled" : cancelled.what());
        }
    };
    asio::co_spawn(io, resolver.resolve("hang"), asio::bind_cancellation_slot(first.slot(), note));
    asio::co_spawn(io, resolver.resolve("abcdefghijk"), asio::bind_cancellation_slot(second.slot(), note));
    asio::co_spawn(io, resolver.resolve("abcdefghijk"), note);
    while (site.server.requests().empty()) io.run_for(5ms);

    second.emit(asio::cancellation_type::terminal);
    first.emit(asio::cancellation_type::terminal);
    io.run();

    CHECK(ends == std::vector<std::string>{"cancelled", "cancelled", "found"});
}

TEST_CASE("a worker is replaced after so many calls, and no call is lost", "[yt_dlp]")
{
    watch_site site;
    asio::io_context io{1};
    auto options = site.options();
    options.workers = 1;
    options.worker_calls = 3;
    yt_dlp resolver(io.get_executor(), options);

    std::vector<std::set<pid_t>> seen;
    for (int call = 0; call < 7; ++call) {
        const resolved_video found = run_awaitable(io, resolver.resolve("abcdefghijk"));
        CHECK(found.source.files.size() == 1);
        seen.push_back(workers());
    }

    CHECK(seen[0] == seen[1]);
    CHECK(seen[2].empty());
    CHECK(seen[3] == seen[4]);
    CHECK(seen[3] != seen[0]);
    CHECK(seen[5].empty());
    CHECK(seen[6].size() == 1);
}

TEST_CASE("a worker that has grown too large is replaced, whatever its parent once had", "[yt_dlp]")
{
    watch_site site;
    asio::io_context io{1};
    auto options = site.options();
    options.workers = 1;
    {
        std::vector<char> large(400u << 20, 'x');  // more than a worker may have
        CHECK(large.back() == 'x');
    }
    yt_dlp resolver(io.get_executor(), options);
    options.worker_bytes = 1u << 20;  // less than any worker has
    yt_dlp strict(io.get_executor(), options);

    run_awaitable(io, resolver.resolve("abcdefghijk"));
    CHECK(workers().size() == 1);
    run_awaitable(io, strict.resolve("abcdefghijk"));
    CHECK(workers().size() == 1);
}

TEST_CASE("yt-dlp's configuration is not read, and its plug-ins only on request", "[yt_dlp]")
{
    const reelpipe::test::temp_folder home;
    const std::filesystem::path mark = home / "loaded", plugin = home / "yt-dlp/plugins/mine/yt_dlp_plugins/extractor";
    std::filesystem::create_directories(plugin);
    reelpipe::test::write_file(plugin / "mine.py", "open('" + mark.string() + "', 'w').close()\n");
    reelpipe::test::write_file(home / "yt-dlp/config", "--proxy http://127.0.0.1:9\n--format nonsense\n");
    const variable config("XDG_CONFIG_HOME", home.path());
    watch_site site;
    asio::io_context io{1};

    yt_dlp plain(io.get_executor(), site.options());
    CHECK(run_awaitable(io, plain.resolve("abcdefghijk")).source.files.size() == 1);
    CHECK_FALSE(std::filesystem::exists(mark));

    const variable wanted("YTDLP_NO_PLUGINS", "");
    yt_dlp with_plugins(io.get_executor(), site.options());
    CHECK(run_awaitable(io, with_plugins.resolve("abcdefghijk")).source.files.size() == 1);
    CHECK(std::filesystem::exists(mark));
}

TEST_CASE("no worker outlives its pool", "[yt_dlp]")
{
    watch_site site;
    asio::io_context io{1};
    {
        yt_dlp resolver(io.get_executor(), site.options());
        run_awaitable(io, resolver.load());
        CHECK(workers().size() == 2);
    }
    CHECK(workers().empty());
}

TEST_CASE("a missing or useless installation is told before the first video", "[yt_dlp]")
{
    const reelpipe::test::temp_folder empty;
    asio::io_context io{1};
    const auto start = [&](yt_dlp_options options) -> std::string {
        yt_dlp resolver(io.get_executor(), std::move(options));
        try {
            run_awaitable(io, resolver.load());
        } catch (const source_error& error) {
            CHECK(error.why() == reason::resolver_missing);
            return error.what();
        }
        return "started";
    };
    yt_dlp_options no_python;
    no_python.python = (empty / "python").string();
    CHECK_THAT(start(no_python), Catch::Matchers::ContainsSubstring("apt-get install"));
    yt_dlp_options no_file;
    no_file.yt_dlp = empty / "yt-dlp";
    CHECK_THAT(start(no_file), Catch::Matchers::ContainsSubstring("there is no yt-dlp"));
    yt_dlp_options no_module;
    reelpipe::test::write_file(empty / "python-without", "#!/bin/sh\nexec /usr/bin/python3 -S -I \"$@\"\n");
    std::filesystem::permissions(empty / "python-without", std::filesystem::perms::owner_all);
    no_module.python = (empty / "python-without").string();
    CHECK_THAT(start(no_module),
               Catch::Matchers::ContainsSubstring("yt_dlp") && Catch::Matchers::ContainsSubstring("apt-get install"));
    yt_dlp_options bad_parameter;
    bad_parameter.parameters = R"({"format": "b["})";
    CHECK_THAT(start(bad_parameter), Catch::Matchers::ContainsSubstring("does not start with these settings"));
}

TEST_CASE("a format selector that is none is told as such, by workers before the first video", "[yt_dlp]")
{
    watch_site site;
    const reelpipe::test::temp_folder folder;
    const std::filesystem::path program = program_in(folder);
    asio::io_context io{1};
    for (const char* format : {"b[", "b[height<=x]", "b[ext~='(']", "b+"}) {
        CAPTURE(format);
        yt_dlp_options options = site.options();
        options.format = format;
        yt_dlp warm(io.get_executor(), options);
        CHECK_THROWS_AS(run_awaitable(io, warm.load()), bad_selector);

        options.yt_dlp = program;
        yt_dlp cold(io.get_executor(), options);
        const source_error told = failure_of(io, cold, "abcdefghijk");
        CHECK(told.why() == reason::resolver_missing);
        CHECK_THAT(told.what(), Catch::Matchers::ContainsSubstring("--format"));
    }
    CHECK(site.server.requests().empty());
}

TEST_CASE("JavaScript runtimes that are there are handed over, those that are too old are named", "[yt_dlp]")
{
    const reelpipe::test::temp_folder folder;
    const auto install = [&](const char* name, const std::string& script) {
        reelpipe::test::write_file(folder / name, "#!/bin/sh\n" + script + "\n");
        std::filesystem::permissions(folder / name, std::filesystem::perms::owner_all);
    };
    const auto loaded = [&] {
        asio::io_context io{1};
        yt_dlp_options options;
        options.python = "/usr/bin/python3";
        options.workers = 1;
        yt_dlp resolver(io.get_executor(), options);
        return run_awaitable(io, resolver.load());
    };
    const variable path("PATH", folder.path());
    const auto none = loaded();
    if (!none.wants_scripts) SKIP("this yt-dlp takes no runtime");
    CHECK(none.scripts.empty());
    CHECK(scripts_in_words(none) == "none; asks YouTube as visionos");

    install("node", "echo v20.20.2");
    const auto old = loaded();
    CHECK(old.scripts.empty());
    CHECK(old.unfit == std::vector<std::string>{"node 20.20.2, older than 22.0.0"});
    CHECK_THAT(scripts_in_words(old), Catch::Matchers::StartsWith("none (node 20.20.2, older than 22.0.0)"));

    install("node", "echo v22.1.0");
    install("deno", "echo 'deno 2.3.0'");
    const auto both = loaded();
    CHECK(std::set<std::string>(both.scripts.begin(), both.scripts.end()) ==
          std::set<std::string>{"deno 2.3.0", "node 22.1.0"});
    CHECK_FALSE(both.has_solver);
    CHECK_THAT(scripts_in_words(both), Catch::Matchers::ContainsSubstring("without the solver script"));
}

TEST_CASE("a yt-dlp of more than 90 days is warned of", "[yt_dlp]")
{
    const auto now = std::chrono::sys_days(std::chrono::year(2026) / 8 / 20);
    CHECK(age_warning("2026.08.19", now).empty());
    CHECK(age_warning("2026.05.22", now).empty());
    CHECK_THAT(age_warning("2026.05.21", now),
               Catch::Matchers::ContainsSubstring("91 days old") && Catch::Matchers::ContainsSubstring("--yt-dlp"));
    CHECK_THAT(age_warning("2023.03.04.232743.dev0", now), Catch::Matchers::ContainsSubstring("1265 days old"));
    CHECK(age_warning("unknown", now).empty());
    CHECK(age_warning("2026.31.12", now).empty());
}

TEST_CASE("options that cannot work are refused", "[yt_dlp]")
{
    asio::io_context io{1};
    const auto make = [&](auto change) {
        yt_dlp_options options;
        change(options);
        yt_dlp resolver(io.get_executor(), options);
    };
    CHECK_THROWS_AS(make([](yt_dlp_options& o) { o.workers = 0; }), std::invalid_argument);
    CHECK_THROWS_AS(make([](yt_dlp_options& o) { o.max_height = 0; }), std::invalid_argument);
    CHECK_THROWS_AS(make([](yt_dlp_options& o) { o.url_base = "file:///etc/"; }), std::invalid_argument);
    CHECK_THROWS_AS(make([](yt_dlp_options& o) { o.parameters = "[1"; }), std::invalid_argument);
}
