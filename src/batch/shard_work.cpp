#include "batch/shard_work.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "batch/attempt.hpp"
#include "media/content_hash.hpp"
#include "stages/store/clip_name.hpp"
#include "stages/store/output_file.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

namespace {

auto key_of(const clip_request& clip) { return std::tie(clip.video, clip.wanted, clip.label); }

// Takes down what the file is under its name, as everybody else will see it.
void look_at_file(shard_clip& clip, const std::filesystem::path& file, bool hashes)
{
    const store::file_signature found = store::signature_of(file);
    if (found.bytes != clip.outcome.bytes || found.bytes == 0)
        throw std::runtime_error(fmt::format("{} has {} bytes, and {} were stored: something else has changed it",
                                             file.string(), found.bytes, clip.outcome.bytes));
    clip.modified_ns = found.modified_ns;
    if (hashes) clip.sha256 = media::in_hexadecimal(media::content_hash(verify::clip_file(file).descriptor()));
}

}  // namespace

shard_work::shard_work(std::uint32_t number, std::vector<clip_request> rows)
    : number_(number), clips_(rows.size()), entered_(rows.size()), open_(rows.size())
{
    for (std::size_t i = 0; i < rows.size(); ++i) clips_[i].outcome.clip = std::move(rows[i]);
}

void shard_work::enter(const clip_outcome& outcome)
{
    const auto row = std::ranges::lower_bound(clips_, key_of(outcome.clip), {},
                                              [](const shard_clip& each) { return key_of(each.outcome.clip); });
    if (row == clips_.end() || key_of(row->outcome.clip) != key_of(outcome.clip)) return;
    const auto place = static_cast<std::size_t>(row - clips_.begin());
    if (entered_[place])
        transient_ -= is_transient(row->outcome);
    else
        --open_;
    entered_[place] = true;
    row->outcome = outcome;
    transient_ += is_transient(outcome);
}

std::string shard_work::transient_reasons() const
{
    std::map<reason, std::uint64_t> counts;
    for (const shard_clip& each : clips_)
        if (is_transient(each.outcome)) ++counts[each.outcome.why.value_or(reason::unknown)];
    std::string text;
    for (const auto& [why, count] : counts)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", to_string(why), count);
    return text;
}

commit_end commit(commit_job job)
{
    const store::trim_format format(job.trim_format);
    for (shard_clip& each : job.clips)
        if (each.outcome.how != clip_outcome::status::failed)
            look_at_file(each, job.place.output() / store::clip_name(each.outcome.clip, format), job.plan.hashes);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::string text = shard_manifest_text({.plan = job.plan.id,
                                                  .shard = job.shard,
                                                  .attempt = job.attempt,
                                                  .host = name_of_host(),
                                                  .finished = std::chrono::floor<std::chrono::seconds>(now).count()},
                                                 job.clips);
    store::make_names_durable(job.place.output());  // a manifest must not outlive the names that it speaks of
    store::output_file file(job.unfinished, store::find_way_to_name(job.unfinished, job.unfinished));
    file.write(text);
    return file.place(job.place.manifest(job.shard)) ? commit_end::placed : commit_end::lost;
}

}  // namespace reelpipe
