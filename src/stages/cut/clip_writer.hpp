#ifndef REELPIPE_STAGES_CUT_CLIP_WRITER_HPP
#define REELPIPE_STAGES_CUT_CLIP_WRITER_HPP

#include <cstdint>
#include <span>
#include <vector>

#include "media/av.hpp"
#include "stages/cut/clip_index.hpp"

namespace reelpipe::cut {

// An MP4 file on a descriptor, its index in front. Streams first, then begin(), packets, finish().
// Errors of the disk are thrown as std::system_error, errors of libav as encode_error.
class clip_writer {
public:
    // `reproducible`: the file does not name the library that wrote it.
    explicit clip_writer(int descriptor, bool reproducible = false);
    clip_writer(const clip_writer&) = delete;
    clip_writer& operator=(const clip_writer&) = delete;

    bool carries(AVCodecID) const;
    // Dolby Vision and what else libav writes into MP4 only on request.
    void keep_all_side_data();
    AVStream& add(const AVCodecParameters&, AVRational time_base);
    void begin();
    // After begin(): the ticks in which the file as a whole counts, rather than milliseconds.
    void count_in(AVRational tick);
    // Takes what the packet refers to; its times are in `time_base`. What comes before begin() waits for it.
    void write(AVPacket&, const AVStream&, AVRational time_base);
    // The tracks are shown as the edits say, or, where there are none, as libav has it.
    void finish(std::span<const edit> = {});

private:
    static int write_bytes(void* self, av::written_bytes bytes, int size);
    static std::int64_t seek(void* self, std::int64_t offset, int whence);
    void keep_ascending(AVPacket&);
    void write_at_once(AVPacket&, const AVStream&, AVRational time_base);
    void guard(int code, const char* doing) const;

    int descriptor_;
    std::int64_t position_ = 0, size_ = 0;
    int write_error_ = 0;
    struct waiting {
        av::packet packet;
        const AVStream* stream;
        AVRational time_base;
    };
    bool begun_ = false;
    std::vector<waiting> waiting_;
    std::vector<std::int64_t> last_times_;  // of decoding, a stream each
    av::io io_;
    av::output file_;
};

// Gives a track what the container states of the source's: frame rate, shape of the pixels, side data. The container's
// shape goes before that of the frames; MP4 has one place for both.
void describe_like(AVStream& track, const AVStream& source);

}  // namespace reelpipe::cut

#endif
