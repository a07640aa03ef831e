// The obvious ways to read a list in Python: its csv and json modules, which are C, and a dictionary; pandas, where it
// is installed; for Panda-70M, csv and ast.literal_eval, as its own downloader does.
#include <fmt/format.h>

#include "parts/parts.hpp"
#include "runner/program.hpp"
#include "support/process.hpp"

namespace reelpipe::bench {

namespace {

constexpr const char* by_csv = R"(
import csv, sys
videos = {}
rows = 0
with open(sys.argv[1], newline='', encoding='utf-8') as file:
    for row in csv.DictReader(file):
        rows += 1
        clip = (float(row['time_start']), float(row['time_end']))
        videos.setdefault(row['youtube_id'], {}).setdefault(clip, (row['label'], row['split']))
ordered = sorted(videos.items())
print(rows, sum(len(clips) for _, clips in ordered), len(ordered))
)";

constexpr const char* by_pandas = R"(
import pandas, sys
rows = pandas.read_csv(sys.argv[1])
clips = rows.drop_duplicates(['youtube_id', 'time_start', 'time_end']).sort_values(['youtube_id', 'time_start'])
print(len(rows), len(clips), clips['youtube_id'].nunique())
)";

constexpr const char* by_json = R"(
import json, sys
with open(sys.argv[1], encoding='utf-8') as file:
    videos = json.load(file)
ordered = sorted((id, *map(float, video['annotations']['segment']), video['annotations']['label'])
                 for id, video in videos.items())
print(len(ordered), len(ordered), len(videos))
)";

constexpr const char* panda_by_csv = R"(
import ast, csv, sys
def seconds(clock):
    hours, minutes, rest = clock.split(':')
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)
csv.field_size_limit(1 << 30)
clips = 0
with open(sys.argv[1], newline='', encoding='utf-8') as file:
    for row in csv.DictReader(file):
        for start, end in ast.literal_eval(row['timestamp']):
            clips += seconds(end) > seconds(start)
print(clips)
)";

figures run_script(const char* script, const long_list& list, const std::string& counts)
{
    const std::vector<std::string> words{"python3", "-c", script, list.file};
    const std::string said = test::output_of(words);
    if (said != counts) throw wrong_result("Python counts otherwise: " + said);
    const program_usage used = run_program(words);
    return {{"wall_s", used.wall_s},
            {"cpu_s", used.cpu_s},
            {"peak_mb", used.peak_mb},
            {"rate", static_cast<double>(list.rows) / used.wall_s / 1e6}};
}

std::string counts_of(const long_list& list) { return fmt::format("{} {} {}\n", list.rows, list.clips, list.videos); }

}  // namespace

figures list_python(const long_list& list) { return run_script(by_csv, list, counts_of(list)); }
figures list_pandas(const long_list& list) { return run_script(by_pandas, list, counts_of(list)); }
figures json_python(const long_list& list) { return run_script(by_json, list, counts_of(list)); }
figures panda_python(const long_list& list) { return run_script(panda_by_csv, list, fmt::format("{}\n", list.rows)); }

bool has_pandas() { return test::run({"python3", "-c", "import pandas"}).status == 0; }

}  // namespace reelpipe::bench
