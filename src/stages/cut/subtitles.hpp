#ifndef REELPIPE_STAGES_CUT_SUBTITLES_HPP
#define REELPIPE_STAGES_CUT_SUBTITLES_HPP

#include <string>
#include <string_view>

#include "reelpipe/clip.hpp"

namespace reelpipe::cut {

// What a track of a video, WebVTT or SubRip, shows within the segment: WebVTT with times from the segment's start.
// Lines that begin before it or end after it are shown at its ends. The track is untrusted: what is none has no lines.
// Styles, regions and notes are left out. See https://www.w3.org/TR/webvtt1/#file-structure.
std::string subtitles_within(std::string_view track, const segment&);

}  // namespace reelpipe::cut

#endif
