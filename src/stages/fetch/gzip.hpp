#ifndef REELPIPE_STAGES_FETCH_GZIP_HPP
#define REELPIPE_STAGES_FETCH_GZIP_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reelpipe::fetch {

// True if the bytes begin as those of a gzip file do.
bool looks_like_gzip(std::string_view bytes);

// The text in a gzip file. Nothing for a damaged or incomplete one, and for a text of more than `most` bytes.
std::optional<std::string> gunzipped(std::string_view bytes, std::size_t most);

}  // namespace reelpipe::fetch

#endif
