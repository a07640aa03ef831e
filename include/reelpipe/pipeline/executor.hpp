#ifndef REELPIPE_PIPELINE_EXECUTOR_HPP
#define REELPIPE_PIPELINE_EXECUTOR_HPP

#include <asio.hpp>
#include <typeinfo>

namespace reelpipe {
inline namespace v1 {
namespace detail {

// The E in an any_io_executor if it holds one, else nullptr. Its own target<E>() does not look at the type in
// Asio 1.22.
template <class E> const E* target_of(const asio::any_io_executor& executor)
{
    return executor.target_type() == typeid(E) ? executor.target<E>() : nullptr;
}

inline bool is_strand(const asio::any_io_executor& executor)
{
    return target_of<asio::strand<asio::any_io_executor>>(executor) ||
           target_of<asio::strand<asio::io_context::executor_type>>(executor) ||
           target_of<asio::strand<asio::thread_pool::executor_type>>(executor) ||
           target_of<asio::io_context::strand>(executor);
}

// True if it certainly runs several things at a time.
inline bool is_pool(const asio::any_io_executor& executor)
{
    return target_of<asio::thread_pool::executor_type>(executor) || target_of<asio::system_executor>(executor);
}

// Runs one thing at a time: a strand as it is, anything else behind a strand, as an io_context may have many threads.
inline asio::any_io_executor one_at_a_time(const asio::any_io_executor& executor)
{
    if (is_strand(executor)) return executor;
    if (const auto* const loop = target_of<asio::io_context::executor_type>(executor)) return asio::make_strand(*loop);
    return asio::make_strand(executor);
}

// A thread_pool does not say whether it was stopped, its scheduler does.
inline bool is_stopped_pool(const asio::any_io_executor& executor)
{
    const auto* const pool = target_of<asio::thread_pool::executor_type>(executor);
    if (!pool) return false;
    asio::execution_context& context = asio::query(*pool, asio::execution::context);
    return asio::has_service<asio::detail::scheduler>(context) &&
           asio::use_service<asio::detail::scheduler>(context).stopped();
}

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
