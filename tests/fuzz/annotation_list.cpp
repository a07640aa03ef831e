// Whatever is in a list: it is refused, or each of its rows is an error with a text or a clip with times that make
// sense; and the rows come in the order of their lines.
#include <cstddef>
#include <cstdint>
#include <variant>

#include "fuzz/fuzzing.hpp"
#include "stages/annotations/list_reader.hpp"
#include "stages/annotations/times.hpp"

using namespace reelpipe;
using namespace reelpipe::annotations;
using fuzzing::require;

namespace {

void check(const clip_request& clip)
{
    require(!clip.video.empty());
    require(clip.wanted.start.count() >= 0 && clip.wanted.start < clip.wanted.end && clip.wanted.end <= longest_time);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static fuzzing::file file;
    const fuzzing::input input(data, size);
    file.holding(input.rest());
    try {
        list_reader list(file.path());
        std::uint64_t line = 0;
        while (const auto row = list.next()) {
            require(row->line >= line);
            line = row->line;
            if (const auto* const clip = std::get_if<clip_request>(&row->content))
                check(*clip);
            else
                require(!std::get<row_error>(row->content).message.empty());
        }
    } catch (const not_a_list&) {
        return 0;
    }
    return 0;
}
