#include <reelpipe/pipeline.hpp>

#include <iostream>
#include <string>
#include <vector>

asio::awaitable<std::string> greet(std::string name)  // a coroutine: may wait for the network
{
    co_return "hello, " + name;
}

std::string shout(std::string text) { return text + "!"; }  // a plain function: runs on the pool

int main()
{
    asio::io_context io{1};
    asio::thread_pool pool;
    std::vector<std::string> names{"Ada", "Grace", "Barbara"};

    reelpipe::runner run{reelpipe::source("names", std::move(names)) |
                             reelpipe::io("greet", greet, {.workers = 8, .ordered = true}) |
                             reelpipe::cpu("shout", shout, {.workers = 2, .ordered = true}) |
                             reelpipe::sink("print", [](std::string line) { std::cout << line << '\n'; }),
                         {.cpu = pool.get_executor()}};
    return run.run(io).failed == 0 ? 0 : 1;
}
