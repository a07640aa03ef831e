#include <reelpipe/pipeline.hpp>
#include <string>
#include <vector>

// Compiles without MISMATCH, and with it is refused in words.
reelpipe::pipeline numbers()
{
#ifdef MISMATCH
    const auto take = [](const std::string&) {};
#else
    const auto take = [](int) {};
#endif
    return reelpipe::source("numbers", std::vector<int>{1, 2}) | reelpipe::sink("take", take);
}
