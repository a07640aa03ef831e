#ifndef REELPIPE_FOLDER_MANIFEST_MANIFEST_LINE_HPP
#define REELPIPE_FOLDER_MANIFEST_MANIFEST_LINE_HPP

#include <stdexcept>
#include <string>
#include <string_view>

#include "reelpipe/manifest.hpp"

namespace reelpipe {

// It is no line of a manifest; the text says why.
struct bad_manifest_line : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The first line, the line of a clip, and the last one.
std::string manifest_head();
std::string manifest_line(const manifest_clip&);
std::string manifest_end(const manifest_summary&);

// Throws bad_manifest_line for what is no first line, or one of a later reelpipe.
void check_manifest_head(std::string_view line);

// True for the last line of a manifest. Throws bad_manifest_line.
bool is_manifest_end(std::string_view line);

// Throws bad_manifest_line.
manifest_clip clip_in_manifest(std::string_view line);

}  // namespace reelpipe

#endif
