#ifndef REELPIPE_TESTS_HEADER_NUMBERS_HPP
#define REELPIPE_TESTS_HEADER_NUMBERS_HPP

#include <cstddef>
#include <numeric>
#include <vector>

namespace reelpipe::test {

// 0, 1, ... n - 1.
inline std::vector<int> up_to(int n)
{
    std::vector<int> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

}  // namespace reelpipe::test

#endif
