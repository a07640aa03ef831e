#ifndef REELPIPE_PIPELINE_STAGE_BASE_HPP
#define REELPIPE_PIPELINE_STAGE_BASE_HPP

#include <asio.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <reelpipe/pipeline/counters.hpp>
#include <reelpipe/pipeline/options.hpp>
#include <string>
#include <utility>
#include <vector>

namespace reelpipe {
inline namespace v1 {
namespace detail {

class run_state;

// Longer ones would overflow the clock.
constexpr std::chrono::milliseconds max_pause = std::chrono::hours(24 * 365);

// A stage of a pipeline, without its types.
class stage_base {
public:
    stage_base(std::string n, stage_options o) : name(std::move(n)), options(o), sheets(o.workers) {}
    stage_base(const stage_base&) = delete;
    stage_base& operator=(const stage_base&) = delete;
    virtual ~stage_base() = default;

    virtual void open(asio::execution_context&) {}  // makes the queue in front of the stage
    virtual void start_workers(const std::shared_ptr<run_state>&, std::vector<asio::awaitable<void>>&) = 0;
    virtual void close() {}  // drops what is queued
    virtual bool needs_cpu() const { return false; }
    virtual std::pair<std::size_t, std::size_t> queued_and_peak() const { return {0, 0}; }

    std::chrono::milliseconds backoff_after(unsigned attempt) const
    {
        return options.backoff < max_pause / attempt ? options.backoff * attempt : max_pause;
    }

    const std::string name;
    const stage_options options;
    stage_counters counters;
    std::vector<time_sheet> sheets;  // one a worker
};

// An item of the source, alive as long as something that came of it is on its way.
struct in_flight_item {
    std::uint64_t item = 0;
    std::uint64_t uses = 0;
    bool admitted = false;
    bool failed = false;
};

// A share in an item in flight. Used from the loop only, so that counting needs no atomics.
class in_flight_ref {
public:
    in_flight_ref(run_state& run, in_flight_item& item) : run_(&run), item_(&item) { ++item.uses; }
    in_flight_ref(const in_flight_ref& other) : in_flight_ref(*other.run_, *other.item_) {}
    in_flight_ref(in_flight_ref&& other) noexcept : run_(other.run_), item_(std::exchange(other.item_, nullptr)) {}
    in_flight_ref& operator=(in_flight_ref other) noexcept
    {
        std::swap(run_, other.run_);
        std::swap(item_, other.item_);
        return *this;
    }
    ~in_flight_ref();

    in_flight_item* operator->() const { return item_; }
    in_flight_item& operator*() const { return *item_; }

private:
    run_state* run_;
    in_flight_item* item_;
};

}  // namespace detail
}  // namespace v1
}  // namespace reelpipe

#endif
