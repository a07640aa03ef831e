#ifndef REELPIPE_FOLDER_EXPORT_LAYOUT_HPP
#define REELPIPE_FOLDER_EXPORT_LAYOUT_HPP

#include <string>

#include "folder/export/label_map.hpp"
#include "reelpipe/clip_rows.hpp"
#include "reelpipe/export.hpp"

namespace reelpipe {

// Where a layout has a clip, and what its list says of it. Names are below the output.
struct clip_place {
    std::string file{};
    std::string list{};  // empty: the layout has none
    std::string line{};
};

// True for layouts in which each clip belongs to a split.
bool needs_split(export_layout) noexcept;

// The first line of the layout's lists; empty: there is none.
std::string head_of_lists(export_layout);

// `split` is canonical; empty: the clip has none. Not for webdataset.
clip_place place_of(const clip_row&, const std::string& split, export_layout, const label_map&);

}  // namespace reelpipe

#endif
