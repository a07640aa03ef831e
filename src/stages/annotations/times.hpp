#ifndef REELPIPE_STAGES_ANNOTATIONS_TIMES_HPP
#define REELPIPE_STAGES_ANNOTATIONS_TIMES_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reelpipe::annotations {

// No video is longer; what is beyond is another unit or a slip.
inline constexpr std::chrono::hours max_time{240};

enum class time_unit : std::uint8_t { seconds, milliseconds, microseconds };

// A decimal number of the unit ("12", "12.5", ".5", "000012.345678"), or a clock time ("1:02:03.5", "02:03", with a
// comma for the point as in subtitles). Digits are taken as they are, never through a floating-point number, except
// those with an exponent ("1e-05"), as Python writes small numbers. What is below a microsecond is rounded. Nothing for
// anything else: signs, "nan", more than max_time.
std::optional<std::chrono::microseconds> parse_time(std::string_view text, time_unit = time_unit::seconds);

}  // namespace reelpipe::annotations

#endif
