#ifndef REELPIPE_STAGES_RESOLVE_ADVICE_HPP
#define REELPIPE_STAGES_RESOLVE_ADVICE_HPP

#include <string_view>

namespace reelpipe::resolve {

// What the user can do about a warning of yt-dlp; empty for a warning that asks for nothing. Warnings of one cause have
// the same advice.
std::string_view advice_on(std::string_view warning);

}  // namespace reelpipe::resolve

#endif
