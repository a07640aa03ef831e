// `reelpipe plan`: reads, sorts and counts a list. The reader alone, in this process.
#include <fmt/format.h>

#include <chrono>
#include <variant>

#include "parts/parts.hpp"
#include "runner/program.hpp"
#include "stages/annotations/list_reader.hpp"
#include "support/process.hpp"

namespace reelpipe::bench {

namespace {

constexpr std::size_t most_checked_beforehand = 10'000'000;  // rows

}  // namespace

figures plan_reelpipe(const long_list& list)
{
    const std::vector<std::string> words{REELPIPE_BINARY, "plan", list.file, "--source", "http://localhost/{id}.mp4"};
    // A list of many millions of clips is read once, and its time is the one that counts.
    if (list.rows < most_checked_beforehand) {
        const std::string said = test::output_of(words);
        for (const std::string& line : {fmt::format("rows\t{}\n", list.rows), fmt::format("\nclips\t{}\n", list.clips),
                                        fmt::format("\nvideos\t{}\n", list.videos)})
            if (said.find(line) == said.npos) throw wrong_result("reelpipe plan counts otherwise: " + said);
    }
    const program_usage used = run_program(words);
    return {{"wall_s", used.wall_s},
            {"cpu_s", used.cpu_s},
            {"peak_mb", used.peak_mb},
            {"rate", static_cast<double>(list.rows) / used.wall_s / 1e6}};
}

figures read_reelpipe(const long_list& list)
{
    const auto begun = std::chrono::steady_clock::now();
    annotations::list_reader reader(list.file.string());
    std::size_t clips = 0;
    while (const auto row = reader.next()) clips += std::holds_alternative<clip_request>(row->content);
    const double wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    if (clips != list.rows) throw wrong_result(fmt::format("list_reader: {} clips instead of {}", clips, list.rows));
    return {{"wall_s", wall_s}, {"rate", static_cast<double>(clips) / wall_s / 1e6}};
}

}  // namespace reelpipe::bench
