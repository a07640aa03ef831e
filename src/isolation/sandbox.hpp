#ifndef REELPIPE_ISOLATION_SANDBOX_HPP
#define REELPIPE_ISOLATION_SANDBOX_HPP

#include <cstdint>

namespace reelpipe {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool under_sanitizer = true;
#elif defined(__has_feature)
inline constexpr bool under_sanitizer = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool under_sanitizer = false;
#endif

// Takes the capabilities from the calling process for good. Where the superuser started it, it becomes a user without
// rights (65534), unless its starter could not end it then. Throws std::system_error.
void drop_privileges();

// Takes from the calling process, for good, what reading and writing open descriptors and computing do not need: it can
// no longer open a file, reach the network, start a program, or touch another process, or make memory code; it has at
// most `memory` bytes of address space, or fewer where the machine grants fewer (ulimit -v), writes no file beyond 64
// GiB, opens 32 at most, and leaves no core dump. What is denied fails with EPERM. Builds with a sanitizer keep the
// rights that the sanitizer's runtime wants. Returns how many bytes it may have. Throws std::system_error.
std::uint64_t enter_sandbox(std::uint64_t memory);

}  // namespace reelpipe

#endif
