#include "support/pseudo_terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace reelpipe::test {

namespace {

constexpr int deadline_ms = 300'000;

winsize size_of(std::size_t columns, std::size_t rows)
{
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    size.ws_row = static_cast<unsigned short>(rows);
    return size;
}

}  // namespace

shown_screen::shown_screen(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows), lines_(rows) {}

void shown_screen::resize(std::size_t columns, std::size_t rows)
{
    columns_ = columns;
    rows_ = rows;
    lines_.resize(rows);
    for (std::string& line : lines_) line.resize(std::min(line.size(), columns));
    row_ = std::min(row_, rows - 1);
}

std::string shown_screen::text() const
{
    std::string all;
    for (const std::string& line : lines_) all += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    return all;
}

void shown_screen::write(std::string_view bytes)
{
    for (const char c : bytes) {
        if (pending_.empty() && c != '\033') {
            put(c);
            continue;
        }
        pending_ += c;
        if (pending_.starts_with("\033]")) {
            if (!pending_.ends_with("\033\\")) continue;
            obey_system(pending_.substr(2, pending_.size() - 4));
        } else if (pending_.starts_with("\033[")) {
            if (pending_.size() < 3 || c < '@' || c > '~') continue;
            obey(pending_.substr(2));
        } else if (pending_.size() > 1) {
            unknown_ += pending_;
        } else {
            continue;
        }
        pending_.clear();
    }
}

void shown_screen::put(char c)
{
    if (alternate_ && !in_frame_) torn_ += c;
    if (c == '\r') {
        column_ = 0;
        return;
    }
    const bool wraps_now = c != '\n' && column_ >= columns_ && wraps_;
    if (c == '\n' || wraps_now) {
        if (wraps_now) column_ = 0;
        if (++row_ == rows_) {
            std::ranges::rotate(lines_, lines_.begin() + 1);
            lines_.back().clear();
            --row_;
        }
        if (c == '\n') return;
    }
    if (static_cast<unsigned char>(c) < ' ' && c != '\t') unknown_ += c;
    const std::size_t at = std::min(column_, columns_ - 1);
    std::string& line = lines_[row_];
    if (line.size() <= at) line.resize(at + 1, ' ');
    line[at] = c;
    column_ = at + 1;
}

void shown_screen::switch_screen(bool alternate)
{
    if (alternate == alternate_) {
        unknown_ += "a screen that is shown already;";
        return;
    }
    alternate_ = alternate;
    std::swap(lines_, main_lines_);
    std::swap(row_, main_row_);
    lines_.resize(rows_);
    column_ = 0;
    if (alternate_) std::ranges::fill(lines_, "");
}

void shown_screen::obey(const std::string& sequence)
{
    if (sequence == "?2026h") {
        in_frame_ = true;
    } else if (sequence == "?2026l") {
        in_frame_ = false;
        ++frames_;
    } else if (sequence == "?1049h" || sequence == "?1049l") {
        switch_screen(sequence.back() == 'h');
    } else if (sequence == "?25h" || sequence == "?25l") {
        cursor_ = sequence.back() == 'h';
    } else if (sequence == "?7h" || sequence == "?7l") {
        wraps_ = sequence.back() == 'h';
    } else if (sequence == "H") {
        row_ = column_ = 0;
    } else if (sequence == "K") {
        lines_[row_].resize(std::min(lines_[row_].size(), column_));
    } else if (sequence == "22;2t") {
        titles_.push_back(title_);
    } else if (sequence == "23;2t" && !titles_.empty()) {
        title_ = titles_.back();
        titles_.pop_back();
    } else if (!sequence.ends_with('m')) {
        unknown_ += sequence + ';';
    }
}

void shown_screen::obey_system(const std::string& command)
{
    if (command.starts_with("2;"))
        title_ = command.substr(2);
    else if (command.starts_with("9;4;"))
        marks_.push_back(command.substr(4));
    else
        unknown_ += command + ';';
}

pseudo_terminal::pseudo_terminal(std::vector<std::string> words, std::vector<std::string> environment,
                                 std::size_t columns, std::size_t rows)
    : screen_(columns, rows)
{
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    winsize size = size_of(columns, rows);
    pid_ = forkpty(&terminal_, nullptr, nullptr, &size);
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "make a terminal");
    if (pid_ == 0) {
        for (std::string& entry : environment) putenv(entry.data());
        execvp(arguments[0], arguments.data());
        _exit(127);
    }
    fcntl(terminal_, F_SETFD, FD_CLOEXEC);
}

pseudo_terminal::~pseudo_terminal()
{
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    close(terminal_);
}

void pseudo_terminal::resize(std::size_t columns, std::size_t rows)
{
    const winsize size = size_of(columns, rows);
    ioctl(terminal_, TIOCSWINSZ, &size);
    screen_.resize(columns, rows);
}

void pseudo_terminal::type(const std::string& keys) const
{
    if (write(terminal_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size()))
        throw std::system_error(errno, std::generic_category(), "type");
}

void pseudo_terminal::signal(int number) const { kill(pid_, number); }

void pseudo_terminal::wait_until_stopped() const
{
    int status = 0;
    if (waitpid(pid_, &status, WUNTRACED) != pid_ || !WIFSTOPPED(status)) throw std::runtime_error("it does not stop");
}

bool pseudo_terminal::read_more()
{
    pollfd readable{terminal_, POLLIN, 0};
    if (poll(&readable, 1, deadline_ms) == 0) throw std::runtime_error("nothing is written:\n" + screen_.text());
    char bytes[4096];
    const ssize_t got = read(terminal_, bytes, sizeof bytes);
    if (got <= 0) return false;
    screen_.write({bytes, static_cast<std::size_t>(got)});
    return true;
}

void pseudo_terminal::read_until(const std::function<bool(const shown_screen&)>& is_reached)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
    while (!is_reached(screen_)) {
        if (!read_more()) throw std::runtime_error("the program has ended:\n" + screen_.text());
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("never shown:\n" + screen_.text());
    }
}

int pseudo_terminal::read_to_the_end()
{
    while (read_more()) continue;
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace reelpipe::test
