#ifndef REELPIPE_STAGES_ANNOTATIONS_FORMATS_FORMATS_HPP
#define REELPIPE_STAGES_ANNOTATIONS_FORMATS_FORMATS_HPP

#include <memory>
#include <string_view>

#include "stages/annotations/list_head.hpp"
#include "stages/annotations/list_input.hpp"
#include "stages/annotations/row.hpp"
#include "stages/annotations/row_source.hpp"

namespace reelpipe::annotations {

// One kind of list: a file each in this folder.
struct format {
    std::string_view name;   // for list_options::format
    std::string_view looks;  // "AudioSet segments": after "looks like"

    // True if a list that begins like this is of the format.
    bool (*fits)(const list_head&, const list_options&);
    // Opens a reader for a list that fits or whose format was named. Throws not_a_list or std::invalid_argument. The
    // input outlives the reader.
    std::unique_ptr<row_source> (*open)(list_input&, const list_head&, const list_options&);
};

extern const format csv_format, audioset_format, ava_format, vggsound_format, panda_format, url_format, name_format,
    json_lines_format, keyed_json_format;

}  // namespace reelpipe::annotations

#endif
