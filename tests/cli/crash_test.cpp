#include <signal.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "many_clips.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using namespace reelpipe::test;
using steady = std::chrono::steady_clock;

namespace {

std::size_t entries_in(const fs::path& folder)
{
    std::error_code none;
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder, none), fs::directory_iterator{}));
}

// What must hold at any instant: every file under a final name is the clip that an undisturbed run makes, and those
// that were there before are still the same files.
void check_folder(const fs::path& output, const std::map<std::string, std::string>& right,
                  std::map<std::string, stored_clip>& before)
{
    std::map<std::string, stored_clip> now = clips_of(output);
    std::size_t wrong = 0, made_again = 0;
    for (const auto& [name, clip] : now) wrong += !right.contains(name) || right.at(name) != clip.content;
    for (const auto& [name, clip] : before) made_again += !now.contains(name) || now.at(name) != clip;
    CHECK(wrong == 0);
    CHECK(made_again == 0);
    CHECK(entries_in(output / ".reelpipe/tmp") <= 8);
    CHECK_FALSE(fs::exists(output / ".reelpipe/rejected"));
    before = std::move(now);
}

// Kills runs on one folder, each after a while of its own, until there were so many kills; a folder that is complete
// is followed by a new one.
void kill_and_restart(int kills)
{
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    WARN("seed " << seed);
    std::minstd_rand random(seed);

    const many_clips work;
    const fs::path undisturbed = work.site.folder / "undisturbed";
    const auto begun = steady::now();
    const finished reference = run(work.command(undisturbed));
    const std::chrono::duration<double> whole = steady::now() - begun;
    INFO(reference.err);
    REQUIRE(reference.status == 0);
    const std::map<std::string, std::string> right = contents_of(clips_of(undisturbed));
    REQUIRE(right.size() == many_clips::clips);

    int killed = 0;
    for (int folder = 0; killed < kills; ++folder) {
        const fs::path output = work.site.folder / std::to_string(folder);
        std::map<std::string, stored_clip> before;
        for (;;) {
            process disturbed(work.command(output));
            std::uniform_real_distribution<double> instant(0, whole.count() / 4);
            if (killed < kills) {
                std::this_thread::sleep_for(std::chrono::duration<double>(instant(random)));  // the instant of the kill
                disturbed.signal(SIGKILL);
            }
            const finished end = disturbed.wait();
            check_folder(output, right, before);
            if (end.status == 128 + SIGKILL) {
                ++killed;
                continue;
            }
            INFO(end.err);
            CHECK(end.status == 0);
            break;
        }
        CHECK(contents_of(clips_of(output)) == right);
        CHECK(entries_in(output / ".reelpipe/tmp") == 0);
    }
}

}  // namespace

TEST_CASE("runs that are killed at random instants lose nothing and leave nothing wrong", "[crash][long]")
{
    kill_and_restart(15);
}

TEST_CASE("a hundred killed runs lose nothing and leave nothing wrong", "[.long]") { kill_and_restart(100); }

TEST_CASE("a run that is asked to end at a random instant finishes what it has begun", "[crash][long]")
{
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    WARN("seed " << seed);
    std::minstd_rand random(seed);
    const many_clips work;
    const fs::path undisturbed = work.site.folder / "undisturbed";
    REQUIRE(run(work.command(undisturbed)).status == 0);
    const std::map<std::string, std::string> right = contents_of(clips_of(undisturbed));

    const fs::path output = work.site.folder / "clips";
    std::map<std::string, stored_clip> before;
    for (const int number : {SIGTERM, SIGINT, SIGTERM, SIGINT}) {
        process asked(work.command(output, {"--connections", "1", "--jobs", "1"}));
        const std::size_t had = before.size();
        const std::size_t more = std::uniform_int_distribution<std::size_t>(1, 4)(random);
        comes_true([&] { return clips_of(output).size() >= std::min<std::size_t>(had + more, many_clips::clips); });
        asked.signal(number);
        const finished end = asked.wait();
        INFO(end.err);
        // Also before the run has begun to listen, or after all was done.
        CHECK((end.status == 130 || end.status == 0 || end.status == 128 + number));
        check_folder(output, right, before);
        CHECK(entries_in(output / ".reelpipe/tmp") == 0);
    }
    const finished last = run(work.command(output));
    INFO(last.err);
    CHECK(last.status == 0);
    check_folder(output, right, before);
    CHECK(contents_of(clips_of(output)) == right);
}
