#ifndef REELPIPE_PIPELINE_JOBS_HPP
#define REELPIPE_PIPELINE_JOBS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/ledger.hpp"
#include "reelpipe/clip.hpp"
#include "reelpipe/media_source.hpp"
#include "stages/cut/cut.hpp"
#include "stages/fetch/fetcher.hpp"
#include "stages/store/output_file.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

// A good file of an earlier run.
struct stored_file {
    std::filesystem::path file{};
    clip_record record{};
};

// A clip that this run has to make.
struct clip_task {
    std::uint64_t row = 0;
    clip_request clip{};
    std::filesystem::path file{};         // its final place
    std::optional<clip_record> stored{};  // by an earlier run: what stood there then
    std::optional<clip_record> found{};   // a good file stands there already
    std::string note{};                   // for the user: a bad file stood there
    bool was_unavailable = false;         // the site said so in an earlier run
    std::optional<stored_file> same{};    // of the same segment, under another label
    // Clips of the same segment under other labels: they are further names of this one's file. They have none.
    std::vector<clip_task> twins{};

    // Calls `visit` with this task and with each of its twins.
    template <class Visit> void for_each_name(Visit visit)
    {
        visit(*this);
        for (clip_task& twin : twins) visit(twin);
    }
    template <class Visit> void for_each_name(Visit visit) const
    {
        visit(*this);
        for (const clip_task& twin : twins) visit(twin);
    }
};

// The first refusal of a video by a host of media: after so many videos that the host had served.
struct first_refusal {
    std::string host{};
    std::uint64_t after = 0;
};

// A video on its way through the stages. Its clips share one resolve, one index and one temporary file.
// Owned by one stage at a time, until it is split; from then on its clips only read it.
struct video_job {
    std::string id{};
    std::vector<clip_task> clips{};
    media_source source{};
    std::exception_ptr source_failure{};  // why it has no source, where that is known from the beginning
    fetch::held_video held{};
    fetch::fetched fetched{};  // one entry for each clip
    double resolve_s = 0, fetch_s = 0;
    unsigned resolve_attempts = 0, fetch_attempts = 0;
    std::optional<first_refusal> refused{};
    bool is_contradicted = false;  // its host has refused a file that it was serving
    std::size_t unsettled = 0;     // clips that have not come to an end

    // Takes note that so many further clips have come to an end. True: those were the last ones.
    bool settle(std::size_t count)
    {
        unsettled -= std::min(unsettled, count);
        return unsettled == 0;
    }
};
using video_ptr = std::shared_ptr<video_job>;

// A clip of a fetched video. Move-only: it owns the file that it becomes.
struct clip_job {
    clip_job(video_ptr of, std::size_t number) : video(std::move(of)), index(number), task(&video->clips[number]) {}

    video_ptr video;
    std::size_t index;  // among its clips
    clip_task* task;    // in video
    std::optional<store::output_file> file{};
    cut::result cut{};
    bool is_taken_over = false;  // `file` is a copy of the source's own file
    verify::facts facts{};
    std::optional<store::file_signature> placed{};  // under its final name; nothing: there is a good file already
    std::optional<clip_record> found{};             // that file
    std::vector<clip_record> twins{};               // what stands under the names of the task's twins
    std::string note{};                             // for the user: a bad file stood there
    double cut_s = 0, verify_s = 0, store_s = 0;
};

// Says whose failure an error of a stage is: a whole video's, or that of one of its clips.
struct job_failed : std::exception {
    job_failed(video_ptr of, std::exception_ptr why, const clip_task* only = nullptr)
        : video(std::move(of)), clip(only), cause(std::move(why))
    {
    }
    const char* what() const noexcept override { return "a job failed"; }

    video_ptr video;
    const clip_task* clip;
    std::exception_ptr cause;
};

}  // namespace reelpipe

#endif
