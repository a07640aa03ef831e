// The panel of a run, on a terminal of the test's own.
#include <signal.h>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/pseudo_terminal.hpp"
#include "waiting_run.hpp"

using namespace reelpipe::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<std::string> known_terminal{"TERM=xterm-256color", "WT_SESSION=1", "TMUX="};

bool holds(const shown_screen& screen, const std::string& text)
{
    return screen.text().find(text) != std::string::npos;
}

const std::vector<std::string> with_panel{"--progress", "panel"};

// The dead video waits for the panel: what is said before the panel is there stands on the screen that it covers.
// Returns when the last one is waited for.
void show_in(pseudo_terminal& terminal, waiting_run& run)
{
    terminal.read_until([](const shown_screen& s) { return s.is_alternate() && holds(s, "0/3 clips"); });
    run.dead.open();
    terminal.read_until([](const shown_screen& s) {
        return s.is_alternate() && holds(s, "2/3 clips 66.7 %") && holds(s, "warning: dead");
    });
    const std::size_t before = terminal.screen().frames();
    terminal.read_until([before](const shown_screen& s) { return s.frames() > before; });  // to a frame's end
}

}  // namespace

TEST_CASE("the panel shows stages, rates and messages, follows the size of its terminal, and leaves it as it was",
          "[panel]")
{
    waiting_run run;
    pseudo_terminal terminal(run.words(with_panel), known_terminal, 100, 30);

    show_in(terminal, run);
    const shown_screen full = terminal.screen();
    INFO(full.text());
    CHECK_THAT(full.text(), ContainsSubstring("stored 1, there before 0, failed 1"));
    CHECK_THAT(full.text(), ContainsSubstring("last minute: ") && ContainsSubstring("left 1, by speed "));
    for (const char* const stage : {"list", "look", "resolve", "fetch", "split", "cut", "verify", "store", "record"})
        CHECK_THAT(full.text(), ContainsSubstring(std::string("\n") + stage + " "));
    CHECK_THAT(full.text(), ContainsSubstring("1 unsupported"));
    CHECK_THAT(full.text(), ContainsSubstring("warning: dead\\u202e_000001_000002"));
    CHECK(full.title() == "66 % reelpipe");
    CHECK(full.marks().back() == "1;66");
    CHECK_FALSE(full.has_cursor());
    terminal.read_until([](const shown_screen& s) { return holds(s, "1/1") && holds(s, "1 transfers"); });

    terminal.resize(72, 20);
    const std::size_t before = terminal.screen().frames();
    terminal.read_until([before](const shown_screen& s) { return s.frames() > before + 2; });
    INFO(terminal.screen().text());
    CHECK_THAT(terminal.screen().text(), Catch::Matchers::StartsWith("2/3 clips") && ContainsSubstring("\nrecord "));

    terminal.resize(50, 10);
    terminal.read_until([](const shown_screen& s) { return !s.is_alternate() && holds(s, "2/3 clips  "); });
    CHECK(terminal.screen().has_cursor());
    CHECK(terminal.screen().title() == "shell");
    CHECK(terminal.screen().marks().back() == "0;0");

    terminal.resize(100, 60);
    terminal.read_until([](const shown_screen& s) { return s.is_alternate() && holds(s, "last minute"); });
    run.open();
    CHECK(terminal.read_to_the_end() == 1);

    const shown_screen& last = terminal.screen();
    INFO(last.text());
    CHECK_FALSE(last.is_alternate());
    CHECK(last.has_cursor());
    CHECK(last.title() == "shell");
    CHECK(last.marks().back() == "0;0");
    CHECK_THAT(last.text(), ContainsSubstring("3 clips: 2 stored, 0 already there, 1 failed"));
    CHECK_THAT(last.text(), ContainsSubstring("warning: dead\\u202e_000001_000002"));
    CHECK(last.torn().empty());
    CHECK(last.unknown().empty());
}

TEST_CASE("an interrupt that drops the run gives the terminal back", "[panel]")
{
    waiting_run run;
    pseudo_terminal terminal(run.words(with_panel), known_terminal, 100, 30);
    show_in(terminal, run);

    terminal.type("\x03");
    terminal.read_until([](const shown_screen& s) { return holds(s, "interrupted: finishing at most 1 clip"); });
    CHECK(terminal.screen().is_alternate());
    terminal.type("\x03");

    CHECK(terminal.read_to_the_end() == 130);
    INFO(terminal.screen().text());
    CHECK_FALSE(terminal.screen().is_alternate());
    CHECK(terminal.screen().has_cursor());
    CHECK_THAT(terminal.screen().text(), ContainsSubstring("interrupted: finishing"));
}

TEST_CASE("who stops the run for a while has the terminal as it was, and the panel comes back", "[panel]")
{
    waiting_run run;
    pseudo_terminal terminal(run.words(with_panel), known_terminal, 100, 30);
    show_in(terminal, run);

    terminal.type("\x1a");
    terminal.read_until([](const shown_screen& s) { return !s.is_alternate() && s.has_cursor(); });
    terminal.wait_until_stopped();
    terminal.signal(SIGCONT);
    terminal.read_until([](const shown_screen& s) { return s.is_alternate() && holds(s, "2/3 clips"); });
    run.open();

    CHECK(terminal.read_to_the_end() == 1);
    CHECK_FALSE(terminal.screen().is_alternate());
}

TEST_CASE("where no panel can be there is none", "[panel]")
{
    waiting_run run;
    run.open();
    SECTION("a dumb terminal has lines")
    {
        pseudo_terminal terminal(run.words(with_panel), {"TERM=dumb"}, 100, 60);
        CHECK(terminal.read_to_the_end() == 1);
        INFO(terminal.screen().text());
        CHECK(terminal.screen().frames() == 0);
        CHECK(terminal.screen().unknown().empty());
        CHECK_THAT(terminal.screen().text(), ContainsSubstring("2 stored"));
    }
    SECTION("elsewhere nothing but messages and the summary is written")
    {
        const finished end = reelpipe::test::run(run.words(with_panel), known_terminal);
        INFO(end.err);
        CHECK(end.status == 1);
        CHECK_THAT(end.err,
                   !ContainsSubstring("\033") && !ContainsSubstring("last minute") && ContainsSubstring("2 stored"));
    }
}
