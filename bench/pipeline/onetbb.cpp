// Contender: oneTBB's parallel_pipeline. It knows threads and computing only, so what waits for a timer holds a thread.
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <thread>

#include "pipeline/workload.hpp"

namespace reelpipe::bench {

namespace tbb = oneapi::tbb;

void onetbb(turn& t)
{
    const bool waits = t.load.middle == middle_stage::timer;
    const std::size_t threads = waits ? t.load.width : t.load.threads;
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    tbb::task_arena arena(static_cast<int>(threads));

    std::uint64_t next = 0;
    const auto source = tbb::make_filter<void, item>(tbb::filter_mode::serial_in_order, [&](tbb::flow_control& flow) {
        if (next < t.load.items) return t.begin(next++);
        flow.stop();
        return item{0};
    });
    const auto middle = tbb::make_filter<item, item>(
        t.load.width == 1 ? tbb::filter_mode::serial_in_order : tbb::filter_mode::parallel, [&](item i) {
            if (t.load.middle == middle_stage::cpu) return compute(i, t.load.turns_of_cpu);
            if (waits) std::this_thread::sleep_for(timer_work);
            return pass(i);
        });
    const auto sink = tbb::make_filter<item, void>(tbb::filter_mode::serial_in_order, [&](item i) { t.end(i); });
    arena.execute([&] { tbb::parallel_pipeline(t.load.in_flight(), source & middle & sink); });
}

}  // namespace reelpipe::bench
