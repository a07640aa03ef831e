#ifndef REELPIPE_STAGES_VERIFY_DECODING_HPP
#define REELPIPE_STAGES_VERIFY_DECODING_HPP

#include <cstdint>
#include <set>

#include "media/av.hpp"
#include "media/partial_file.hpp"

namespace reelpipe::verify {

// Decodes until the first frame comes out. Throws decode_error.
class first_frame {
public:
    explicit first_frame(const AVStream&);

    // Feeds a packet, or null at the end of the file, until a frame came out.
    void feed(const AVPacket*);
    bool is_seen() const { return seen_; }

private:
    bool stands_alone(const AVPacket&);

    av::codec decoder_;
    av::frame frame_ = av::make_frame();
    bool is_first_ = true, seen_ = false;
};

// One stream through its decoder, from the first sample to the last. What the edit list hides may fail: it is there for
// what is made from it, and may itself be made from what is not there. Throws decode_error.
class decoding {
public:
    explicit decoding(const AVStream&);

    // Null at the end of the file.
    void feed(const AVPacket*);
    std::int64_t count() const { return count_; }

private:
    void expect(int code, bool hidden) const;

    AVRational time_base_;
    const char* what_;
    av::codec decoder_;
    av::frame frame_ = av::make_frame();
    std::int64_t last_ = 0, count_ = 0;
    std::set<std::int64_t> hidden_;  // times of samples that are not shown
};

}  // namespace reelpipe::verify

#endif
