#ifndef REELPIPE_STAGES_RESOLVE_RESOLVED_HPP
#define REELPIPE_STAGES_RESOLVE_RESOLVED_HPP

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "reelpipe/media_source.hpp"
#include "reelpipe/outcome.hpp"

namespace reelpipe::resolve {

struct resolved {
    media_source source{};
    std::optional<std::chrono::milliseconds> duration{};  // as the site says it
    std::vector<std::string> warnings{};
    std::optional<reason> site{};  // trouble with the site as a whole that the warnings tell of, as in failure_facts
};

}  // namespace reelpipe::resolve

#endif
