#ifndef REELPIPE_PIPELINE_WEIGHT_HPP
#define REELPIPE_PIPELINE_WEIGHT_HPP

#include <concepts>
#include <cstddef>
#include <functional>
#include <ranges>

namespace reelpipe {
inline namespace v1 {
namespace detail {

namespace beside_its_type {

void weight_of() = delete;  // hides any other, so that only a function beside the item's type is found

template <class T>
concept weighs = requires(const T& item) {
    { weight_of(item) } -> std::convertible_to<std::size_t>;
};

struct ask {
    template <weighs T> std::size_t operator()(const T& item) const { return weight_of(item); }
};

}  // namespace beside_its_type

// Strings, vectors of bytes and the like.
template <class T>
concept byte_range = std::ranges::sized_range<const T> && sizeof(std::ranges::range_value_t<const T>) == 1;

template <class T> using weigher = std::function<std::size_t(const T&)>;

// The function that weighs an item for a limit on weight, usually in bytes: `std::size_t weight_of(const T&)` beside
// its type (or that of its base), else the size of a range of bytes. Empty if there is neither.
template <class T> weigher<T> usual_weigher()
{
    if constexpr (beside_its_type::weighs<T>)
        return beside_its_type::ask{};
    else if constexpr (byte_range<T>)
        return [](const T& item) { return static_cast<std::size_t>(std::ranges::size(item)); };
    else
        return {};
}

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
