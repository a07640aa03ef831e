// bench_parts: what is not the network's and not a clip's: reading lists, and remembering outcomes, each against what
// one would write first. Lists: processes, that count rows, clips and videos; checked before a time counts. list_reader
// and ledger: a function in this process. Parts that are one function are in functions.cpp.
//
// The full form reads a list as long as Panda-70M, which takes 6 GB below build/*/bench/media, and as much again for
// the temporary tables of `reelpipe plan`.
#include "parts/parts.hpp"

namespace {

using namespace reelpipe::bench;

struct sizes {
    std::size_t rows = 5'000, panda_videos = 200, all_of_panda = 0, outcomes = 100;
};

sizes sizes_for(scale how_much)
{
    if (how_much == scale::smoke) return {};
    sizes usual{.rows = 550'000, .panda_videos = 100'000, .outcomes = 500};
    if (how_much == scale::full) usual.all_of_panda = 3'779'763;
    return usual;
}

contest list_contest(const long_list& list)
{
    contest made{.name = "list",
                 .work = std::to_string(list.rows) + " rows: read, without repetitions, sorted by video",
                 .contenders = {{.name = "reelpipe plan", .take_turn = [list] { return plan_reelpipe(list); }},
                                {.name = "Python's csv", .take_turn = [list] { return list_python(list); }}}};
    if (has_pandas()) made.contenders.push_back({.name = "pandas", .take_turn = [list] { return list_pandas(list); }});
    return made;
}

contest json_contest(const list_pair& lists)
{
    return {
        .name = "json",
        .work = std::to_string(lists.json.rows) + " videos as DeepMind's JSON: read, sorted; or the same as a table",
        .contenders = {{.name = "reelpipe plan", .take_turn = [lists] { return plan_reelpipe(lists.json); }},
                       {.name = "reelpipe plan, the table", .take_turn = [lists] { return plan_reelpipe(lists.csv); }},
                       {.name = "Python's json", .take_turn = [lists] { return json_python(lists.json); }}}};
}

contest panda_contest(const long_list& list)
{
    return {.name = "panda",
            .work = std::to_string(list.rows) + " clips in a list as Panda-70M's: read",
            .contenders = {{.name = "list_reader", .take_turn = [list] { return read_reelpipe(list); }},
                           {.name = "Python's csv and ast", .take_turn = [list] { return panda_python(list); }}}};
}

contest all_of_panda_contest(const long_list& list)
{
    return {.name = "panda, all of it",
            .work = std::to_string(list.rows) + " clips: read; or read, sorted and counted",
            .contenders = {{.name = "list_reader", .take_turn = [list] { return read_reelpipe(list); }},
                           {.name = "reelpipe plan", .take_turn = [list] { return plan_reelpipe(list); }}}};
}

contest ledger_contest(std::size_t rows)
{
    const std::size_t more = 40 * rows;
    return {.name = "ledger",
            .work = "outcomes of clips into SQLite, on the disk",
            .contenders = {
                {.name = "ledger", .take_turn = [more] { return ledger_reelpipe(more); }},
                {.name = "row by row, write-ahead log", .take_turn = [more] { return ledger_row_by_row(more, true); }},
                {.name = "row by row", .take_turn = [rows] { return ledger_row_by_row(rows, false); }}}};
}

scenario make(scale how_much)
{
    using enum target::kind;
    const sizes size = sizes_for(how_much);
    scenario made{
        .name = "parts",
        .columns = {{.figure = "wall_s", .heading = "wall s", .decimals = 2},
                    {.figure = "cpu_s", .heading = "CPU s", .decimals = 2},
                    {.figure = "peak_mb", .heading = "peak MB", .decimals = 0},
                    {.figure = "rate", .heading = "M clips/s", .decimals = 2},
                    {.figure = "us", .heading = "us an outcome", .decimals = 1}},
        .contests = {list_contest(make_long_list(size.rows)), json_contest(make_list_pair(size.rows)),
                     panda_contest(make_panda_list(size.panda_videos)), ledger_contest(size.outcomes)},
        .targets =
            {{.contest = "list", .contender = "reelpipe plan", .figure = "wall_s", .which = at_most, .bound = 0.75},
             {.contest = "json",
              .contender = "reelpipe plan",
              .figure = "wall_s",
              .which = at_most,
              .bound = 1.5,
              .against = "reelpipe plan, the table"},
             {.contest = "panda", .contender = "list_reader", .figure = "rate", .which = at_least, .bound = 1}},
        .rounds = how_much == scale::quick ? 1 : 0};
    if (size.all_of_panda == 0) return made;
    made.contests.push_back(all_of_panda_contest(make_panda_list(size.all_of_panda)));
    made.targets.push_back(
        {.contest = "panda, all of it", .contender = "list_reader", .figure = "rate", .which = at_least, .bound = 1});
    made.targets.push_back({.contest = "panda, all of it",
                            .contender = "reelpipe plan",
                            .figure = "peak_mb",
                            .which = at_most,
                            .bound = 300});
    return made;
}

}  // namespace

int main(int argc, char** argv)
{
    return run_bench(argc, argv, "Lists and ledger, here and as one writes them first.", make);
}
