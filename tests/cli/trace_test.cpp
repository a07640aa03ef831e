#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "many_clips.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using nlohmann::json;

namespace {

struct traced_span {
    std::int64_t begin = 0, end = 0;
};

using row = std::pair<std::int64_t, std::int64_t>;  // process and thread, as viewers have it

struct read_trace {
    std::map<row, std::vector<traced_span>> rows{};
    std::map<row, std::string> names{};
    std::map<std::string, std::set<std::string>> work{};  // what was done to a clip or video
};

read_trace read(const fs::path& file)
{
    read_trace all;
    for (const json& event : json::parse(read_file(file))) {
        const row in(event.at("pid").get<std::int64_t>(), event.at("tid").get<std::int64_t>());
        if (event.at("ph") == "M") {
            if (event.at("name") == "thread_name") all.names[in] = event.at("args").at("name");
            continue;
        }
        CHECK(event.at("ph") == "X");
        const std::int64_t begin = event.at("ts"), duration = event.at("dur");
        CHECK(begin >= 0);
        CHECK(duration >= 0);
        all.rows[in].push_back({begin, begin + duration});
        all.work[event.at("args").at("of")].insert(event.at("name").get<std::string>());
    }
    return all;
}

void check_rows(read_trace& all)
{
    for (auto& [in, spans] : all.rows) {
        CHECK(all.names.contains(in));
        std::ranges::sort(spans, {}, &traced_span::begin);
        for (std::size_t i = 1; i < spans.size(); ++i) CHECK(spans[i - 1].end <= spans[i].begin);
    }
}

std::ptrdiff_t rows_named(const read_trace& all, const std::string& kind)
{
    return std::ranges::count_if(all.names,
                                 [&kind](const auto& named) { return named.second.starts_with(kind + " "); });
}

}  // namespace

TEST_CASE("a trace shows what every transfer and worker did, a row a slot", "[trace]")
{
    const many_clips work;
    const fs::path file = work.site.folder / "trace.json";

    const finished end =
        run(work.command(work.site.output(), {"--trace", file.string(), "--jobs", "2", "--connections", "3"}));

    INFO(end.err);
    REQUIRE(end.status == 0);
    read_trace all = read(file);
    check_rows(all);
    CHECK(rows_named(all, "resolver") >= 1);
    CHECK((rows_named(all, "transfer") >= 1 && rows_named(all, "transfer") <= 3));
    CHECK((rows_named(all, "worker") >= 1 && rows_named(all, "worker") <= 2));
    CHECK(rows_named(all, "store") >= 1);
    for (int v = 0; v < many_clips::videos; ++v)
        CHECK(all.work[fmt::format("video{:02}", v)] == std::set<std::string>{"resolve", "fetch"});
    const auto clips = clips_of(work.site.output());
    CHECK(clips.size() == many_clips::clips);
    for (const auto& [name, clip] : clips)
        CHECK(all.work[fs::path(name).stem()] == std::set<std::string>{"cut", "verify", "store"});
}

TEST_CASE("an interrupted run ends its trace as well", "[trace]")
{
    const many_clips work;
    const fs::path file = work.site.folder / "trace.json";
    process interrupted(work.command(work.site.output(), {"--trace", file.string(), "--jobs", "1"}));
    REQUIRE(comes_true([&] { return !clips_of(work.site.output()).empty(); }));
    interrupted.signal(SIGINT);
    REQUIRE(comes_true([&] { return interrupted.errors_so_far().find("interrupted") != std::string::npos; }));
    if (GENERATE(false, true)) interrupted.signal(SIGINT);

    const int status = interrupted.wait().status;
    CHECK((status == 130 || status == 0));  // 0: what was begun was all there was to do

    read_trace all = read(file);
    check_rows(all);
    CHECK_FALSE(all.rows.empty());
}

TEST_CASE("ids that are no text do not break a trace", "[trace]")
{
    kinetics_site site;
    const fs::path file = site.folder / "trace.json";
    const std::string list = site.list("youtube_id,time_start,time_end\n\"a\"\"b\\\",1,2\nbytes\xff\xfe,1,2\n");

    CHECK(run(site.download(list, {"--source", site.url_template(), "--trace", file.string()})).status == 1);

    CHECK(read(file).work.contains("a\"b\\"));
}

TEST_CASE("a trace that cannot be written is refused before anything is fetched", "[trace]")
{
    const many_clips work;
    const finished end = run(work.command(work.site.output(), {"--trace", "/nowhere/trace.json"}));
    CHECK(end.status == 2);
    CHECK(says(end, "--trace /nowhere/trace.json"));
    CHECK(clips_of(work.site.output()).empty());
}
