#ifndef REELPIPE_CLI_PRINTING_HPP
#define REELPIPE_CLI_PRINTING_HPP

#include <cstddef>
#include <cstdio>
#include <streambuf>
#include <string>
#include <string_view>

namespace reelpipe::cli {

// Ids, labels, names of files, the words of servers and of libraries may hold anything. On a terminal they could move
// the cursor, forge lines, or change the order in which characters are shown. So everything that this program writes
// to its standard streams goes through these functions; the terminal class adds the sequences of its own.

// The text with everything made visible that would control a terminal: control characters (C0, DEL, C1) and those of
// bidirectional text as \u009b, bytes that are no UTF-8 as \xff. Newlines and tabs stay. JSON stays the same JSON.
std::string harmless(std::string_view text);

// The same as one line: spaces stand for newlines and tabs. Of a longer text only the characters that begin in the
// first `most` bytes.
std::string in_one_line(std::string_view text, std::size_t most = std::string_view::npos);

// Writes the text as harmless() gives it.
void print(std::FILE* to, std::string_view text);

// Writes a line of a table that programs read: as it is, and on a terminal as harmless() gives it.
void print_row(std::FILE* to, std::string_view text);

// What is written to a stream with this buffer is printed line by line.
class line_printer : public std::streambuf {
public:
    explicit line_printer(std::FILE* to) : to_(to) {}
    line_printer(const line_printer&) = delete;
    line_printer& operator=(const line_printer&) = delete;
    ~line_printer() override;

protected:
    int_type overflow(int_type) override;
    std::streamsize xsputn(const char*, std::streamsize) override;

private:
    std::FILE* to_;
    std::string line_{};
};

// Writes "error: …" to the standard error stream, as one line.
void print_error(std::string_view what);

}  // namespace reelpipe::cli

#endif
