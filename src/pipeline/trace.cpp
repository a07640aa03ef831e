#include "pipeline/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "reelpipe/usage_error.hpp"

namespace reelpipe {

namespace {

// Perfetto groups rows by process and shows their names.
struct group {
    int process;
    const char* name;
    const char* row;
};

constexpr std::array row_groups{group{1, "site", "resolver"}, group{2, "network", "transfer"},
                                group{3, "CPU", "worker"}, group{4, "disk", "store"}};

const group& group_of(trace::kind of) { return row_groups[static_cast<std::size_t>(of)]; }

// Ids are text of others; what is no UTF-8 is replaced.
std::string json_text(std::string_view text)
{
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string naming(std::string_view what, int process, std::size_t row, std::string_view name)
{
    return fmt::format(R"({{"name":"{}","ph":"M","pid":{},"tid":{},"args":{{"name":"{}"}}}})", what, process, row,
                       name);
}

}  // namespace

trace::trace(const std::filesystem::path& path) : file_(std::fopen(path.c_str(), "we"))
{
    if (!file_)
        throw usage_error(
            fmt::format("--trace {}: {}; choose a file that can be written", path.string(), std::strerror(errno)));
    for (const group& each : row_groups) write(naming("process_name", each.process, 0, each.name));
}

trace::~trace() { std::fputs("\n]\n", file_.get()); }

std::int64_t trace::now_us() const
{
    using std::chrono::microseconds;
    return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begun_).count();
}

void trace::write(std::string_view event)
{
    std::fputs(std::exchange(is_first_, false) ? "[\n" : ",\n", file_.get());
    std::fwrite(event.data(), 1, event.size(), file_.get());
    std::fflush(file_.get());  // a run that is killed leaves what it did
}

std::size_t trace::take_row(kind of)
{
    std::vector<bool>& rows = taken_[static_cast<std::size_t>(of)];
    const auto free = std::ranges::find(rows, false);
    const auto row = static_cast<std::size_t>(free - rows.begin());
    if (free != rows.end()) {
        *free = true;
        return row;
    }
    rows.push_back(true);
    const group& with = group_of(of);
    write(naming("thread_name", with.process, row + 1, fmt::format("{} {}", with.row, row + 1)));
    return row;
}

void trace::end(const span& done)
{
    const std::string subject = json_text(done.subject_);
    const mutex_lock guard(mutex_);
    write(fmt::format(R"({{"name":"{}","ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"args":{{"of":{}}}}})", done.work_,
                      group_of(done.kind_).process, done.row_ + 1, done.begin_us_, now_us() - done.begin_us_, subject));
    taken_[static_cast<std::size_t>(done.kind_)][done.row_] = false;
}

trace::span::span(trace* where, kind of, std::string_view work, std::string_view subject) : trace_(where)
{
    if (!trace_) return;
    kind_ = of;
    work_ = work;
    subject_ = subject;
    const mutex_lock guard(trace_->mutex_);
    row_ = trace_->take_row(of);
    begin_us_ = trace_->now_us();
}

trace::span::~span()
{
    if (trace_) trace_->end(*this);
}

}  // namespace reelpipe
