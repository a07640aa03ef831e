// One of each shape that scripts/coroutine_shapes.query must find. Never compiled into anything.
#include <asio.hpp>
#include <string>
#include <vector>

struct part {
    std::string name;
    std::string text;
};

asio::awaitable<std::string> read();
asio::awaitable<bool> more();
asio::awaitable<void> send(part);
asio::awaitable<int> sum(std::vector<int>);

asio::awaitable<void> temporary_with_state(std::string name)
{
    co_await send({.name = name, .text = name});
}

asio::awaitable<part> inside_braces(std::string name)
{
    part made{name, co_await read()};
    co_return made;
}

asio::awaitable<std::string> conditional(bool from_disk)
{
    std::string text = co_await (from_disk ? read() : read());
    co_return text;
}

asio::awaitable<int> initializer_list()
{
    const int total = co_await sum({1, 2, 3});
    co_return total;
}

asio::awaitable<int> condition()
{
    if (co_await more()) co_return 1;
    co_return 0;
}
