#include "isolation/usable_cores.hpp"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace reelpipe {

std::size_t usable_cores()
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (sched_getaffinity(0, sizeof cores, &cores) != 0) return std::max(1u, std::thread::hardware_concurrency());
    return static_cast<std::size_t>(CPU_COUNT(&cores));
}

}  // namespace reelpipe
