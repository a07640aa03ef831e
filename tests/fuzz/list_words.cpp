// What the user and lists write in a few words: times, columns, names of videos. Each is taken or refused; a time is
// within its bounds, and what is taken for a YouTube id is one.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuzz/fuzzing.hpp"
#include "stages/annotations/columns.hpp"
#include "stages/annotations/times.hpp"
#include "stages/annotations/video_name.hpp"

using namespace reelpipe::annotations;
using reelpipe::fuzzing::require;

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    reelpipe::fuzzing::input input(data, size);
    const auto unit = static_cast<time_unit>(input.number() % 3);
    const std::string_view text = input.rest();
    if (const auto time = parse_time(text, unit)) require(time->count() >= 0 && *time <= max_time);
    const std::string_view video = video_in(text);
    const bool is_without_mark = text.starts_with('\'') && video == text.substr(1);
    require(video == text || is_without_mark || is_youtube_id(video));
    require(in_quotes(text).find('\n') == std::string::npos);
    if (const auto damage = spreadsheet_damage(text, true)) require(!damage->empty());
    try {
        const column_choice choice = column_choice::parse(text);
        const std::vector<std::string> header{"id", "start", "end", "2"};
        const columns found = columns_of(header, choice);
        require(found.video < header.size() && found.start < header.size());
    } catch (const std::invalid_argument&) {
        return 0;
    }
    return 0;
}
