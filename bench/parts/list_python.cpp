// The obvious way to read a list in Python: its csv module, which is C, and a dictionary.
#include <fmt/format.h>

#include "parts/parts.hpp"
#include "runner/program.hpp"
#include "support/process.hpp"

namespace reelpipe::bench {

namespace {

constexpr const char* script = R"(
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

}  // namespace

figures list_python(const long_list& list)
{
    const std::vector<std::string> words{"python3", "-c", script, list.file};
    const std::string said = test::output_of(words);
    if (said != fmt::format("{} {} {}\n", list.rows, list.clips, list.videos))
        throw wrong_result("Python counts otherwise: " + said);
    const program_usage used = run_program(words);
    return {{"wall_s", used.wall_s}, {"cpu_s", used.cpu_s}, {"peak_mb", used.peak_mb}};
}

}  // namespace reelpipe::bench
