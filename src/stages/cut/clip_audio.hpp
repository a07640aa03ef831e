#ifndef REELPIPE_STAGES_CUT_CLIP_AUDIO_HPP
#define REELPIPE_STAGES_CUT_CLIP_AUDIO_HPP

#include <chrono>
#include <optional>
#include <vector>

#include "media/av.hpp"
#include "stages/cut/aac_track.hpp"
#include "stages/cut/clip_writer.hpp"
#include "stages/cut/cut.hpp"
#include "stages/cut/segment_packets.hpp"

namespace reelpipe::cut {

// The audio of a clip on its way to the writer: copied where MP4 can carry it, encoded as AAC otherwise, or left out.
// It begins the file, because the header waits for the audio's encoder where there is one.
class clip_audio {
public:
    clip_audio(const segment_packets&, clip_writer&, const options&);

    // The clip begins so long after the start of the segment and lasts so long. The video's stream has been added.
    void begin(std::chrono::microseconds after_start, std::chrono::microseconds length);

    // Takes what the packet refers to. What comes before begin() waits for it.
    void take(AVPacket&);
    void finish();

    bool is_heard() const { return is_heard_; }

private:
    void pass_on(AVPacket&);
    void write_encoded();

    const segment_packets& input_;
    clip_writer& writer_;
    options how_;
    AVStream* source_;  // null: there is none, or none is wanted
    AVStream* target_ = nullptr;
    std::chrono::microseconds after_start_{}, length_{};
    bool begun_ = false, is_heard_ = false;
    std::vector<av::packet> early_;
    std::optional<aac_track> aac_;  // where the audio is not copied
};

}  // namespace reelpipe::cut

#endif
