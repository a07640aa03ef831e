#ifndef REELPIPE_TESTS_PSEUDO_TERMINAL_HPP
#define REELPIPE_TESTS_PSEUDO_TERMINAL_HPP

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace reelpipe::test {

// What a terminal shows of what is written to it, as far as reelpipe's sequences go; any other one is kept as unknown.
class shown_screen {
public:
    shown_screen(std::size_t columns, std::size_t rows);

    void resize(std::size_t columns, std::size_t rows);
    void write(std::string_view bytes);

    std::string text() const;  // a line each, without the blanks at their ends
    bool is_alternate() const { return alternate_; }
    bool has_cursor() const { return cursor_; }
    const std::string& title() const { return title_; }
    const std::vector<std::string>& marks() const { return marks_; }  // of progress: "1;50"
    std::size_t frames() const { return frames_; }                    // drawn at once
    const std::string& torn() const { return torn_; }                 // drawn on the alternate screen outside of frames
    const std::string& unknown() const { return unknown_; }

private:
    void put(char);
    void obey(const std::string& sequence);
    void obey_system(const std::string& command);
    void switch_screen(bool alternate);

    std::size_t columns_, rows_, row_ = 0, column_ = 0;
    std::vector<std::string> lines_, main_lines_{};
    std::size_t main_row_ = 0;
    std::string pending_{}, title_{"shell"}, torn_{}, unknown_{};
    std::vector<std::string> titles_{}, marks_{};
    std::size_t frames_ = 0;
    bool alternate_ = false, cursor_ = true, in_frame_ = false, wraps_ = true;
};

// A program whose standard error stream, and what else it has open, is a terminal of its own. Ended with its owner.
class pseudo_terminal {
public:
    pseudo_terminal(std::vector<std::string> words, std::vector<std::string> environment, std::size_t columns,
                    std::size_t rows);
    pseudo_terminal(const pseudo_terminal&) = delete;
    pseudo_terminal& operator=(const pseudo_terminal&) = delete;
    ~pseudo_terminal();

    void resize(std::size_t columns, std::size_t rows);
    void type(const std::string& keys) const;
    void signal(int number) const;
    void wait_until_stopped() const;

    // Reads until it is true of what is shown; std::runtime_error if the program ends, or minutes pass, before that.
    void read_until(const std::function<bool(const shown_screen&)>& is_reached);
    int read_to_the_end();  // the exit status

    const shown_screen& screen() const { return screen_; }

private:
    bool read_more();

    shown_screen screen_;
    int terminal_ = -1;
    pid_t pid_ = -1;
};

}  // namespace reelpipe::test

#endif
