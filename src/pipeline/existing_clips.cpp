#include "pipeline/existing_clips.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <system_error>

#include "folder/frame_index.hpp"
#include "folder/stored_clip.hpp"
#include "media/error.hpp"
#include "stages/cut/subtitles.hpp"
#include "stages/store/clip_name.hpp"
#include "stages/store/output_file.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

// Empty: there is none.
std::string content_of(const fs::path& file)
{
    std::ifstream from(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
}

std::string index_text(const verify::facts& facts) { return facts.listed ? frame_index_text(*facts.listed) : ""; }

}  // namespace

video_ptr existing_clips::look(video_ptr video, const std::stop_token& stop) const
{
    for (clip_task& task : video->clips) {
        try {
            if (stop.stop_requested())
                throw std::system_error(std::make_error_code(std::errc::operation_canceled), "look at clips");
            look_at_names(task, stop);
        } catch (const std::exception&) {
            throw job_failed(video, std::current_exception(), &task);
        }
    }
    return video;
}

void existing_clips::look_at_names(clip_task& task, const std::stop_token& stop) const
{
    std::optional<stored_file> good;
    task.for_each_name([&](clip_task& name) {
        if (store::signature_of(name.file) != store::file_signature{}) {
            const trace::span traced(trace_, trace::kind::worker, "look", name.file.stem().string());
            existing_file there = look_at(name, stop);
            name.found = std::move(there.found);
            name.note = std::move(there.note);
        }
        if (!good && name.found) good = stored_file{name.file, *name.found};
        if (!good && name.same && store::signature_of(name.same->file) == name.same->record.file) good = name.same;
    });
    if (!good) return;
    task.for_each_name([&](clip_task& name) {
        if (!name.found) name.found = share(*good, name, stop);
    });
}

// The record of the file that has the twin's name afterwards: this same file, or another good one that was there first.
clip_record existing_clips::share(const stored_file& stored, const clip_task& twin, const std::stop_token& stop) const
{
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (depth_.list_frames) place_beside(frame_index_of(twin.file), content_of(frame_index_of(stored.file)));
        if (const auto placed =
                store::place_again(stored.file, twin.file, folder_.unfinished(), folder_.way_to_name())) {
            clip_record record = stored.record;
            record.file = *placed;
            if (!depth_.list_frames || store::signature_of(frame_index_of(twin.file)) != store::file_signature{})
                return record;
        }
        existing_file there = look_at(twin, stop);
        if (there.found) return std::move(*there.found);
    }
    throw std::system_error(
        std::make_error_code(std::errc::file_exists),
        fmt::format("the clip cannot get its name {}, because a file there cannot be opened", twin.file.string()));
}

existing_clips::existing_file existing_clips::look_at(const clip_task& task, const std::stop_token& stop) const
{
    const store::file_signature judged = store::signature_of(task.file);
    std::string wrong;
    try {
        return {.found = record_of_file(task, stop)};
    } catch (const verify::verify_error& e) {
        wrong = e.what();
    } catch (const media::error& e) {
        wrong = e.what();
    } catch (const media::process_died& e) {
        wrong = e.what();
    } catch (const worker_unavailable&) {
        throw;
    } catch (const std::system_error& e) {
        if (e.code() == std::errc::no_such_file_or_directory) return {};  // gone since it was seen
        throw;
    }
    const std::optional<fs::path> kept = store::quarantine(task.file, folder_.rejected(), judged);
    if (!kept) return {};  // another task has made the clip meanwhile
    return {.note = fmt::format("{}: {}; moved to {}, and the clip is made again", task.file.string(), wrong,
                                kept->string())};
}

clip_record existing_clips::record_of_file(const clip_task& task, const std::stop_token& stop) const
{
    const store::file_signature signature = store::signature_of(task.file);
    if (fs::is_directory(task.file))
        throw std::system_error(std::make_error_code(std::errc::is_a_directory), task.file.string());
    const std::chrono::microseconds wanted = task.clip.wanted.end - task.clip.wanted.start;
    verify::expectation expected = task.stored ? expectation_of(*task.stored) : expectation_of(task.clip.wanted);
    expected.decodable = depth_.decodable;
    expected.list_frames = depth_.list_frames;
    const verify::facts facts =
        workers_ ? workers_->verify_file(task.file, expected, stop) : verify::check_file(task.file, expected);
    if (task.stored) check_same(facts, *task.stored);
    if (depth_.list_frames) place_beside(frame_index_of(task.file), index_text(facts));
    clip_record found = record_of(facts, signature);
    const std::chrono::duration<double> known_to_be_missing{task.stored ? task.stored->missing_s : 0};
    note_length(found, "Exists",
                task.stored ? std::chrono::duration_cast<std::chrono::microseconds>(known_to_be_missing)
                            : wanted - facts.duration,
                "");
    return found;
}

// Without a text there is to be no such file.
void existing_clips::place_beside(const fs::path& name, const std::string& text) const
{
    if (const store::file_signature found = store::signature_of(name); found != store::file_signature{}) {
        if (found.bytes == text.size() && content_of(name) == text) return;
        store::quarantine(name, folder_.rejected(), found);
    }
    if (text.empty()) return;
    store::output_file file(folder_.unfinished(), folder_.way_to_name());
    file.write(text);
    if (file.place(name)) return;
    throw std::system_error(std::make_error_code(std::errc::file_exists),
                            fmt::format("the file beside the clip cannot get its name {}", name.string()));
}

void existing_clips::place_subtitles(const clip_job& job) const
{
    for (const subtitle_track& track : job.video->source.subtitles) {
        const std::string lines = cut::subtitles_within(track.text, job.task->clip.wanted);
        job.task->for_each_name([&](const clip_task& name) {
            place_beside(store::name_beside(name.file, fmt::format(".{}.vtt", track.language)), lines);
        });
    }
}

// The name may have been taken since it was looked for: by another program, or by a link that leads nowhere.
void existing_clips::put_in_place(clip_job& job, const std::stop_token& stop) const
{
    const fs::path& name = job.task->file;
    const std::string index = index_text(job.facts);
    place_subtitles(job);
    place_beside(frame_index_of(name), index);
    job.placed = job.file->place(name);
    if (!job.placed) {
        existing_file there = look_at(*job.task, stop);
        job.found = std::move(there.found);
        job.note = std::move(there.note);
        if (!job.found) place_beside(frame_index_of(name), index);
        if (!job.found) job.placed = job.file->place(name);
    }
    if (!job.placed && !job.found)
        throw std::system_error(
            std::make_error_code(std::errc::file_exists),
            fmt::format("the clip cannot get its name {}, because a file there cannot be opened", name.string()));
    job.file.reset();
    const clip_record record = job.placed ? record_of(job.facts, *job.placed) : *job.found;
    for (const clip_task& twin : job.task->twins) job.twins.push_back(share({name, record}, twin, stop));
}

}  // namespace reelpipe
