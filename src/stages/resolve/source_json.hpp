#ifndef REELPIPE_STAGES_RESOLVE_SOURCE_JSON_HPP
#define REELPIPE_STAGES_RESOLVE_SOURCE_JSON_HPP

#include <simdjson.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "reelpipe/media_source.hpp"

namespace reelpipe::resolve {

// The media of a video as JSON: one file with everything, or "video" and "audio" that are such files.
//
//     {"url": "https://host/video.mp4", "headers": {"Referer": "https://host/"}, "expires": 1700000000}
//     {"video": {"url": "https://host/video.m4v"}, "audio": {"url": "https://host/video.m4a"}}
//
// A URL may replace an object that has only a URL. "expires" and "available_at" are seconds since 1970. "hls" marks a
// playlist whose URL does not end in .m3u8. "max_range" bounds single requests. "proxy" is asked instead of the host.
// "public_only" refuses a host whose address is not public. "subtitles" holds tracks by their languages:
//
//     {"url": "https://host/video.mp4", "subtitles": {"en": "WEBVTT\n\n00:01.000 --> 00:02.000\nHello.\n"}}

class malformed_source : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Throws malformed_source, with what is wrong. Unknown members mean nothing.
media_source read_source(simdjson::dom::object);

// The member "subtitles" of a source; those whose language cannot be a part of a file's name are left out.
std::vector<subtitle_track> subtitles_in(simdjson::dom::object);

// The other way round, on one line. Sources with files on disk have no such form: then empty.
std::string written(const media_source&);

}  // namespace reelpipe::resolve

#endif
