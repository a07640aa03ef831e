#ifndef REELPIPE_STAGES_ANNOTATIONS_SECONDS_HPP
#define REELPIPE_STAGES_ANNOTATIONS_SECONDS_HPP

#include <chrono>
#include <optional>
#include <string_view>

namespace reelpipe::annotations {

// No video is longer; what is beyond is another unit or a slip.
inline constexpr std::chrono::hours longest_time{240};

// "12", "12.5", ".5", "000012.345678": digits are taken as they are, never through a floating-point number. What
// follows the sixth decimal place is rounded. Nothing for anything else: signs, exponents, "nan", clock times,
// longest_time.
std::optional<std::chrono::microseconds> parse_seconds(std::string_view text);

}  // namespace reelpipe::annotations

#endif
