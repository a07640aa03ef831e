#ifndef REELPIPE_PIPELINE_WORK_LIST_HPP
#define REELPIPE_PIPELINE_WORK_LIST_HPP

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/database.hpp"
#include "pipeline/ledger.hpp"
#include "reelpipe/clip.hpp"

namespace reelpipe {

// A clip of the lists, with what earlier runs made of it.
struct wanted_clip {
    std::uint64_t row = 0;  // its place in the lists
    clip_request clip{};
    std::optional<clip_record> before{};
};

// How a clip stands at the end of this run.
enum class standing { stored, exists, failed, pending };

// The clips that this run is asked for.
//
// They live in temporary tables of the ledger's database, on disk, so that half a million rows cost no memory. Rows
// with the same video and segment are one clip; the first of them counts. Threads: one at a time, that of the ledger.
class work_list {
public:
    explicit work_list(database&);

    void add(const clip_request&);
    std::uint64_t rows() const { return rows_; }

    struct size {
        std::uint64_t rows = 0, clips = 0, videos = 0;
    };
    // Ends the adding, sorts and counts.
    size seal();

    // The clips that follow `last` in the order of (video, segment), at most `most` of them; clips of one video are
    // neighbours. An empty answer is the end.
    std::vector<wanted_clip> after(const wanted_clip* last, std::size_t most);

    void settle(std::uint64_t row, standing, std::string_view message);

    // Visits every clip in list order with its standing; those that were not settled are pending.
    void visit(const std::function<void(const clip_request&, standing, const std::string& message)>&);

private:
    database* database_;
    statement add_, settle_;
    std::uint64_t rows_ = 0;
};

}  // namespace reelpipe

#endif
