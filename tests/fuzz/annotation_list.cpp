// Whatever is in a list, and whatever it is taken for: it is refused, or each of its rows is an error with a text or a
// clip with times that make sense; and the rows come in the order of their lines. The first byte chooses the format and
// the options, the rest is the list.
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <variant>

#include "fuzz/fuzzing.hpp"
#include "stages/annotations/list_reader.hpp"
#include "stages/annotations/times.hpp"

using namespace reelpipe;
using namespace reelpipe::annotations;
using fuzzing::require;

namespace {

// 0 is "by content"; the low four bits of the first byte choose.
list_options options_of(std::uint64_t choice)
{
    static const std::vector<std::string_view> names = format_names();
    list_options options;
    const std::size_t format = choice & 15u;
    if (format > 0 && format <= names.size()) options.format = names[format - 1];
    if (format == 14) options.columns = "id=1,start=2,end=3,label=4";
    if (format == 15) options.columns = "id=id,start=start,duration=length,unit=ms";
    options.ids_suffice = (choice & 16u) != 0;
    options.negatives = (choice & 32u) != 0;
    options.youtube_ids = (choice & 64u) != 0;
    return options;
}

void check(const clip_request& clip, const list_options& options)
{
    require(!clip.video.empty());
    if (options.ids_suffice && clip.wanted == segment{}) return;
    require(clip.wanted.start.count() >= 0 && clip.wanted.start < clip.wanted.end);
    require(clip.wanted.end <= max_time);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static fuzzing::file file;
    fuzzing::input input(data, size);
    const list_options options = options_of(input.number());
    file.holding(input.rest());
    try {
        list_reader list(file.path(), options);
        std::uint64_t line = 0;
        while (const auto row = list.next()) {
            require(row->line >= line);
            line = row->line;
            if (const auto* const clip = std::get_if<clip_request>(&row->content))
                check(*clip, options);
            else
                require(!std::get<row_error>(row->content).message.empty());
        }
    } catch (const not_a_list&) {
        return 0;
    }
    return 0;
}
