#ifndef REELPIPE_STAGES_FETCH_SIBLING_HPP
#define REELPIPE_STAGES_FETCH_SIBLING_HPP

#include <string>

#include "reelpipe/media_source.hpp"

namespace reelpipe::fetch {

// Another file that a playlist names, asked for as the playlist was. Cookies and passwords belong to the host that they
// are for.
remote_file sibling(const remote_file& of, const std::string& url);

}  // namespace reelpipe::fetch

#endif
