#ifndef REELPIPE_STAGES_ANNOTATIONS_VIDEO_NAME_HPP
#define REELPIPE_STAGES_ANNOTATIONS_VIDEO_NAME_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reelpipe::annotations {

inline constexpr std::size_t youtube_id_size = 11;

// True if the text could be a YouTube id: 11 letters, digits, '-' and '_'.
bool is_youtube_id(std::string_view);

bool is_all_digits(std::string_view);
bool is_web_url(std::string_view);

// The id in the name that a list gives a video: that of a YouTube page's URL, or what follows the ' that keeps a
// spreadsheet from taking it for a formula ('-abcdefghij); anything else as it is.
std::string_view video_in(std::string_view text);

// The damage that a spreadsheet has done to an id, as the end of a sentence that begins with the id; nothing if the id
// may be right. With `of_youtube`, numbers that are too short are known to be wrong, too.
std::optional<std::string> spreadsheet_damage(std::string_view id, bool of_youtube);

// Foreign text in a message: short, quoted, and without bytes that a terminal would obey.
std::string in_quotes(std::string_view text);

}  // namespace reelpipe::annotations

#endif
