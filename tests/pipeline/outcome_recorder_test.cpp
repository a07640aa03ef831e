#include "pipeline/outcome_recorder.hpp"

#include <map>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace reelpipe;

namespace {

// A recorder with a real ledger, and what it passed on.
struct recorded_run {
    recorded_run()
    {
        events.on_clip = [this](const clip_outcome& o) { clips.push_back(o); };
        events.on_message = [this](severity, const std::string& line) { lines.push_back(line); };
        for (const char* const video : {"a", "b", "c"}) wanted.add(clip(video));
        wanted.seal();
    }

    static clip_request clip(std::string video)
    {
        return {.video = std::move(video), .wanted = {1s, 3s}, .label = {}, .split = {}};
    }

    // How each row ended, in list order, with its note.
    std::vector<std::string> rows()
    {
        const std::map<row_status, std::string> names{{row_status::pending, "pending"},
                                                      {row_status::stored, "stored"},
                                                      {row_status::exists, "exists"},
                                                      {row_status::failed, "failed"}};
        std::vector<std::string> all;
        wanted.visit([&](const clip_request& c, row_status how, std::string_view note) {
            all.push_back(c.video + " " + names.at(how) + (note.empty() ? "" : ": ") + std::string(note));
        });
        return all;
    }

    test::temp_folder folder{};
    database db{folder / "ledger.sqlite"};
    ledger remembered{db};
    work_list wanted{db, folder.path()};
    run_events events{};
    store::trim_format trim{"%06d"};
    std::vector<clip_outcome> clips{};
    std::vector<std::string> lines{};
    outcome_recorder recorder{events, trim, remembered, wanted};
};

}  // namespace

TEST_CASE("each outcome stands in the totals, in its row and with the listener", "[outcome_recorder]")
{
    recorded_run run;
    run.recorder.stored(run.clip("a"), 1, {.frames = 60, .duration_s = 2});
    run.recorder.exists(run.clip("b"), 2, {.frames = 30, .missing_s = 1});
    run.recorder.failed(run.clip("c"), 3, {.failed = reason::corrupt, .message = "a hole"});
    run.recorder.commit(true);

    const progress totals = run.recorder.totals();
    CHECK(totals.stored == 1);
    CHECK(totals.exists == 1);
    CHECK(totals.shorter == 1);
    CHECK(totals.failed == 1);
    CHECK(totals.failures.at(reason::corrupt) == 1);
    REQUIRE(run.clips.size() == 3);
    CHECK(run.clips[0].how == clip_outcome::status::stored);
    CHECK(run.clips[0].frames == 60);
    CHECK(run.clips[2].why == reason::corrupt);
    CHECK(run.clips[2].message == "a hole");
    CHECK(run.rows() == std::vector<std::string>{"a stored", "b exists", "c failed: corrupt: a hole"});
    CHECK(run.remembered.last_stored_video() == "a");
}

TEST_CASE("the first failure for a reason is told, further ones are counted", "[outcome_recorder]")
{
    recorded_run run;
    const std::string page(4000, 'p');
    run.recorder.failed(run.clip("a"), 1, {.failed = reason::gone, .message = page});
    run.recorder.failed(run.clip("b"), 2, {.failed = reason::gone, .message = "gone, too"});
    run.recorder.failed(run.clip("c"), 3, {.failed = reason::corrupt, .message = "a hole"});

    REQUIRE(run.lines.size() == 2);
    CHECK_THAT(run.lines[0], Catch::Matchers::StartsWith("a_000001_000003: ppp"));
    CHECK(run.lines[0].size() < 1000);
    CHECK_THAT(run.lines[1], Catch::Matchers::StartsWith("c_000001_000003: a hole (corrupt). "));
    CHECK(run.recorder.totals().failures.at(reason::gone) == 2);
    CHECK(run.recorder.examples().size() == 2);
}

TEST_CASE("what earlier runs settled is counted, and is no news", "[outcome_recorder]")
{
    recorded_run run;
    run.recorder.settled_before({.row = 1, .clip = run.clip("a"), .before = clip_record{}});
    run.recorder.settled_before(
        {.row = 2, .clip = run.clip("b"), .before = clip_record{.failed = reason::gone, .message = "removed"}});

    const progress totals = run.recorder.totals();
    CHECK(totals.exists == 1);
    CHECK(totals.failed == 1);
    CHECK(totals.failed_before == 1);
    CHECK(run.clips.empty());
    CHECK(run.lines.empty());
    CHECK(run.recorder.examples().contains(reason::gone));
    CHECK(run.rows() == std::vector<std::string>{"a exists", "b failed: gone: removed", "c pending"});
}

TEST_CASE("frames that smart cuts copied are added up", "[outcome_recorder]")
{
    recorded_run run;
    run.recorder.stored(run.clip("a"), 1, {.frames = 60, .copied = 50});
    run.recorder.stored(run.clip("b"), 2, {.frames = 40, .encoded_because = "no key frame inside"});
    run.recorder.stored(run.clip("c"), 3, {.frames = 30});

    const copy_counts copies = run.recorder.totals().copies;
    CHECK(copies.clips == 2);
    CHECK(copies.frames == 100);
    CHECK(copies.copied == 50);
    CHECK(copies.whole.at("no key frame inside") == 1);
}

TEST_CASE("a ledger that cannot be written loses no outcome of the run", "[outcome_recorder]")
{
    recorded_run run;
    run.db.execute("DROP TABLE clip");
    run.recorder.stored(run.clip("a"), 1, {.frames = 60});
    run.recorder.stored(run.clip("b"), 2, {.frames = 60});

    CHECK(run.recorder.ledger_error());
    CHECK(run.recorder.totals().stored == 2);
    CHECK(run.clips.size() == 2);
}
