// `reelpipe plan`: reads, sorts and counts a list.
#include <fmt/format.h>

#include "parts/parts.hpp"
#include "runner/program.hpp"
#include "support/process.hpp"

namespace reelpipe::bench {

figures list_reelpipe(const long_list& list)
{
    const std::vector<std::string> words{REELPIPE_BINARY, "plan", list.file, "--source", "http://localhost/{id}.mp4"};
    const std::string said = test::output_of(words);
    for (const std::string& line : {fmt::format("rows\t{}\n", list.rows), fmt::format("\nclips\t{}\n", list.clips),
                                    fmt::format("\nvideos\t{}\n", list.videos)})
        if (said.find(line) == said.npos) throw wrong_result("reelpipe plan counts otherwise: " + said);
    const program_usage used = run_program(words);
    return {{"wall_s", used.wall_s}, {"cpu_s", used.cpu_s}, {"peak_mb", used.peak_mb}};
}

}  // namespace reelpipe::bench
