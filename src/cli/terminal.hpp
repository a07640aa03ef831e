#ifndef REELPIPE_CLI_TERMINAL_HPP
#define REELPIPE_CLI_TERMINAL_HPP

#include <chrono>
#include <string>
#include <vector>

#include "cli/panel.hpp"

#include "reelpipe/dataset_check.hpp"
#include "reelpipe/download.hpp"
#include "reelpipe/folder_check.hpp"

namespace reelpipe::cli {

enum class progress_style { automatic, bar, panel, plain, none };

// The present growth rate of a total: the mean of about the last half minute.
class moving_rate {
public:
    void reached(double total, double at_s);
    double per_second() const { return per_second_; }

private:
    double total_ = 0, at_s_ = 0, per_second_ = 0;
};

// The standard error stream as a person sees it: messages, and below them one line that tells how far the run is.
// On a terminal that line is rewritten in place, or a panel of the whole screen stands for it; elsewhere a new line is
// written now and then.
// Threads: one.
class terminal {
public:
    terminal(progress_style, severity least);
    ~terminal();

    void message(severity, const std::string& line);
    void show(const progress&, std::vector<stage_stats>);
    void show(const folder_check& so_far, double elapsed_s);
    void show(const dataset_check& so_far, double elapsed_s);
    void print(const std::string& text);  // whatever the least importance is
    void clear();                         // for what others write to the same terminal
    void leave_panel();                   // for good: from here on it is the line
    bool has_panel() const { return style_ == progress_style::panel; }

    // The time until show() is worth calling again: lines in a log get rarer as the run gets older.
    std::chrono::milliseconds interval() const;

private:
    std::string time_left(std::uint64_t clips) const;
    void show_line(std::string text);
    bool has_line_in_place() const { return style_ == progress_style::bar || has_panel(); }

    severity least_;
    bool terminal_;
    progress_style style_;
    bool line_shown_ = false;
    double elapsed_s_ = 0;
    moving_rate clips_, bytes_;
    panel panel_{};
};

// The summary of a run: totals, failures by reason, stages and the bottleneck.
std::string summary_text(const download_summary&);

// How many frames smart cuts copied, and why others did not; empty where nothing was to be cut smartly.
std::string copies_text(const copy_counts&);

}  // namespace reelpipe::cli

#endif
