#ifndef REELPIPE_TESTS_SUPPORT_SANITIZER_HPP
#define REELPIPE_TESTS_SUPPORT_SANITIZER_HPP

namespace reelpipe::test {

// Sanitizers put memory of their own beside the program's: what its heap holds and how large it gets says nothing
// there.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool sanitized = false;
#endif

}  // namespace reelpipe::test

#endif
