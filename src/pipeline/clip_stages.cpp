#include "pipeline/clip_stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>

#include "folder/stored_clip.hpp"
#include "media/error.hpp"
#include "reelpipe/pipeline.hpp"
#include "stages/cut/cut.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

namespace {

const fetch::fetched::clip& fetched_for(const clip_job& job)
{
    const fetch::fetched::clip& found = job.video->fetched.clips[job.index];
    if (found.error) std::rethrow_exception(found.error);
    return found;
}

cut::input input_of(const fetch::fetched::clip& found)
{
    cut::input files{.video = found.files.front()};
    if (found.files.size() > 1) files.audio = found.files[1];
    return files;
}

// True if a clip that another tool has made is what the options ask for: none of them tells how to make it.
bool may_take_over(const cut::options& how) { return !how.needs_encoder() && how.audio != cut::audio_mode::none; }

std::string name_of(const clip_job& job) { return job.task->file.stem(); }

// Calls `work`; its failure is that of the clip.
template <class Work> void as_clip_failure(const clip_job& job, Work work)
try {
    work();
} catch (const std::exception&) {
    throw job_failed(job.video, std::current_exception(), job.task);
}

// A number that is one higher while this lives.
class counted {
public:
    explicit counted(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --count_; }

private:
    std::atomic<std::size_t>& count_;
};

}  // namespace

clip_job clip_stages::cut(clip_job job, std::stop_token stop)
{
    const trace::span traced(trace_, trace::kind::worker, "cut", name_of(job));
    const counted one_more(counts_.cutting);
    const auto start = std::chrono::steady_clock::now();
    as_clip_failure(job, [&] {
        if (fetched_for(job).is_made && may_take_over(checked_.cut))
            take_over(job);
        else
            make(job, checked_.cut, stop);
    });
    job.cut_s = seconds_since(start);
    return job;
}

clip_job clip_stages::verify(clip_job job, std::stop_token stop)
{
    const trace::span traced(trace_, trace::kind::worker, "verify", name_of(job));
    const auto start = std::chrono::steady_clock::now();
    as_clip_failure(job, [&] {
        if (job.is_taken_over) {
            const std::string wrong = fault_of_copy(job, stop);
            if (wrong.empty()) return;
            job.note = fmt::format("clip {} is cut anew from the source's file: {}", name_of(job), wrong);
            make(job, checked_.cut, stop);
        }
        try {
            look_at(job, stop);
            return;
        } catch (const verify::verify_error& e) {
            if (!job.cut.parts) throw;
            job.note = fmt::format("clip {} is encoded as a whole: {}", name_of(job), e.what());
        }
        cut::options whole = checked_.cut;
        whole.mode = cut::way::encode;
        make(job, whole, stop);
        job.cut.encoded_because = cut::why_encoded::not_verified;
        look_at(job, stop);
    });
    job.verify_s = seconds_since(start);
    return job;
}

void clip_stages::make(clip_job& job, const cut::options& how, const std::stop_token& stop) const
{
    const fetch::fetched::clip& found = fetched_for(job);
    job.file.emplace(folder_.unfinished(), folder_.way_to_name());
    job.is_taken_over = false;
    const cut::input files = input_of(found);
    const segment of_video = job.task->clip.wanted;
    const segment wanted{of_video.start - found.begins, of_video.end - found.begins};
    clip_workers* const workers = engine_.workers();
    job.cut = workers ? workers->cut(files, wanted, job.file->descriptor(), how, stop)
                      : cut::make_clip(files, wanted, job.file->descriptor(), how, stop);
}

void clip_stages::take_over(clip_job& job) const
{
    job.file.emplace(folder_.unfinished(), folder_.way_to_name());
    job.file->copy_from(fetched_for(job).files.front().descriptor);
    job.is_taken_over = true;
}

// Empty: it is the clip that is wanted.
std::string clip_stages::fault_of_copy(clip_job& job, const std::stop_token& stop) const
try {
    const segment wanted = job.task->clip.wanted;
    verify::expectation expected = expectation_of(wanted);
    expected.decodable = checked_.asked.cut.verify_fully;
    expected.list_frames = checked_.asked.output.frame_index;
    job.facts = facts_of(job, expected, stop);
    job.cut.missing = wanted.end - wanted.start - job.facts.duration;
    return {};
} catch (const verify::verify_error& e) {
    return e.what();
} catch (const media::error& e) {
    return e.what();
} catch (const media::process_died& e) {
    return e.what();
}

void clip_stages::look_at(clip_job& job, const std::stop_token& stop) const
{
    const bool is_encoded = checked_.cut.mode != cut::way::lossless && !job.cut.parts;
    verify::expectation expected{.frames = job.cut.frames,
                                 .start = job.cut.start,
                                 .audio = job.cut.audio,
                                 .constant_rate = is_encoded && job.cut.start == std::chrono::microseconds{},
                                 .decodable = checked_.asked.cut.verify_fully,
                                 .list_frames = checked_.asked.output.frame_index,
                                 .parts = job.cut.parts};
    if (!job.cut.parts) expected.duration = job.cut.duration;  // the parts tell the time of each frame
    job.facts = facts_of(job, expected, stop);
}

verify::facts clip_stages::facts_of(const clip_job& job, const verify::expectation& expected,
                                    const std::stop_token& stop) const
{
    clip_workers* const workers = engine_.workers();
    return workers ? workers->verify(job.file->descriptor(), expected, stop)
                   : verify::check(job.file->descriptor(), expected);
}

asio::awaitable<clip_job> clip_stages::store(clip_job job, std::stop_token stop)
{
    const trace::span traced(trace_, trace::kind::disk, "store", name_of(job));
    const auto start = std::chrono::steady_clock::now();
    auto place = [&] { as_clip_failure(job, [&] { existing_.put_in_place(job, stop); }); };
    co_await offload(disk_, place);
    job.store_s = seconds_since(start);
    co_return job;
}

void clip_stages::record(clip_job job)
{
    if (!job.note.empty()) outcomes_.say(severity::warning, job.note);
    record_name(job, *job.task, job.placed ? record_of(job.facts, *job.placed) : std::move(*job.found));
    for (std::size_t i = 0; i < job.twins.size(); ++i) record_name(job, job.task->twins[i], std::move(job.twins[i]));
    if (job.video->settle(1)) kept_.forget(job.video->id);
}

void clip_stages::record_name(const clip_job& job, const clip_task& name, clip_record r)
{
    r.attempts = std::max(job.video->resolve_attempts, job.video->fetch_attempts);
    r.fetched = job.video->held.counts.bytes;
    r.whole = job.video->fetched.size;
    r.resolve_s = job.video->resolve_s;
    r.fetch_s = job.video->fetch_s;
    r.cut_s = job.cut_s;
    r.verify_s = job.verify_s;
    r.store_s = job.store_s;
    if (job.placed) {
        if (job.cut.parts) r.copied = job.cut.parts->copied();
        r.encoded_because = explain(job.cut.encoded_because);
        r.source = job.cut.source;
        r.message = job.is_taken_over ? "Downloaded; taken over unchanged" : copy_note("Downloaded", r);
        std::string_view why_short = job.cut.goes_on ? "the video shows no new frame there" : "the video ends";
        if (job.is_taken_over) why_short = {};
        note_length(r, r.message.empty() ? "Downloaded" : std::string(r.message), job.cut.missing, why_short);
    }
    if (job.placed)
        outcomes_.stored(name.clip, name.row, r);
    else
        outcomes_.exists(name.clip, name.row, r);
}

}  // namespace reelpipe
