#ifndef REELPIPE_STAGES_RESOLVE_RESOLVE_ERROR_HPP
#define REELPIPE_STAGES_RESOLVE_RESOLVE_ERROR_HPP

#include "reelpipe/video_source.hpp"

namespace reelpipe::resolve {

using reelpipe::failure_facts;
using resolve_error = source_error;

}  // namespace reelpipe::resolve

#endif
