#include "cli/panel.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <iterator>
#include <string_view>
#include <utility>

#include "cli/printing.hpp"

namespace reelpipe::cli {

namespace {

constexpr screen_size least_size{60, 16};
constexpr std::size_t most_messages = 1000;

std::uint64_t done(const progress& p) { return p.stored + p.exists + p.failed; }

std::string_view environment(const char* name)
{
    const char* const value = std::getenv(name);
    return value ? value : "";
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> beginnings)
{
    return std::ranges::any_of(beginnings, [word](std::string_view each) { return word.starts_with(each); });
}

bool has_title()
{
    return is_one_of(environment("TERM"),
                     {"xterm", "tmux", "screen", "rxvt", "vte", "foot", "alacritty", "kitty", "wezterm", "ghostty"});
}

// Elsewhere OSC 9 is a message for the desktop.
bool has_progress_mark()
{
    if (!environment("TMUX").empty() || is_one_of(environment("TERM"), {"screen", "tmux"})) return false;
    constexpr int first_vte = 7900;
    return !environment("WT_SESSION").empty() || environment("ConEmuANSI") == "ON" ||
           is_one_of(environment("TERM_PROGRAM"), {"ghostty", "WezTerm"}) ||
           is_one_of(environment("TERM"), {"xterm-ghostty"}) ||
           std::atoi(std::string(environment("VTE_VERSION")).c_str()) >= first_vte;
}

// In one call, so that no other writer and no frame comes between.
void write_whole(std::string_view text)
{
    while (!text.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return;  // nobody looks on any longer
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string bar(double part, std::size_t columns)
{
    const auto full = static_cast<std::size_t>(std::lround(std::clamp(part, 0.0, 1.0) * static_cast<double>(columns)));
    return '[' + std::string(full, '#') + std::string(columns - full, '.') + ']';
}

double part_of(double some, double all) { return all > 0 ? some / all : 0; }

std::string time_left_text(const last_minute& minute)
{
    const progress& p = minute.now().run;
    const std::uint64_t left = p.clips - std::min(p.clips, done(p));
    const double rate = minute.clips_per_second();
    std::string text =
        fmt::format("left {}, by speed {}", left, rate > 0 ? duration_text(static_cast<double>(left) / rate) : "?");
    if (p.resolves_per_hour > 0 && p.clips > 0) {
        const double videos_left =
            static_cast<double>(p.videos) * part_of(static_cast<double>(left), static_cast<double>(p.clips));
        text += fmt::format(", by quota {} ({:g} videos an hour)",
                            duration_text(videos_left / p.resolves_per_hour * 3600), p.resolves_per_hour);
    }
    if (p.held_up_by) text += fmt::format("  waiting ({})", to_string(*p.held_up_by));
    return p.draining ? text + "  (finishing)" : text;
}

void add_totals(std::vector<std::string>& lines, const last_minute& minute, std::size_t columns)
{
    const progress& p = minute.now().run;
    const double part = part_of(static_cast<double>(done(p)), static_cast<double>(p.clips));
    const std::string head = fmt::format("{}/{} clips {:.1f} %", done(p), p.clips, 100 * part);
    const std::string time = duration_text(p.elapsed_s);
    const std::size_t used = head.size() + time.size() + 6;
    lines.push_back(fmt::format("{}  {}  {}", head, bar(part, columns > used + 10 ? columns - used : 10), time));
    lines.push_back(
        fmt::format("stored {}, there before {}, failed {}, under way {}", p.stored, p.exists, p.failed, p.under_way));
    lines.push_back(fmt::format("last minute: {:.1f} clips/s, {:.1f} MB/s; {:.1f} MB fetched",
                                minute.clips_per_second(), minute.bytes_per_second() / megabyte,
                                static_cast<double>(p.fetched) / megabyte));
    lines.push_back(time_left_text(minute));
}

void add_stages(std::vector<std::string>& lines, const last_minute& minute)
{
    lines.push_back(fmt::format("{:<9} {:<20} {:<22} {:>10}", "stage", "queue", "workers busy", "done"));
    const std::vector<stage_stats>& stages = minute.now().stages;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const stage_stats& s = stages[i];
        const double busy = minute.busy(i);
        const std::string queue =
            i == 0
                ? ""
                : fmt::format("{} {}/{}", bar(part_of(static_cast<double>(s.queued), static_cast<double>(s.queue)), 10),
                              s.queued, s.queue);
        lines.push_back(fmt::format("{:<9} {:<20} {} {:<9} {:>10}{}", s.name, queue,
                                    bar(part_of(busy, static_cast<double>(s.workers)), 10),
                                    fmt::format("{:.0f}/{}", busy, s.workers), s.out,
                                    s.name == "fetch" ? fmt::format("  {:.0f} transfers", busy) : ""));
    }
}

void add_failures(std::vector<std::string>& lines, const progress& p, std::size_t most)
{
    std::vector<std::pair<reason, std::uint64_t>> all(p.failures.begin(), p.failures.end());
    std::ranges::sort(all, std::ranges::greater{}, [](const auto& each) { return each.second; });
    if (all.size() > most) all.resize(most);
    for (const auto& [why, count] : all)
        lines.push_back(fmt::format("{:>9} {:<18} {}", count, to_string(why), explain(why)));
}

}  // namespace

screen_size size_of_screen()
{
    winsize size{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
    return {size.ws_col, size.ws_row};
}

bool is_dumb_terminal()
{
    const std::string_view kind = environment("TERM");
    return kind.empty() || kind == "dumb";
}

std::string duration_text(double seconds)
{
    const auto s = std::llround(seconds);
    if (s < 60) return fmt::format("{}s", s);
    if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
    if (s < 48 * 3600) return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
    return fmt::format("{}d{:02}h", s / 86400, s / 3600 % 24);
}

void last_minute::add(panel_sample sample)
{
    constexpr double length_s = 60;
    samples_.push_back(std::move(sample));
    while (samples_.size() > 2 && now().run.elapsed_s - samples_[1].run.elapsed_s >= length_s) samples_.pop_front();
}

double last_minute::clips_per_second() const
{
    const auto made = [](const progress& p) { return static_cast<double>(p.stored + p.failed - p.failed_before); };
    return part_of(made(now().run) - made(before().run), seconds());
}

double last_minute::bytes_per_second() const
{
    return part_of(static_cast<double>(now().run.fetched - before().run.fetched), seconds());
}

double last_minute::busy(std::size_t stage) const
{
    constexpr double length_s = 2;
    const auto since = std::ranges::find_if(
        samples_, [this](const panel_sample& each) { return now().run.elapsed_s - each.run.elapsed_s <= length_s; });
    const panel_sample& earlier = since == samples_.begin() ? *since : *std::prev(since);
    if (stage >= earlier.stages.size()) return 0;
    return part_of(now().stages[stage].busy_s - earlier.stages[stage].busy_s,
                   now().run.elapsed_s - earlier.run.elapsed_s);
}

std::vector<std::string> panel_lines(const last_minute& minute, const std::deque<std::string>& messages,
                                     screen_size size)
{
    std::vector<std::string> lines;
    add_totals(lines, minute, size.columns);
    lines.emplace_back();
    add_stages(lines, minute);
    const std::size_t room = size.rows > lines.size() ? size.rows - lines.size() : 0;
    add_failures(lines, minute.now().run, room / 2);
    if (lines.size() + 1 < size.rows) lines.emplace_back();
    const std::size_t shown = std::min(messages.size(), size.rows - std::min(size.rows, lines.size()));
    for (std::size_t i = messages.size() - shown; i < messages.size(); ++i) lines.push_back(messages[i]);
    lines.resize(size.rows);
    for (std::string& line : lines) line = in_one_line(line, size.columns);
    return lines;
}

bool panel::fits()
{
    const screen_size size = size_of_screen();
    return size.columns >= least_size.columns && size.rows >= least_size.rows;
}

void panel::show(const progress& run, std::vector<stage_stats> stages)
{
    samples_.add({run, std::move(stages)});
    const screen_size size = size_of_screen();
    std::string frame = shown_ ? "" : entering();
    shown_ = true;
    // Lines that are too long are cut by the terminal, which alone knows how wide its characters are.
    frame += "\033[?2026h\033[?7l\033[H";
    const std::vector<std::string> lines = panel_lines(samples_, messages_, size);
    for (std::size_t i = 0; i < lines.size(); ++i) frame += lines[i] + (i + 1 < lines.size() ? "\033[K\r\n" : "\033[K");
    frame += "\033[?7h" + marks(run) + "\033[?2026l";
    write_whole(frame);
}

// The window's title and progress mark.
std::string panel::marks(const progress& p)
{
    const auto percent = static_cast<int>(100 * part_of(static_cast<double>(done(p)), static_cast<double>(p.clips)));
    std::string text;
    if (has_title()) text += fmt::format("\033]2;{} % reelpipe\033\\", percent);
    constexpr int running = 1, paused = 4;
    if (has_progress_mark()) text += fmt::format("\033]9;4;{};{}\033\\", p.held_up_by ? paused : running, percent);
    return text;
}

std::string panel::entering() { return std::string("\033[?1049h\033[?25l") + (has_title() ? "\033[22;2t" : ""); }

void panel::keep(std::string message)
{
    messages_.push_back(std::move(message));
    if (messages_.size() <= most_messages) return;
    messages_.pop_front();
    ++dropped_;
}

void panel::leave()
{
    if (!shown_) return;
    shown_ = false;
    std::string text;
    if (has_progress_mark()) text += "\033]9;4;0;0\033\\";
    if (has_title()) text += "\033[23;2t";
    text += "\033[?25h\033[?1049l";
    if (dropped_ > 0) text += fmt::format("{} earlier messages are not shown again; --log-json keeps all\n", dropped_);
    for (const std::string& each : messages_) text += each + '\n';
    messages_.clear();
    dropped_ = 0;
    write_whole(text);
}

}  // namespace reelpipe::cli
