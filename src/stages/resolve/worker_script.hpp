#ifndef REELPIPE_STAGES_RESOLVE_WORKER_SCRIPT_HPP
#define REELPIPE_STAGES_RESOLVE_WORKER_SCRIPT_HPP

#include <string_view>

namespace reelpipe::resolve {

extern const std::string_view worker_script;  // worker.py

}  // namespace reelpipe::resolve

#endif
