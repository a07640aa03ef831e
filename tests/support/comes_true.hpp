#ifndef REELPIPE_TESTS_COMES_TRUE_HPP
#define REELPIPE_TESTS_COMES_TRUE_HPP

#include <chrono>
#include <thread>

namespace reelpipe::test {

// Waits for what another process does. Polls; the deadline decides.
template <class Condition>
bool comes_true(Condition condition, std::chrono::seconds deadline = std::chrono::seconds(60))
{
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}  // namespace reelpipe::test

#endif
