// Seeking in containers without an index.

#include <algorithm>

#include "media/byte_source.hpp"
#include "media/demuxer.hpp"

namespace reelpipe::media {

namespace {

constexpr int max_probes = 32;
constexpr std::int64_t min_step = 64 << 10;

}  // namespace

// To the last key frame that is shown at or before the time. libav's own search comes out at any packet, and looks at
// ten places and more on its way.
bool demuxer::search(std::int64_t time)
{
    std::int64_t step = min_step;
    for (std::int64_t from = place_before(time);;) {
        const auto key = last_key_before(time, from);
        if (key) {
            seek_byte(*key);
            return true;
        }
        if (from == 0) return false;
        from = std::max<std::int64_t>(from - step, 0);
        step *= 2;
    }
}

// A place in the file, up to a second in front of the time as far as clocks go up: where it should be by what is known
// of two places around it, now and then in the middle of them.
std::int64_t demuxer::place_before(std::int64_t time)
{
    const AVRational base = leading().time_base;
    const std::int64_t a_second = av_rescale_q(AV_TIME_BASE, av::microsecond, base);
    const std::int64_t first = leading().start_time == AV_NOPTS_VALUE ? 0 : leading().start_time;
    struct place {
        std::int64_t position = 0, time = 0;
    };
    place before{0, first};
    place behind{static_cast<std::int64_t>(source_->file().size),
                 first + std::max(av_rescale_q(input_->duration, av::microsecond, base), time - first + 1)};
    for (int i = 1; i <= max_probes && time - before.time > a_second; ++i) {
        const std::int64_t room = behind.position - before.position;
        if (room <= min_step) break;
        const std::int64_t wanted = time - a_second / 2 - before.time;
        const double share =
            static_cast<double>(wanted) / static_cast<double>(std::max<std::int64_t>(behind.time - before.time, 1));
        const auto ahead = static_cast<std::int64_t>(static_cast<double>(room) * (i % 3 == 0 ? 0.5 : share));
        const std::int64_t position = before.position + std::clamp<std::int64_t>(ahead, 1, room - 1);
        seek_byte(position);
        const seen_packet seen = next_leading();
        if (seen.decoded != AV_NOPTS_VALUE && seen.decoded <= time)
            before = {std::max(seen.position, position), seen.decoded};
        else
            behind = {position, seen.decoded == AV_NOPTS_VALUE ? behind.time : seen.decoded};
    }
    return before.position;
}

std::optional<std::int64_t> demuxer::last_key_before(std::int64_t time, std::int64_t from)
{
    seek_byte(from);
    std::optional<std::int64_t> key;
    for (;;) {
        const seen_packet seen = next_leading();
        if (seen.decoded == AV_NOPTS_VALUE || seen.decoded > time) return key;
        if (seen.is_key && seen.time <= time && seen.position >= 0) key = seen.position;
    }
}

// True if what follows a key frame that an edit list hides is shown by a time. Otherwise it is the run-up of a later
// edit, whose hidden frames have the times of frames that an earlier edit shows.
bool demuxer::shows_by(std::int64_t time)
{
    seen_packet seen = next_leading();
    while (seen.is_hidden) seen = next_leading();
    return seen.decoded != AV_NOPTS_VALUE && seen.decoded <= time;
}

void demuxer::seek_byte(std::int64_t position)
{
    guard(avformat_seek_file(input_.get(), -1, position, position, position, AVSEEK_FLAG_BYTE), "seeking");
}

}  // namespace reelpipe::media
