#ifndef REELPIPE_BENCH_RUNNER_CONTEST_HPP
#define REELPIPE_BENCH_RUNNER_CONTEST_HPP

#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// The scenarios in bench/ share this: contenders that do the same work take turns, their results are checked before
// their figures count, and median, spread and ratios go to the terminal and into a JSON file.

namespace reelpipe::bench {

// A contender did not do the work. Its figures mean nothing, and the program fails.
struct wrong_result : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The figures of one turn, by the names of the scenario's columns. A column may be left out; contenders are compared by
// the first one that they have.
using figures = std::map<std::string, double>;

struct contender {
    std::string name;
    std::function<figures()> take_turn;  // does the work once; throws wrong_result
};

// Contenders that do the same work. The others are compared with the first.
struct contest {
    std::string name;
    std::string work;  // one line that says what every contender does
    std::vector<contender> contenders;
};

struct column {
    std::string figure;
    std::string heading;
    double scale = 1;  // of what is printed
    int decimals = 0;
};

// A bound on the median of a figure, required or aimed for: at least, or at most, `bound`, or `bound` times the figure
// of the contender `against`.
struct target {
    enum class kind { at_least, at_most };

    std::string contest;
    std::string contender;
    std::string figure;
    kind which = kind::at_least;
    double bound = 0;
    std::string against{};  // empty: the bound is absolute
    bool aim = false;
};

enum class scale { smoke, quick, full };

struct scenario {
    std::string name;
    std::vector<column> columns;
    std::vector<contest> contests;
    std::vector<target> targets;
    std::map<std::string, std::string> setup{};  // versions, sizes: what a figure depends on
    int rounds = 0;                              // unless the user says another number; 0: 5
};

// main() of a bench: reads the options, makes the scenario for the scale, runs it. Status 1: a result was wrong.
int run_bench(int argc, char** argv, std::string_view description, const std::function<scenario(scale)>& make);

}  // namespace reelpipe::bench

#endif
