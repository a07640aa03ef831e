#ifndef REELPIPE_ISOLATION_USABLE_CORES_HPP
#define REELPIPE_ISOLATION_USABLE_CORES_HPP

#include <cstddef>

namespace reelpipe {

// Those that this process may run on, which a container or taskset may have made fewer than the machine has.
std::size_t usable_cores();

}  // namespace reelpipe

#endif
