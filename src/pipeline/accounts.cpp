#include "pipeline/accounts.hpp"

#include <fmt/format.h>

namespace reelpipe {

namespace {

std::string failure_line(reason why, const std::string& message)
{
    return message.empty() ? std::string(explain(why)) : fmt::format("{}: {}", to_string(why), message);
}

}  // namespace

void accounts::count_failure(reason why)
{
    const std::lock_guard guard(mutex_);
    ++totals_.failed;
    ++totals_.failures[why];
}

void accounts::still_there(const wanted_clip& clip)
{
    wanted_.settle(clip.row, standing::exists, "");
    const std::lock_guard guard(mutex_);
    ++totals_.exists;
}

void accounts::still_failed(const wanted_clip& clip)
{
    const reason why = clip.before->failed.value_or(reason::unknown);
    wanted_.settle(clip.row, standing::failed, failure_line(why, clip.before->message));
    count_failure(why);
}

void accounts::exists(const clip_request& clip, std::uint64_t row, const clip_record& record)
{
    ledger_.record(clip, record);
    wanted_.settle(row, standing::exists, "");
    const std::lock_guard guard(mutex_);
    ++totals_.exists;
}

void accounts::stored(const clip_request& clip, std::uint64_t row, const clip_record& record)
{
    ledger_.record(clip, record);
    wanted_.settle(row, standing::stored, record.message);
    const std::lock_guard guard(mutex_);
    ++totals_.stored;
}

void accounts::failed(const clip_request& clip, std::uint64_t row, const clip_record& record)
{
    const reason why = record.failed.value_or(reason::unknown);
    ledger_.record(clip, record);
    wanted_.settle(row, standing::failed, failure_line(why, record.message));
    count_failure(why);
}

progress accounts::totals() const
{
    const std::lock_guard guard(mutex_);
    return totals_;
}

}  // namespace reelpipe
