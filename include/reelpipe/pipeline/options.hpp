#ifndef REELPIPE_PIPELINE_OPTIONS_HPP
#define REELPIPE_PIPELINE_OPTIONS_HPP

#include <asio.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>

namespace reelpipe {
inline namespace v1 {

// Trivially destructible on purpose: g++ 12 miscompiles temporaries of other aggregates in awaited expressions.
struct stage_options {
    std::size_t workers = 1;                 // concurrent calls of the function
    std::size_t queue = 16;                  // items in the queue in front of the stage
    std::size_t weight = 0;                  // limit for the sum of weight_of(item) in that queue; 0: no limit
    unsigned attempts = 1;                   // most calls for one item; beyond 1 it is copied, or taken by const&
    std::chrono::milliseconds backoff{200};  // wait before attempt n + 1: n * backoff, unless the verdict says
    bool ordered = false;                    // results leave in the order in which the items came
};

// One failed attempt, as the judge sees it.
struct failure {
    std::string stage;
    std::uint64_t item = 0;  // counts the source's items from 0
    unsigned attempt = 1;
    unsigned attempts = 1;
    std::exception_ptr error;
    std::string what;

    // The exception if it is an E, else nullptr. It lives as long as `error`.
    template <class E> const E* as() const
    {
        try {
            std::rethrow_exception(error);
        } catch (const E& e) {
            return &e;
        } catch (...) {
            return nullptr;
        }
    }
};

// The fate of an item after a failed attempt.
class verdict {
public:
    enum class kind { drop, retry, drain, stop };

    static verdict drop() { return verdict(kind::drop); }    // counted as failed, the run goes on
    static verdict retry() { return verdict(kind::retry); }  // after the stage's back-off; the last attempt is dropped
    static verdict retry(std::chrono::milliseconds after) { return verdict(kind::retry, after); }
    static verdict drain() { return verdict(kind::drain); }  // drop it, feed nothing more, finish what is in flight
    static verdict stop() { return verdict(kind::stop); }    // cancel the run, which throws this error

    kind what() const { return kind_; }
    std::optional<std::chrono::milliseconds> after() const { return after_; }

private:
    explicit verdict(kind k, std::optional<std::chrono::milliseconds> after = {}) : kind_(k), after_(after) {}

    kind kind_;
    std::optional<std::chrono::milliseconds> after_;
};

struct run_options {
    asio::any_io_executor cpu{};    // where cpu stages run; only they need it
    std::size_t max_in_flight = 0;  // source items alive at once, with all that came of them; 0: as many as the workers
                                    // and queues of all stages hold, at least 64
    std::function<verdict(const failure&)> on_failure{};  // on the loop; empty: retry while there are attempts
};

}  // namespace v1
}  // namespace reelpipe

#endif
