#ifndef REELPIPE_STAGES_RESOLVE_WORKER_SETTINGS_HPP
#define REELPIPE_STAGES_RESOLVE_WORKER_SETTINGS_HPP

#include <string>

#include "stages/resolve/installation.hpp"
#include "stages/resolve/yt_dlp.hpp"

namespace reelpipe::resolve {

// Throws std::invalid_argument for parameters that are no JSON object.
void check_parameters(const yt_dlp_options&);

// The selector of formats, in yt-dlp's language.
std::string selector_of(const yt_dlp_options&);

// The first line to a worker.
std::string settings_of(const yt_dlp_options&, const installation&);

}  // namespace reelpipe::resolve

#endif
