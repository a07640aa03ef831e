#ifndef REELPIPE_ISOLATION_SANDBOX_HPP
#define REELPIPE_ISOLATION_SANDBOX_HPP

#include <cstdint>

namespace reelpipe {

// Takes from the calling process, for good, what reading and writing open descriptors and computing do not need: it can
// no longer open a file, reach the network, start a program, or touch another process; it has at most `memory` bytes of
// address space, or fewer where the machine grants fewer (ulimit -v), and leaves no core dump. What is denied fails
// with EPERM. Builds with a sanitizer keep the rights that the sanitizer's runtime wants. Returns how many bytes it may
// have. Throws std::system_error.
std::uint64_t enter_sandbox(std::uint64_t memory);

}  // namespace reelpipe

#endif
