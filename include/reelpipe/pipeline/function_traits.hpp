#ifndef REELPIPE_PIPELINE_FUNCTION_TRAITS_HPP
#define REELPIPE_PIPELINE_FUNCTION_TRAITS_HPP

#include <asio.hpp>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <reelpipe/pipeline/outlet.hpp>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <variant>

namespace reelpipe {
inline namespace v1 {
namespace detail {

template <class T> struct awaited {
    using type = T;
    static constexpr bool value = false;
};
template <class T> struct awaited<asio::awaitable<T>> {
    using type = T;
    static constexpr bool value = true;
};

template <class T> struct unwrapped {
    using type = T;
    static constexpr bool optional = false;
};
template <class T> struct unwrapped<std::optional<T>> {
    using type = T;
    static constexpr bool optional = true;
};

// T of the out<T> among the parameters of a function, else void.
template <class... A> struct out_among {
    using type = void;
};
template <class T, class... A> struct out_among<out<T>, A...> {
    using type = T;
};
template <class A, class... B> struct out_among<A, B...> : out_among<B...> {};

// The parameters of a function, a closure or another object with one call operator that is no template.
struct unknown {};
template <class... A> struct parameters {
    using first = unknown;
    using sent = typename out_among<std::decay_t<A>...>::type;
};
template <class First, class... A> struct parameters<First, A...> {
    using first = First;
    using sent = typename out_among<std::decay_t<First>, std::decay_t<A>...>::type;
};

template <class F> struct parameters_of {
    using type = parameters<>;
};
template <class F>
    requires requires { &F::operator(); }
struct parameters_of<F> : parameters_of<decltype(&F::operator())> {};
template <class R, class... A> struct parameters_of<R(A...)> {
    using type = parameters<A...>;
};
template <class R, class... A> struct parameters_of<R(A...) noexcept> : parameters_of<R(A...)> {};
template <class R, class... A> struct parameters_of<R (*)(A...)> : parameters_of<R(A...)> {};
template <class R, class... A> struct parameters_of<R (*)(A...) noexcept> : parameters_of<R(A...)> {};
template <class C, class R, class... A> struct parameters_of<R (C::*)(A...)> : parameters_of<R(A...)> {};
template <class C, class R, class... A> struct parameters_of<R (C::*)(A...) const> : parameters_of<R(A...)> {};
template <class C, class R, class... A> struct parameters_of<R (C::*)(A...) noexcept> : parameters_of<R(A...)> {};
template <class C, class R, class... A> struct parameters_of<R (C::*)(A...) const noexcept> : parameters_of<R(A...)> {};

template <class F> using sent_by = typename parameters_of<F>::type::sent;
template <class F> using first_parameter = typename parameters_of<F>::type::first;

// True if a function takes its item so that it can be called again with the same one: by value or by const&.
template <class F, class In>
concept leaves_item_alone = std::is_same_v<first_parameter<F>, const In&> ||
                            (std::is_same_v<first_parameter<F>, In> && std::copy_constructible<In>);

template <class F, class... A>
concept stage_function =
    std::invocable<F&, A..., context> || std::invocable<F&, A..., std::stop_token> || std::invocable<F&, A...>;

// The type that a function of A... takes behind them, or std::monostate if it takes nothing.
template <class F, class... A>
using last_argument =
    std::conditional_t<std::invocable<F&, A..., context>, context,
                       std::conditional_t<std::invocable<F&, A..., std::stop_token>, std::stop_token, std::monostate>>;

template <class F, class Last, class... A> decltype(auto) call(F& f, Last& last, A&&... arguments)
{
    if constexpr (std::is_same_v<Last, std::monostate>)
        return std::invoke(f, std::forward<A>(arguments)...);
    else
        return std::invoke(f, std::forward<A>(arguments)..., std::move(last));
}

// The type that a stage function returns at once: a result, or an awaitable of it.
template <class F, class... A>
using begun_by = std::remove_cvref_t<decltype(call(std::declval<F&>(), std::declval<last_argument<F, A...>&>(),
                                                   std::declval<A>()...))>;

template <class Last> Last make_last_argument(run_state& run, stage_base& stage, std::uint64_t item, unsigned attempt)
{
    if constexpr (std::is_same_v<Last, context>)
        return context(run, stage, item, attempt);
    else if constexpr (std::is_same_v<Last, std::stop_token>)
        return run.stop_token();
    else
        return {};
}

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
