#ifndef REELPIPE_PIPELINE_REFUSAL_HPP
#define REELPIPE_PIPELINE_REFUSAL_HPP

#include <concepts>
#include <functional>
#include <optional>
#include <reelpipe/pipeline/function_traits.hpp>
#include <reelpipe/pipeline/stage.hpp>
#include <type_traits>

namespace reelpipe {
inline namespace v1 {
namespace detail {

enum class role { io, map, cpu, sink };

template <class F> constexpr bool spreads = !std::is_void_v<sent_by<F>>;

enum class mistake {
    none,
    takes_another_type,
    takes_a_non_const_reference,
    gives_what_cannot_be_moved,
    gives_a_pointer_to_its_item,
    gives_nothing,
    sends_but_is_no_io_stage,
    sends_but_returns_something_else,
    io_without_awaitable,
    awaitable_of_another_executor,
    cpu_with_awaitable,
    map_with_awaitable,
    sink_gives_something,
    weighs_another_type,
    no_name,
    no_range_and_no_function,
    sends_auto,
    source_returns_something_else,
    items_cannot_be_moved,
    flow_is_used_twice,
    no_sink,
};

struct by_its_type {};  // how an item is weighed: usual_weigher()

// Types that only messages of the compiler show.
template <class F> struct stage_with;
template <class T> struct takes;
template <class T> struct is_given;
template <class T> struct given_by;

// The words for what does not fit together. The compiler names the type, and with it the stage and its neighbour.
template <mistake M, class... About> struct refusal {
    // clang-format off
    static_assert(M != mistake::takes_another_type, "reelpipe: this stage does not take what the stage before it gives");
    static_assert(M != mistake::takes_a_non_const_reference, "reelpipe: this stage takes its item by reference: take it by value or by const&");
    static_assert(M != mistake::gives_what_cannot_be_moved, "reelpipe: what this stage gives cannot be moved, and items move from stage to stage: give a std::unique_ptr");
    static_assert(M != mistake::gives_a_pointer_to_its_item, "reelpipe: this stage gives a pointer to its item, which is gone after the call: give the item");
    static_assert(M != mistake::gives_nothing, "reelpipe: this stage gives nothing: a function that returns nothing is a sink");
    static_assert(M != mistake::sends_but_is_no_io_stage, "reelpipe: a function that sends through out<T> is an io stage");
    static_assert(M != mistake::sends_but_returns_something_else, "reelpipe: a function that sends through out<T> returns asio::awaitable<void>");
    static_assert(M != mistake::io_without_awaitable, "reelpipe: an io stage returns asio::awaitable<Out>: a plain function is a cpu stage, or a map stage if it is short");
    static_assert(M != mistake::awaitable_of_another_executor, "reelpipe: this awaitable is bound to an executor of its own: return asio::awaitable<Out>, of any_io_executor");
    static_assert(M != mistake::cpu_with_awaitable, "reelpipe: a cpu stage is a plain function: a coroutine is an io stage");
    static_assert(M != mistake::map_with_awaitable, "reelpipe: a map stage is a plain function: a coroutine is an io stage");
    static_assert(M != mistake::sink_gives_something, "reelpipe: a sink returns nothing or asio::awaitable<void>");
    static_assert(M != mistake::weighs_another_type, "reelpipe: the function of weigh_by() does not take the item of its stage, or gives no number");
    static_assert(M != mistake::no_name, "reelpipe: a source, a stage and a sink have a name: it comes first");
    static_assert(M != mistake::no_range_and_no_function, "reelpipe: a source is a range or a function awaitable<void>(reelpipe::out<T>)");
    static_assert(M != mistake::sends_auto, "reelpipe: the function of a source names what it sends: reelpipe::out<T>, not auto");
    static_assert(M != mistake::source_returns_something_else, "reelpipe: the function of a source returns asio::awaitable<void>");
    static_assert(M != mistake::items_cannot_be_moved, "reelpipe: the items of this source cannot be moved, and items move from stage to stage: give std::unique_ptr");
    static_assert(M != mistake::flow_is_used_twice, "reelpipe: a flow goes on once: write std::move(flow) | ...");
    static_assert(M != mistake::no_sink, "reelpipe: this pipeline has no sink yet: it ends with | sink(name, function)");
    // clang-format on
    static constexpr bool said = true;
};

template <class T> struct awaits_elsewhere : std::false_type {};
template <class T, class Executor>
struct awaits_elsewhere<asio::awaitable<T, Executor>>
    : std::bool_constant<!std::is_same_v<Executor, asio::any_io_executor>> {};

// True if F takes In by reference and returns a pointer to an In.
template <class F, class In, class Out>
concept points_into_its_item =
    std::is_reference_v<first_parameter<F>> && std::is_pointer_v<Out> &&
    std::is_same_v<std::remove_cvref_t<first_parameter<F>>, std::remove_cv_t<std::remove_pointer_t<Out>>>;

template <class F, class In> consteval mistake mistake_of_item()
{
    using first = first_parameter<F>;
    constexpr bool is_reference = std::is_lvalue_reference_v<first> && !std::is_const_v<std::remove_reference_t<first>>;
    return is_reference && std::is_same_v<std::remove_cvref_t<first>, In> ? mistake::takes_a_non_const_reference
                                                                          : mistake::takes_another_type;
}

// The mistake in a stage that sends through out<T>.
template <role Role, class F, class In> consteval mistake mistake_of_spread()
{
    using sent = sent_by<F>;
    if constexpr (Role != role::io)
        return mistake::sends_but_is_no_io_stage;
    else if constexpr (!stage_function<F, In, out<sent>>)
        return mistake_of_item<F, In>();
    else if constexpr (!std::is_same_v<begun_by<F, In, out<sent>>, asio::awaitable<void>>)
        return mistake::sends_but_returns_something_else;
    else if constexpr (!std::move_constructible<sent>)
        return mistake::gives_what_cannot_be_moved;
    else
        return mistake::none;
}

// The mistake in what a function returns, in a stage that makes one item of one.
template <role Role, class F, class In> consteval mistake mistake_of_result()
{
    using begun = begun_by<F, In>;
    using result = typename awaited<begun>::type;
    using product = typename unwrapped<result>::type;
    if constexpr (awaits_elsewhere<begun>::value)
        return mistake::awaitable_of_another_executor;
    else if constexpr (Role == role::sink)
        return std::is_void_v<result> ? mistake::none : mistake::sink_gives_something;
    else if constexpr (std::is_void_v<result>)
        return mistake::gives_nothing;
    else if constexpr (Role == role::cpu && awaited<begun>::value)
        return mistake::cpu_with_awaitable;
    else if constexpr (Role == role::map && awaited<begun>::value)
        return mistake::map_with_awaitable;
    else if constexpr (Role == role::io && !awaited<begun>::value)
        return mistake::io_without_awaitable;
    else if constexpr (!std::move_constructible<product>)
        return mistake::gives_what_cannot_be_moved;
    else
        return points_into_its_item<F, In, product> ? mistake::gives_a_pointer_to_its_item : mistake::none;
}

template <role Role, class F, class In, class Weigh> consteval mistake mistake_of()
{
    if constexpr (!std::is_same_v<Weigh, by_its_type> && !std::is_invocable_r_v<std::size_t, Weigh&, const In&>)
        return mistake::weighs_another_type;
    else if constexpr (spreads<F>)
        return mistake_of_spread<Role, F, In>();
    else if constexpr (!stage_function<F, In>)
        return mistake_of_item<F, In>();
    else
        return mistake_of_result<Role, F, In>();
}

// The type that a stage sends; void: it is a sink.
template <role Role, class F, class In> struct sends {
    using type = typename unwrapped<typename awaited<begun_by<F, In>>::type>::type;
};
template <role Role, class F, class In>
    requires spreads<F>
struct sends<Role, F, In> {
    using type = sent_by<F>;
};

template <class F> consteval mistake mistake_of_source()
{
    using sent = sent_by<F>;
    if constexpr (std::is_void_v<sent>)
        return std::invocable<F&, out<int>> || std::invocable<F&, out<int>, std::stop_token>
                   ? mistake::sends_auto
                   : mistake::no_range_and_no_function;
    else if constexpr (!stage_function<F, out<sent>>)
        return mistake::no_range_and_no_function;
    else if constexpr (!std::is_same_v<begun_by<F, out<sent>>, asio::awaitable<void>>)
        return mistake::source_returns_something_else;
    else if constexpr (!std::move_constructible<sent>)
        return mistake::items_cannot_be_moved;
    else
        return mistake::none;
}

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
