#ifndef REELPIPE_CLI_PANEL_HPP
#define REELPIPE_CLI_PANEL_HPP

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "reelpipe/progress.hpp"

namespace reelpipe::cli {

inline constexpr double megabyte = 1e6;

// Columns and rows of the terminal on the standard error stream, as it is at this moment.
struct screen_size {
    std::size_t columns = 80, rows = 24;
};
screen_size size_of_screen();

// True for a terminal that can do no more than print lines.
bool is_dumb_terminal();

// "1h05m", for people.
std::string duration_text(double seconds);

// What a run was at some moment.
struct panel_sample {
    progress run{};
    std::vector<stage_stats> stages{};
};

// The samples of about the last minute.
class last_minute {
public:
    void add(panel_sample);

    const panel_sample& now() const { return samples_.back(); }
    const panel_sample& before() const { return samples_.front(); }
    double clips_per_second() const;  // made or failed; clips that were there before cost nothing
    double bytes_per_second() const;

    // How many workers of the stage with this number were at work, on the average of the last seconds.
    double busy(std::size_t stage) const;

private:
    double seconds() const { return now().run.elapsed_s - before().run.elapsed_s; }

    std::deque<panel_sample> samples_{};
};

// The lines of the panel, from the top down: as many as there are rows, each with at most so many characters as there
// are columns.
std::vector<std::string> panel_lines(const last_minute&, const std::deque<std::string>& messages, screen_size);

// The progress of a download on a whole screen of the terminal. What stood there before comes back when it leaves, and
// below it the messages of the meantime.
//
// Each frame is one write, marked for terminals that then show it at once (mode 2026). The size is asked for at each
// frame, so that a frame fits whatever became of the window. The window's title and its progress mark (OSC 9;4) follow
// where the terminal is known to have them.
// Threads: one.
class panel {
public:
    panel() = default;
    panel(const panel&) = delete;
    panel& operator=(const panel&) = delete;
    ~panel() { leave(); }

    // True if the terminal is large enough at this moment.
    static bool fits();

    void show(const progress&, std::vector<stage_stats>);
    void keep(std::string message);  // one line; it is shown in the panel, and again when the panel leaves
    void leave();
    bool is_shown() const { return shown_; }

private:
    static std::string entering();
    static std::string marks(const progress&);

    bool shown_ = false;
    last_minute samples_{};
    std::deque<std::string> messages_{};  // of the time on the screen
    std::size_t dropped_ = 0;
};

}  // namespace reelpipe::cli

#endif
