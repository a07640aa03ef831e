#include <reelpipe/pipeline.hpp>

// The header in a second translation unit of the same program: it links.
reelpipe::pipeline nothing_from(reelpipe::flow<int> numbers)
{
    return std::move(numbers) | reelpipe::sink("nothing", [](int) {});
}
