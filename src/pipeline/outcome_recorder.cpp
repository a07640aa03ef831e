#include "pipeline/outcome_recorder.hpp"

#include <fmt/format.h>

#include <system_error>

#include "folder/download_report.hpp"

namespace reelpipe {

namespace {

// Texts of sites can be pages long; the ledger keeps all of it.
std::string beginning(const std::string& text)
{
    constexpr std::size_t most = 300;
    return text.size() <= most ? text : text.substr(0, most) + "...";
}

}  // namespace

void outcome_recorder::remember(const clip_request& clip, const clip_record& record)
try {
    if (!ledger_error_) ledger_.record(clip, record);
} catch (const database_error&) {
    ledger_error_ = std::current_exception();
}

void outcome_recorder::attempted(const attempt_record& attempt)
try {
    if (!ledger_error_) ledger_.record(attempt);
} catch (const database_error&) {
    ledger_error_ = std::current_exception();
}

void outcome_recorder::fetched(const fetch_record& video)
try {
    if (!ledger_error_) ledger_.record(video);
} catch (const database_error&) {
    ledger_error_ = std::current_exception();
}

void outcome_recorder::described(const description_record& video)
try {
    if (!ledger_error_) ledger_.record(video);
} catch (const database_error&) {
    ledger_error_ = std::current_exception();
}

// A note that cannot be kept is as bad as an outcome that cannot.
void outcome_recorder::settle(std::uint64_t row, row_status how, const clip_record& record)
try {
    wanted_.settle(row, how, record.failed ? failure_line(*record.failed, record.message) : record.message);
} catch (const std::system_error&) {
    ledger_error_ = std::current_exception();
}

void outcome_recorder::commit(bool at_once)
try {
    if (ledger_error_) return;
    if (at_once)
        ledger_.commit();
    else
        ledger_.commit_when_due();
} catch (const database_error&) {
    ledger_error_ = std::current_exception();
}

void outcome_recorder::enter_failure(const clip_request& clip, const clip_record& record, bool of_this_run)
{
    const reason why = record.failed.value_or(reason::unknown);
    {
        const mutex_lock guard(mutex_);
        ++totals_.failed;
        ++totals_.failures[why];
        if (!of_this_run) {
            ++totals_.failed_before;
            ++totals_.failures_before[why];
        }
    }
    const bool needs_example = !examples_.contains(why);
    const bool is_news = of_this_run && !told_.contains(why);
    if (!needs_example && !is_news) return;
    const std::string line = fmt::format("{}: {}", store::clip_id(clip, trim_), beginning(record.message));
    if (needs_example) examples_[why] = line;
    if (!is_news) return;
    told_.insert(why);
    say(severity::warning,
        fmt::format("{} ({}). {} Further ones are only counted.", line, to_string(why), explain(why)));
}

void outcome_recorder::tell(const clip_request& clip, const clip_record& record, clip_outcome::status how) const
{
    if (!events_.on_clip) return;
    events_.on_clip({.clip = clip,
                     .id = store::clip_id(clip, trim_),
                     .how = how,
                     .why = record.failed,
                     .message = record.message,
                     .attempts = record.attempts,
                     .bytes = record.file.bytes,
                     .frames = record.frames,
                     .duration_s = record.duration_s,
                     .missing_s = record.missing_s,
                     .streams = record.streams,
                     .packets = record.packets,
                     .source = record.source,
                     .copied = record.copied,
                     .encoded_because = record.encoded_because,
                     .fetched = record.fetched,
                     .whole = record.whole,
                     .resolve_s = record.resolve_s,
                     .fetch_s = record.fetch_s,
                     .cut_s = record.cut_s,
                     .verify_s = record.verify_s,
                     .store_s = record.store_s});
}

void outcome_recorder::settled_before(const wanted_clip& clip)
{
    if (clip.before->failed) {
        settle(clip.row, row_status::failed, *clip.before);
        enter_failure(clip.clip, *clip.before, false);
        return;
    }
    wanted_.settle(clip.row, row_status::exists);
    const mutex_lock guard(mutex_);
    ++totals_.exists;
    totals_.shorter += clip.before->missing_s > 0;
}

void outcome_recorder::exists(const clip_request& clip, std::uint64_t row, const clip_record& record)
{
    remember(clip, record);
    settle(row, row_status::exists, record);
    tell(clip, record, clip_outcome::status::exists);
    const mutex_lock guard(mutex_);
    ++totals_.exists;
    totals_.shorter += record.missing_s > 0;
}

void outcome_recorder::stored(const clip_request& clip, std::uint64_t row, const clip_record& record)
{
    remember(clip, record);
    settle(row, row_status::stored, record);
    tell(clip, record, clip_outcome::status::stored);
    const mutex_lock guard(mutex_);
    ++totals_.stored;
    totals_.shorter += record.missing_s > 0;
    if (record.copied == 0 && record.encoded_because.empty()) return;
    ++totals_.copies.clips;
    totals_.copies.frames += static_cast<std::uint64_t>(record.frames);
    totals_.copies.copied += static_cast<std::uint64_t>(record.copied);
    if (record.copied == 0) ++totals_.copies.whole[record.encoded_because];
}

void outcome_recorder::failed(const clip_request& clip, std::uint64_t row, const clip_record& record)
{
    remember(clip, record);
    settle(row, row_status::failed, record);
    tell(clip, record, clip_outcome::status::failed);
    enter_failure(clip, record, true);
}

void outcome_recorder::say(severity how, const std::string& line) const
{
    if (events_.on_message) events_.on_message(how, line);
}

progress outcome_recorder::totals() const
{
    const mutex_lock guard(mutex_);
    return totals_;
}

}  // namespace reelpipe
