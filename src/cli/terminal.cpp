#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <utility>

#include "cli/counted.hpp"
#include "cli/printing.hpp"

namespace reelpipe::cli {

namespace {

std::string failures_text(const progress& p)
{
    std::string text = fmt::format("failed {}", p.failed);
    std::string_view before = " (";
    for (const auto& [why, count] : p.failures) {
        text += fmt::format("{}{} {}", before, to_string(why), count);
        before = ", ";
    }
    return p.failures.empty() ? text : text + ")";
}

void write(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

terminal::terminal(progress_style style, severity least)
    : least_(least), terminal_(isatty(STDERR_FILENO)), style_(style)
{
    using enum progress_style;
    const bool is_dumb = is_dumb_terminal();
    if (style_ == automatic) style_ = terminal_ && !is_dumb ? bar : plain;
    if (style_ == panel && is_dumb) style_ = plain;
    if (style_ == panel && !terminal_) style_ = none;
}

terminal::~terminal() { clear(); }

void moving_rate::reached(double total, double at_s)
{
    const double passed = at_s - at_s_;
    if (passed <= 0) return;
    constexpr double memory_s = 30;
    const double weight = std::max(1 - std::exp(-passed / memory_s), passed / at_s);  // a plain mean at first
    per_second_ += weight * ((total - total_) / passed - per_second_);
    total_ = total;
    at_s_ = at_s;
}

std::chrono::milliseconds terminal::interval() const
{
    using namespace std::chrono;
    if (has_line_in_place()) return 250ms;
    return milliseconds(std::llround(std::clamp(elapsed_s_ / 10, 10.0, 300.0) * 1000));
}

void terminal::clear()
{
    if (line_shown_) write("\r\033[K");
    line_shown_ = false;
    panel_.leave();
}

void terminal::leave_panel()
{
    clear();
    if (has_panel()) style_ = progress_style::bar;
}

void terminal::message(severity how, const std::string& line)
{
    if (how < least_) return;
    static constexpr std::string_view words[] = {"", "warning: ", "error: "};
    static constexpr std::string_view colours[] = {"", "\033[33m", "\033[31m"};
    const auto index = static_cast<std::size_t>(how);
    if (panel_.is_shown()) return panel_.keep(std::string(words[index]) + in_one_line(line));
    clear();
    const bool coloured = terminal_ && how != severity::note;
    write(fmt::format("{}{}{}{}\n", coloured ? colours[index] : "", words[index], coloured ? "\033[0m" : "",
                      in_one_line(line)));
}

void terminal::print(const std::string& text)
{
    clear();
    cli::print(stderr, text);
}

void terminal::show(const progress& p, std::vector<stage_stats> stages)
{
    if (style_ == progress_style::none) return;
    if (has_panel() && panel::fits()) {
        if (!panel_.is_shown()) clear();
        panel_.show(p, std::move(stages));
        return;
    }
    panel_.leave();
    const std::uint64_t done = p.stored + p.exists + p.failed;
    // Clips that need no work (they existed, or failed before) say nothing about how long the rest will take.
    clips_.reached(static_cast<double>(p.stored + p.failed - p.failed_before), p.elapsed_s);
    bytes_.reached(static_cast<double>(p.fetched), p.elapsed_s);
    elapsed_s_ = p.elapsed_s;
    std::string text =
        fmt::format("{}/{} clips  {:.1f}/s  {:.1f} MB  {:.1f} MB/s  cutting {}/{}  ETA {}  {}", done, p.clips,
                    clips_.per_second(), static_cast<double>(p.fetched) / megabyte, bytes_.per_second() / megabyte,
                    p.cutting, p.jobs, time_left(p.clips - done), failures_text(p));
    if (p.held_up_by) text += fmt::format("  waiting ({})", to_string(*p.held_up_by));
    if (p.draining) text += "  (finishing)";
    show_line(std::move(text));
}

void terminal::show(const folder_check& so_far, double elapsed_s)
{
    if (style_ == progress_style::none) return;
    clips_.reached(static_cast<double>(so_far.looked_at()), elapsed_s);
    elapsed_s_ = elapsed_s;
    show_line(fmt::format("{}/{} clips  {:.1f}/s  ETA {}  {} wrong, {} missing", so_far.looked_at(), so_far.clips,
                          clips_.per_second(), time_left(so_far.clips - so_far.looked_at()), so_far.wrong,
                          so_far.missing));
}

void terminal::show(const dataset_check& so_far, double elapsed_s)
{
    if (style_ == progress_style::none) return;
    clips_.reached(static_cast<double>(so_far.looked_at), elapsed_s);
    elapsed_s_ = elapsed_s;
    show_line(fmt::format("{}/{} files  {:.1f}/s  ETA {}  {} with faults", so_far.looked_at, so_far.files,
                          clips_.per_second(), time_left(so_far.files - so_far.looked_at), so_far.faulty));
}

std::string terminal::time_left(std::uint64_t clips) const
{
    return clips_.per_second() > 0 ? duration_text(static_cast<double>(clips) / clips_.per_second()) : "?";
}

void terminal::show_line(std::string text)
{
    if (style_ == progress_style::plain) {
        write(text + "\n");
        return;
    }
    text.resize(std::min(text.size(), size_of_screen().columns - 1));
    write("\r\033[K" + text);
    line_shown_ = true;
}

std::string copies_text(const copy_counts& c)
{
    if (c.clips == 0) return {};
    std::string text =
        fmt::format("copied {} of {} frames in {}\n", c.copied, c.frames, counted(c.clips, "smartly cut clip"));
    for (const auto& [why, count] : c.whole) text += fmt::format("  {:>7} encoded as a whole: {}\n", count, why);
    return text;
}

std::string summary_text(const download_summary& s)
{
    const progress& p = s.totals;
    std::string text = fmt::format("{}: {} stored, {} already there, {} failed, {} pending; {:.1f} MB fetched in {}\n",
                                   counted(p.clips, "clip"), p.stored, p.exists, p.failed, s.pending,
                                   static_cast<double>(p.fetched) / megabyte, duration_text(p.elapsed_s));
    if (s.duplicates) text += fmt::format("{} ignored\n", counted(s.duplicates, "duplicate row"));
    if (s.bad_rows) text += fmt::format("{} skipped\n", counted(s.bad_rows, "invalid row"));
    text += copies_text(p.copies);
    if (p.shorter)
        text +=
            fmt::format("{} shorter than asked for: {}\n",
                        p.shorter == 1 ? "1 clip is" : fmt::format("{} clips are", p.shorter), s.shorter_list.string());
    for (const auto& [why, count] : p.failures) {
        text += fmt::format("  {:>7} {:<18} {}\n", count, to_string(why), explain(why));
        const auto example = s.examples.find(why);
        if (example != s.examples.end()) text += fmt::format("          e.g. {}\n", in_one_line(example->second));
    }
    if (p.failed_before)
        text += fmt::format(
            "{} failed in an earlier run and {} not tried again; use --retry with a reason, soft or permanent\n",
            counted(p.failed_before, "clip"), p.failed_before == 1 ? "was" : "were");

    if (!s.stages.empty() && p.stored) {
        text += fmt::format("  {:<8} {:>8} {:>8} {:>7} {:>9} {:>10} {:>10} {:>6}\n", "stage", "in", "out", "failed",
                            "busy s", "idle s", "blocked s", "queue");
        for (const stage_stats& stage : s.stages)
            text +=
                fmt::format("  {:<8} {:>8} {:>8} {:>7} {:>9.1f} {:>10.1f} {:>10.1f} {:>6}\n", stage.name, stage.in,
                            stage.out, stage.failed, stage.busy_s, stage.starved_s, stage.blocked_s, stage.queued_peak);
        text +=
            "  busy, idle, blocked: seconds, summed over the workers of a stage; blocked: waiting for\n"
            "  room in the next queue; queue: most items that waited; look: checks for existing clips;\n"
            "  split: hands on the clips of a video\n";
        if (const stage_stats* const slowest = bottleneck(s.stages))
            text += fmt::format("  the bottleneck is '{}'\n", slowest->name);
    }
    text += fmt::format("report: {}\n", s.report.string());
    return text;
}

}  // namespace reelpipe::cli
