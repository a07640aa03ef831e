#ifndef REELPIPE_STAGES_RESOLVE_RESOLVED_HPP
#define REELPIPE_STAGES_RESOLVE_RESOLVED_HPP

#include "reelpipe/video_source.hpp"

namespace reelpipe::resolve {

using resolved = resolved_video;

}  // namespace reelpipe::resolve

#endif
