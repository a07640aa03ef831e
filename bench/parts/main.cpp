// bench_parts: what is not the network's and not a clip's: reading the list, and remembering outcomes, each against
// what one would write first. list: processes, that count rows, clips and videos; checked before a time counts. ledger:
// a function in this process; all rows are there afterwards. Parts that are one function are in functions.cpp.
#include "parts/parts.hpp"

namespace {

using namespace reelpipe::bench;

scenario make(scale how_much)
{
    const long_list list = make_long_list(how_much == scale::smoke ? 5'000 : 550'000);
    const std::size_t rows = how_much == scale::smoke ? 100 : 500, more = 40 * rows;
    return {.name = "parts",
            .columns = {{.figure = "wall_s", .heading = "wall s", .decimals = 2},
                        {.figure = "cpu_s", .heading = "CPU s", .decimals = 2},
                        {.figure = "peak_mb", .heading = "peak MB", .decimals = 0},
                        {.figure = "us", .heading = "us an outcome", .decimals = 1}},
            .contests = {{.name = "list",
                          .work = std::to_string(list.rows) + " rows: read, without repetitions, sorted by video",
                          .contenders = {{.name = "reelpipe plan", .take_turn = [list] { return list_reelpipe(list); }},
                                         {.name = "Python's csv", .take_turn = [list] { return list_python(list); }}}},
                         {.name = "ledger",
                          .work = "outcomes of clips into SQLite, on the disk",
                          .contenders = {{.name = "ledger", .take_turn = [more] { return ledger_reelpipe(more); }},
                                         {.name = "row by row, write-ahead log",
                                          .take_turn = [more] { return ledger_row_by_row(more, true); }},
                                         {.name = "row by row",
                                          .take_turn = [rows] { return ledger_row_by_row(rows, false); }}}}},
            .targets = {{.contest = "list",
                         .contender = "reelpipe plan",
                         .figure = "wall_s",
                         .which = target::kind::at_most,
                         .bound = 1}},
            .rounds = how_much == scale::quick ? 1 : 0};
}

}  // namespace

int main(int argc, char** argv)
{
    return run_bench(argc, argv, "Lists and ledger, here and as one writes them first.", make);
}
