#include <reelpipe/pipeline.hpp>

#include <optional>
#include <string>
#include <vector>

// Compiles as it is; with one of the definitions it is refused in words.
namespace {

asio::awaitable<int> fetch(int i) { co_return i; }
int compute(int i) { return i; }

#if defined(SINK_OF_ANOTHER_TYPE)
void take(const std::string&) {}
#elif defined(SINK_WITH_RESULT)
bool take(int) { return false; }
#else
void take(int) {}
#endif

}  // namespace

reelpipe::pipeline numbers()
{
    using namespace reelpipe;
    auto list = source("numbers", std::vector<int>{1, 2});
#if defined(STAGE_OF_ANOTHER_TYPE)
    return std::move(list) | io("fetch", [](std::string s) -> asio::awaitable<int> { return fetch(int(s.size())); }) |
           sink("take", take);
#elif defined(IO_WITHOUT_AWAITABLE)
    return std::move(list) | io("compute", compute) | sink("take", take);
#elif defined(CPU_WITH_AWAITABLE)
    return std::move(list) | cpu("fetch", fetch) | sink("take", take);
#elif defined(MAP_WITH_AWAITABLE)
    return std::move(list) | map("fetch", fetch) | sink("take", take);
#elif defined(STAGE_THAT_GIVES_NOTHING)
    return std::move(list) | cpu("take", take) | sink("take", take);
#elif defined(SOURCE_OF_NOTHING)
    return source("number", 1) | sink("take", take);
#else
    return std::move(list) | io("fetch", fetch) | map("compute", compute) | cpu("compute", compute) |
           sink("take", take);
#endif
}
