#ifndef REELPIPE_PIPELINE_EXISTING_CLIPS_HPP
#define REELPIPE_PIPELINE_EXISTING_CLIPS_HPP

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "folder/run_folder.hpp"
#include "isolation/clip_workers.hpp"
#include "ledger/ledger.hpp"
#include "pipeline/jobs.hpp"
#include "pipeline/trace.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

// Files that stand under the names of wanted clips, though the ledger does not know them or they have changed since.
// They come from another tool, or from a run that was killed. A good clip counts; anything else makes room.
//
// Threads: any number of calls at a time; each reads and decodes a file, so none is made on the loop.
class existing_clips {
public:
    // All files are verified as deep as `depth` says; where it lists frames, good clips get a frame index. `workers`
    // verify the files, or nobody: then that happens in this process. Each argument outlives this.
    existing_clips(const run_folder& folder, verify::expectation depth, clip_workers* workers, trace* traced)
        : folder_(folder), depth_(std::move(depth)), workers_(workers), trace_(traced)
    {
    }

    // Fills in `found` and `note` of each clip under whose name something stands, and returns the video. Where one name
    // of a segment has a good file, its other names become names of that file, too. Throws job_failed.
    video_ptr look(video_ptr, const std::stop_token&) const;

    // Gives the finished clip its name, and its twins theirs. Its frame index, if its facts list the frames, is there
    // first, as are the lines of its video's subtitles, and one that described another file is not there any more.
    // Where something stands there since look(), that is judged in the same way. Throws std::system_error.
    void put_in_place(clip_job&, const std::stop_token&) const;

private:
    struct existing_file {
        std::optional<clip_record> found{};  // a good clip
        std::string note{};                  // for the user: it was no good clip, and has made room
    };
    void look_at_names(clip_task&, const std::stop_token&) const;
    clip_record share(const stored_file&, const clip_task& twin, const std::stop_token&) const;
    existing_file look_at(const clip_task&, const std::stop_token&) const;
    clip_record record_of_file(const clip_task&, const std::stop_token&) const;
    void place_beside(const std::filesystem::path& name, const std::string& text) const;
    void place_subtitles(const clip_job&) const;

    const run_folder& folder_;
    verify::expectation depth_;
    clip_workers* workers_;
    trace* trace_;
};

}  // namespace reelpipe

#endif
