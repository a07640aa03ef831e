#ifndef REELPIPE_PIPELINE_TRACE_HPP
#define REELPIPE_PIPELINE_TRACE_HPP

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "threads/mutex.hpp"

namespace reelpipe {

// A timeline of a run: a file of Chrome trace events (a JSON array), which Perfetto shows.
//
// Work of one kind has as many rows as went on at once at most: a row is a slot that one piece of work holds from its
// begin to its end, so a row's spans never overlap. Events are written when they end and nothing of them is kept. A
// file that cannot be written any more (a full disk) does not stop the run.
// Threads: any.
class trace {
public:
    enum class kind : std::uint8_t { resolver, transfer, worker, disk };

    // A piece of work, from its construction to its destruction; nothing when there is no trace.
    class span {
    public:
        // `work` outlives the span.
        span(trace* where, kind of, std::string_view work, std::string_view subject);
        span(const span&) = delete;
        span& operator=(const span&) = delete;
        ~span();

    private:
        friend class trace;
        trace* trace_;
        kind kind_{};
        std::size_t row_ = 0;
        std::string_view work_{};
        std::string subject_{};
        std::int64_t begin_us_ = 0;
    };

    // Throws usage_error.
    explicit trace(const std::filesystem::path&);
    trace(const trace&) = delete;
    trace& operator=(const trace&) = delete;
    ~trace();  // ends the array; until then the file is one that Perfetto reads, but no JSON

private:
    struct close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    std::int64_t now_us() const;
    std::size_t take_row(kind) REELPIPE_REQUIRES(mutex_);
    void write(std::string_view event) REELPIPE_REQUIRES(mutex_);
    void end(const span&);

    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    mutex mutex_;
    std::unique_ptr<std::FILE, close> file_ REELPIPE_GUARDED_BY(mutex_);
    std::array<std::vector<bool>, 4> taken_ REELPIPE_GUARDED_BY(mutex_);  // rows of each kind
    bool is_first_ REELPIPE_GUARDED_BY(mutex_) = true;
};

}  // namespace reelpipe

#endif
