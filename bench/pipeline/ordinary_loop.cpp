// Contender: no pipeline, one item after the other on one thread. What the stages themselves cost.
#include <thread>

#include "pipeline/workload.hpp"

namespace reelpipe::bench {

namespace {

// Not inlined, as the stages of a pipeline are not: the compiler would add up the numbers without a loop.
[[gnu::noinline]] item middle(item i, const workload& load)
{
    if (load.middle == middle_stage::cpu) return compute(i, load.turns_of_cpu);
    if (load.middle == middle_stage::timer) std::this_thread::sleep_for(timer_work);
    return pass(i);
}

}  // namespace

void ordinary_loop(turn& t)
{
    for (std::uint64_t i = 0; i < t.load.items; ++i) {
        const item made = middle(t.begin(i), t.load);
        t.end(made);
    }
}

}  // namespace reelpipe::bench
