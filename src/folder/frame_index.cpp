#include "folder/frame_index.hpp"

#include <fmt/format.h>

#include <iterator>

#include "stages/store/clip_name.hpp"

namespace reelpipe {

std::filesystem::path frame_index_of(const std::filesystem::path& clip)
{
    return store::name_beside(clip, frame_index_ending);
}

std::string frame_index_text(const verify::frame_list& list)
{
    const double tick = static_cast<double>(list.time_base_numerator) / static_cast<double>(list.time_base_denominator);
    std::string text = "{\"frames\": [";
    std::string_view before = "\n";
    for (const auto& [time, duration, is_key] : list.frames) {
        fmt::format_to(std::back_inserter(text),
                       "{}{{\"pts\": {}, \"pts_time\": \"{:.6f}\", \"duration\": {}, \"key_frame\": {}}}", before, time,
                       static_cast<double>(time) * tick, duration, is_key ? 1 : 0);
        before = ",\n";
    }
    return text + "\n]}\n";
}

}  // namespace reelpipe
