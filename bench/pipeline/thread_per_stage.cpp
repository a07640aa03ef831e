// Contender: threads and bounded queues with a mutex and two condition variables, as programs without a library do it:
// one thread for the source, one for the sink, in between one for every core or, if it waits, for every item that may
// wait at once.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "pipeline/workload.hpp"

namespace reelpipe::bench {

namespace {

class queue {
public:
    queue(std::size_t limit, std::size_t producers) : limit_(limit), producers_(producers) {}

    void push(item i)
    {
        {
            std::unique_lock lock(mutex_);
            room_.wait(lock, [this] { return items_.size() < limit_; });
            items_.push_back(i);
        }
        ready_.notify_one();
    }

    // Nothing: every producer has left and the queue is empty.
    std::optional<item> pop()
    {
        std::optional<item> first;
        {
            std::unique_lock lock(mutex_);
            ready_.wait(lock, [this] { return !items_.empty() || producers_ == 0; });
            if (items_.empty()) return std::nullopt;
            first = items_.front();
            items_.pop_front();
        }
        room_.notify_one();
        return first;
    }

    void leave()
    {
        {
            const std::lock_guard lock(mutex_);
            --producers_;
        }
        ready_.notify_all();
    }

private:
    const std::size_t limit_;
    std::mutex mutex_;
    std::condition_variable ready_, room_;
    std::deque<item> items_;
    std::size_t producers_;
};

void work(queue& in, queue& out, const workload& load)
{
    while (const std::optional<item> i = in.pop()) {
        if (load.middle == middle_stage::cpu) {
            out.push(compute(*i, load.turns_of_cpu));
        } else {
            if (load.middle == middle_stage::timer) std::this_thread::sleep_for(timer_work);
            out.push(pass(*i));
        }
    }
    out.leave();
}

}  // namespace

void thread_per_stage(turn& t)
{
    const std::size_t workers = t.load.middle == middle_stage::timer ? t.load.width : t.load.threads;
    queue counted(t.load.queue, 1), worked(t.load.queue, workers);
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
        for (std::uint64_t i = 0; i < t.load.items; ++i) counted.push(t.begin(i));
        counted.leave();
    });
    for (std::size_t worker = 0; worker < workers; ++worker)
        threads.emplace_back([&] { work(counted, worked, t.load); });
    while (const std::optional<item> i = worked.pop()) t.end(*i);
}

}  // namespace reelpipe::bench
