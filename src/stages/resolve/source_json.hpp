#ifndef REELPIPE_STAGES_RESOLVE_SOURCE_JSON_HPP
#define REELPIPE_STAGES_RESOLVE_SOURCE_JSON_HPP

#include <simdjson.h>

#include <stdexcept>
#include <string>

#include "reelpipe/media_source.hpp"

namespace reelpipe::resolve {

// Where a video's bytes are, as JSON: a file with everything, or "video" and "audio" that are such files.
//
//     {"url": "https://host/video.mp4", "headers": {"Referer": "https://host/"}, "expires": 1700000000}
//     {"video": {"url": "https://host/video.m4v"}, "audio": {"url": "https://host/video.m4a"}}
//
// A URL may stand instead of an object with nothing but a URL. "expires" and "available_at" are seconds since 1970;
// "hls" says that a URL is one of a playlist where its ending does not, "max_range" bounds single requests, "proxy" is
// asked instead of the host, and with "public_only" the host is refused where its address is not a public one.

class malformed_source : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Throws malformed_source, with what is wrong. Unknown members mean nothing.
media_source read_source(simdjson::dom::object);

// The other way round, on one line. Sources with files on disk have no such form: then empty.
std::string written(const media_source&);

}  // namespace reelpipe::resolve

#endif
