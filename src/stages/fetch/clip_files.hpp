#ifndef REELPIPE_STAGES_FETCH_CLIP_FILES_HPP
#define REELPIPE_STAGES_FETCH_CLIP_FILES_HPP

#include <memory>
#include <vector>

#include "reelpipe/clip.hpp"
#include "reelpipe/media_source.hpp"
#include "stages/fetch/fetcher.hpp"

namespace reelpipe::fetch {

// For each wanted segment the file that holds it: the one that holds nothing else, or else the shortest. A segment that
// no file holds, or whose file cannot be opened, has its error. `held`: the bytes of the clips' one file, if they are
// held already.
fetched clips_on_disk(const local_clips&, const std::vector<segment>& wanted,
                      const std::shared_ptr<sparse_file>& held = {});

}  // namespace reelpipe::fetch

#endif
