#ifndef REELPIPE_TESTS_CATCH_HPP
#define REELPIPE_TESTS_CATCH_HPP

// The tests use names of Catch2 3. On Catch2 2 this file adds those that it lacks; scripts/lint refuses any other name
// that only one of the two has.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>

#include <cstdint>
#include <string>

// NOLINTBEGIN(readability-identifier-naming, bugprone-macro-parentheses): as Catch2 3 has them

// Ends the test case that it stands in; ctest knows by the words in front of the reason that the test is skipped.
#define SKIP(reason)                              \
    do {                                          \
        WARN("this test is skipped: " << reason); \
        return;                                   \
    } while (false)

namespace Catch {

inline std::uint32_t getSeed() { return rngSeed(); }

namespace Matchers {

inline auto ContainsSubstring(const std::string& part) { return Contains(part); }

}  // namespace Matchers
}  // namespace Catch

// NOLINTEND(readability-identifier-naming, bugprone-macro-parentheses)
#endif

#endif
