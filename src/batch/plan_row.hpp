#ifndef REELPIPE_BATCH_PLAN_ROW_HPP
#define REELPIPE_BATCH_PLAN_ROW_HPP

#include <stdexcept>
#include <string>
#include <string_view>

#include "reelpipe/clip.hpp"

namespace reelpipe {

// A row is not one that a plan has.
struct bad_plan_row : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Adds the row of a plan: a JSON array of video, start and end in microseconds, label and split, and the end of a line.
// The same clip has the same text in every reelpipe, because plans are known by the hash of their rows.
void add_plan_row(std::string& to, const clip_request&);

// The clip of a line without its end. Throws bad_plan_row.
clip_request clip_of_plan_row(std::string_view line);

// Throws bad_plan_row for a clip that no list could have: without a video, or with times that are none.
void check_plan_clip(const clip_request&);

}  // namespace reelpipe

#endif
