#ifndef REELPIPE_STAGES_RESOLVE_ASYNC_SEMAPHORE_HPP
#define REELPIPE_STAGES_RESOLVE_ASYNC_SEMAPHORE_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <cstddef>
#include <memory>

namespace reelpipe::resolve {

// Lets so many callers in at a time; the others wait in the order in which they came. A cancelled wait throws
// operation_aborted. Everything happens on `executor`.
class async_semaphore {
    struct state;

public:
    // A caller's place inside, until it is destroyed.
    class place {
    public:
        explicit place(std::shared_ptr<state> of);
        place(place&&) noexcept = default;
        place& operator=(place&&) = delete;
        ~place();

    private:
        std::shared_ptr<state> of_;
    };

    async_semaphore(asio::any_io_executor executor, std::size_t places);

    asio::awaitable<place> enter();

private:
    static asio::awaitable<place> enter(std::shared_ptr<state> self);

    std::shared_ptr<state> state_;  // outlives us as long as somebody is inside
};

}  // namespace reelpipe::resolve

#endif
