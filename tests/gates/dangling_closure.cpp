// clang-tidy must find both: a coroutine that outlives its closure, and a use after a move.
#include <asio.hpp>
#include <string>
#include <utility>

asio::awaitable<std::string> greeting(std::string name)
{
    return [name]() -> asio::awaitable<std::string> { co_return "hello " + name; }();
}

std::string twice(std::string text)
{
    std::string first = std::move(text);
    return first + text;
}
