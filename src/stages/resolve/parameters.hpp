#ifndef REELPIPE_STAGES_RESOLVE_PARAMETERS_HPP
#define REELPIPE_STAGES_RESOLVE_PARAMETERS_HPP

#include <string>

namespace reelpipe::resolve {

// Parameters of yt-dlp, a JSON object, as they may be kept and shown: without what looks like a token, a password, a
// cookie or a proxy. Empty if there are none.
std::string without_secrets(const std::string& parameters);

}  // namespace reelpipe::resolve

#endif
