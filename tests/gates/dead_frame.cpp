// AddressSanitizer must see a coroutine look into the frame of one that has ended. With Asio's recycling of frames it
// does not: the build sets ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING.
#include <asio.hpp>
#include <exception>

namespace {

asio::awaitable<const int*> address_of_a_local()
{
    volatile int local = 42;
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    co_return const_cast<const int*>(&local);
}

asio::awaitable<int> read_it()
{
    const int* dead = co_await address_of_a_local();
    co_return *dead;
}

}  // namespace

int main()
{
    asio::io_context io{1};
    int value = 0;
    asio::co_spawn(io, read_it(), [&value](std::exception_ptr, int v) { value = v; });
    io.run();
    return value == 42 ? 0 : 1;
}
