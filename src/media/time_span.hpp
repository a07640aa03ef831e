#ifndef REELPIPE_MEDIA_TIME_SPAN_HPP
#define REELPIPE_MEDIA_TIME_SPAN_HPP

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "media/demuxer.hpp"

namespace reelpipe::media {

// When the packets of a file are shown, on the file's own clock; of its frames, or of a file that is opened for its
// audio, of that.
struct time_span {
    std::chrono::microseconds first{};                     // packet of the file
    std::optional<std::chrono::microseconds> first_key{};  // where decoding can begin
    std::chrono::microseconds end{};
    std::string container{};  // as people call it
};

// Reads all of a file, whose bytes have to be held. Throws as demuxer does; media::error where nothing is in it.
time_span time_span_of(const partial_file&, stream_selection = stream_selection::audio_and_video, std::stop_token = {});

// The same of its first packet alone.
time_span begin_of(const partial_file&, stream_selection = stream_selection::audio_and_video, std::stop_token = {});

}  // namespace reelpipe::media

#endif
