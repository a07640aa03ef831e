#ifndef REELPIPE_PIPELINE_COMPOSE_HPP
#define REELPIPE_PIPELINE_COMPOSE_HPP

#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <ranges>
#include <reelpipe/pipeline/execute.hpp>
#include <reelpipe/pipeline/options.hpp>
#include <reelpipe/pipeline/refusal.hpp>
#include <reelpipe/pipeline/run_state.hpp>
#include <reelpipe/pipeline/source.hpp>
#include <reelpipe/pipeline/stage.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace reelpipe {
inline namespace v1 {
namespace detail {

using stage_list = std::vector<std::unique_ptr<stage_base>>;

}  // namespace detail

// A pipeline that still lacks its sink and produces T: functions can take and return it.
template <class T> class flow {
public:
    flow(detail::stage_list stages, detail::producer<T>& last) : stages_(std::move(stages)), last_(&last) {}

    template <class Stage> detail::stage_list with(std::unique_ptr<Stage> next) &&
    {
        next->up = last_;
        stages_.push_back(std::move(next));
        return std::move(stages_);
    }

private:
    detail::stage_list stages_;
    detail::producer<T>* last_;
};

// Complete, from source to sink. Does nothing until a runner has it.
class pipeline {
public:
    explicit pipeline(detail::stage_list stages) : stages_(std::move(stages)) {}
    detail::stage_list release() && { return std::move(stages_); }

private:
    detail::stage_list stages_;
};

namespace detail {

// Stands where something was refused. It combines with everything, so that the compiler reports nothing more.
struct refused {
    operator pipeline() const { return pipeline({}); }
    template <class T> operator flow<T>() const;
};
template <class Next> refused operator|(const refused&, const Next&) { return {}; }

template <mistake M, class... About> refused refuse()
{
    static_assert(refusal<M, About...>::said);
    return {};
}

// The result of io(), map(), cpu() and sink(): a stage that does not know its item's type yet.
template <role Role, class F, class Weigh = by_its_type> struct stage_definition {
    stage_definition(std::string n, F f, stage_options o, Weigh w = {})
        : name(std::move(n)), function(std::move(f)), options(o), weigh(std::move(w))
    {
    }

    // Sets the function that weighs an item for the limit `weight`, if the item's type has no weight_of() beside it.
    template <class W> stage_definition<Role, F, W> weigh_by(W w) &&
    {
        check(options.weight != 0, name, "weigh_by() without a limit on weight");
        return {std::move(name), std::move(function), options, std::move(w)};
    }

    template <class In> weigher<In> weigher_of() &&
    {
        if constexpr (std::is_same_v<Weigh, by_its_type>)
            return usual_weigher<In>();
        else
            return [w = std::move(weigh)](const In& item) { return static_cast<std::size_t>(std::invoke(w, item)); };
    }

    std::string name;
    F function;
    stage_options options;
    Weigh weigh;
};

// Stages, and perhaps a sink, that have no source yet.
template <class First, class Then> struct fragment {
    First first;
    Then then;
};

template <class T> struct is_part : std::false_type {};
template <role Role, class F, class Weigh> struct is_part<stage_definition<Role, F, Weigh>> : std::true_type {};
template <class First, class Then> struct is_part<fragment<First, Then>> : std::true_type {};
template <class T>
concept part = is_part<T>::value;

template <class T, runs_on On, class G> flow<T> begin_flow(std::string name, G function)
{
    auto made = std::make_unique<source_stage<T, On, G>>(std::move(name), std::move(function));
    auto& last = *made;
    stage_list stages;
    stages.push_back(std::move(made));
    return flow<T>(std::move(stages), last);
}

template <class Part> refused append(refused, Part) { return {}; }

template <class In, role Role, class F, class Weigh> auto append(flow<In> up, stage_definition<Role, F, Weigh> next)
{
    constexpr mistake made = mistake_of<Role, F, In, Weigh>();
    if constexpr (made != mistake::none) {
        return refuse<made, stage_with<F>, takes<first_parameter<F>>, is_given<In>>();
    } else {
        using out_type = typename sends<Role, F, In>::type;
        using type = stage<Role == role::cpu ? runs_on::pool : runs_on::loop, In, out_type, spreads<F>, F>;
        auto weigh = std::move(next).template weigher_of<In>();
        // NOLINTBEGIN(bugprone-use-after-move): it takes the weight and leaves the rest where it is
        auto stage =
            std::make_unique<type>(std::move(next.name), std::move(next.function), next.options, std::move(weigh));
        // NOLINTEND(bugprone-use-after-move)
        auto& last = *stage;
        if constexpr (Role == role::sink)
            return pipeline(std::move(up).with(std::move(stage)));
        else
            return flow<out_type>(std::move(up).with(std::move(stage)), last);
    }
}

template <class Up, class First, class Then> auto append(Up up, fragment<First, Then> next)
{
    return append(append(std::move(up), std::move(next.first)), std::move(next.then));
}

}  // namespace detail

template <class In, detail::part Part> auto operator|(flow<In>&& up, Part next)
{
    return detail::append(std::move(up), std::move(next));
}

template <class In, detail::part Part> detail::refused operator|(const flow<In>&, const Part&)
{
    return detail::refuse<detail::mistake::flow_is_used_twice, detail::given_by<In>>();
}

namespace detail {

// Stages that belong together can be joined before they have a source, and used for several.
template <part First, part Then> fragment<First, Then> operator|(First first, Then then)
{
    return {std::move(first), std::move(then)};
}

}  // namespace detail

// Where items come from: a range, lazy or not, or a coroutine function awaitable<void>(out<T>), behind which a
// std::stop_token or a context may follow. A range is walked on the loop, for about a millisecond at a time.
template <class F> auto source(std::string name, F from)
{
    if constexpr (std::ranges::input_range<F>) {
        using item = std::ranges::range_value_t<F>;
        if constexpr (!std::move_constructible<item>) {
            return detail::refuse<detail::mistake::items_cannot_be_moved, detail::given_by<item>>();
        } else {
            auto feeder = [range = std::move(from)](out<item> next) mutable {
                return detail::feed<item>(std::move(range), next);
            };
            return detail::begin_flow<item, detail::runs_on::loop>(std::move(name), std::move(feeder));
        }
    } else {
        constexpr detail::mistake made = detail::mistake_of_source<F>();
        if constexpr (made != detail::mistake::none)
            return detail::refuse<made, detail::stage_with<F>>();
        else
            return detail::begin_flow<detail::sent_by<F>, detail::runs_on::loop>(std::move(name), std::move(from));
    }
}

template <class T> flow<T> source(std::string name, std::initializer_list<T> items)
{
    return source(std::move(name), std::vector<T>(items));
}

template <class T, std::size_t N> flow<T> source(std::string name, T (&items)[N])
{
    return source(std::move(name), std::vector<T>(std::begin(items), std::end(items)));
}

// A range whose elements take time to make: it is walked on run_options::cpu.
template <std::ranges::input_range R> auto cpu_source(std::string name, R range)
{
    using item = std::ranges::range_value_t<R>;
    auto feeder = [r = std::move(range)](out<item> next, const context& c) mutable {
        return detail::feed_from_pool<item>(std::move(r), c.cpu(), next);
    };
    return detail::begin_flow<item, detail::runs_on::pool>(std::move(name), std::move(feeder));
}

// On the loop: awaitable<Out>(In), awaitable<std::optional<Out>>(In), which leaves items out by an empty optional, or
// awaitable<void>(In, out<Out>), which sends any number. A context or a std::stop_token may follow.
template <class Function>
detail::stage_definition<detail::role::io, std::decay_t<Function>> io(std::string name, Function&& f,
                                                                      stage_options options = {})
{
    return {std::move(name), std::forward<Function>(f), options};
}

// A short plain function, on the loop: Out(In) or std::optional<Out>(In). A context or a std::stop_token may follow.
template <class Function>
detail::stage_definition<detail::role::map, std::decay_t<Function>> map(std::string name, Function&& f,
                                                                        stage_options options = {})
{
    return {std::move(name), std::forward<Function>(f), options};
}

// On run_options::cpu: Out(In) or std::optional<Out>(In). A context or a std::stop_token may follow.
template <class Function>
detail::stage_definition<detail::role::cpu, std::decay_t<Function>> cpu(std::string name, Function&& f,
                                                                        stage_options options = {})
{
    return {std::move(name), std::forward<Function>(f), options};
}

// Where items end, on the loop: void(In) or awaitable<void>(In). A context or a std::stop_token may follow.
template <class Function>
detail::stage_definition<detail::role::sink, std::decay_t<Function>> sink(std::string name, Function&& f,
                                                                          stage_options options = {})
{
    return {std::move(name), std::forward<Function>(f), options};
}

// Without a name.
template <class F> detail::refused source(const F&) { return detail::refuse<detail::mistake::no_name>(); }
template <class F> detail::refused io(const F&, stage_options = {})
{
    return detail::refuse<detail::mistake::no_name>();
}
template <class F> detail::refused map(const F&, stage_options = {})
{
    return detail::refuse<detail::mistake::no_name>();
}
template <class F> detail::refused cpu(const F&, stage_options = {})
{
    return detail::refuse<detail::mistake::no_name>();
}
template <class F> detail::refused sink(const F&, stage_options = {})
{
    return detail::refuse<detail::mistake::no_name>();
}

}  // namespace v1
}  // namespace reelpipe

#endif
