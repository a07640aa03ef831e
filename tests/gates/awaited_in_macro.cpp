// scripts/lint must find this: g++ 12 evaluates the argument of REQUIRE three times.
#include <asio.hpp>

#include "support/catch.hpp"

asio::awaitable<int> next();

asio::awaitable<void> assert_inside()
{
    REQUIRE(co_await next() == 1);
}
