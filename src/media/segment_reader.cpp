#include "media/segment_reader.hpp"

#include <algorithm>

namespace reelpipe::media {

using namespace std::chrono_literals;

namespace {

constexpr auto audio_run_up = 100ms;
// How far the streams of a file may be apart. Without a sample table this is how we learn that a stream has no more.
constexpr auto interleaving = 2s;
constexpr unsigned max_reordered = 16;  // frames between decoding and showing one: H.264 and HEVC have no more
constexpr std::chrono::microseconds max_frame_duration = 100ms;

std::int64_t decoding_time(const AVPacket& packet) { return packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts; }

std::chrono::microseconds duration_of(const AVPacket& packet, const AVStream& stream)
{
    return av::to_microseconds(packet.duration, stream.time_base);
}

// True if something that is decoded before `end` is shown behind a frame that an edit list hides. The index is in the
// order of the edits.
bool is_shown_behind(const AVPacket& hidden, AVStream& stream, std::int64_t end)
{
    bool is_behind = false;
    const int count = avformat_index_get_entries_count(&stream);
    for (int i = 0; i < count; ++i) {
        const AVIndexEntry& each = *avformat_index_get_entry(&stream, i);
        is_behind = is_behind || (each.pos == hidden.pos && each.timestamp == hidden.dts);
        if (is_behind && !(each.flags & AVINDEX_DISCARD_FRAME) && each.timestamp < end) return true;
    }
    return false;
}

}  // namespace

segment_reader::segment_reader(demuxer& input, segment wanted)
    : input_(input),
      wanted_{wanted.start + input.origin(), wanted.end + input.origin()},
      skips_(input.has_sample_table()),
      video_done_(!input.video()),
      audio_done_(!input.audio())
{
    if (input.video()) input.video()->discard = AVDISCARD_DEFAULT;
    if (input.audio()) input.audio()->discard = AVDISCARD_DEFAULT;
    // Audio is heard for a while after its packet began, and its decoder needs a run-up.
    const std::chrono::microseconds earlier = input.video() ? input.audio_ahead() : audio_run_up;
    input.seek(std::max(wanted.start - earlier, std::chrono::microseconds{}));
}

bool segment_reader::next(AVPacket* packet)
{
    while (!(video_done_ && audio_done_) && input_.read(packet)) {
        const bool is_video = input_.video() && packet->stream_index == input_.video()->index;
        AVStream& stream = is_video ? *input_.video() : *input_.audio();
        bool& done = is_video ? video_done_ : audio_done_;
        const std::int64_t time = decoding_time(*packet);
        if (is_video) notice_end(*packet);
        if (time == AV_NOPTS_VALUE) {
            if (!done) return true;
        } else if (const auto begin = av::to_microseconds(time, stream.time_base); begin >= wanted_.end) {
            // Without a decoding time it may come before frames that are shown earlier, and that are made from it.
            if (is_video && packet->dts == AV_NOPTS_VALUE && !done && ++behind_without_dts_ <= max_reordered)
                return true;
            if (is_video && packet->flags & AV_PKT_FLAG_DISCARD && !done)
                shows_again_ = is_shown_behind(*packet, stream,
                                               av_rescale_q(wanted_.end.count(), av::microsecond, stream.time_base));
            finish(stream, done);
            if (!skips_ && begin >= wanted_.end + interleaving) video_done_ = audio_done_ = true;
        } else if (!done && (is_video || begin + duration_of(*packet, stream) > wanted_.start - audio_run_up)) {
            return true;
        }
        av_packet_unref(packet);
    }
    return false;
}

// Packets that an edit list hides do not count, because they are not shown.
void segment_reader::notice_end(const AVPacket& packet)
{
    const std::int64_t time = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
    if (time == AV_NOPTS_VALUE || packet.flags & AV_PKT_FLAG_DISCARD) return;
    goes_on_ = goes_on_ || av::to_microseconds(time, input_.video()->time_base) >= wanted_.end;
}

// Nothing of a later packet is shown in the segment: no packet is shown before it is decoded.
void segment_reader::finish(AVStream& stream, bool& done)
{
    done = true;
    if (skips_) stream.discard = AVDISCARD_ALL;
}

audio_coverage audio_coverage_in(demuxer& input, segment wanted)
{
    if (!input.audio()) return {};
    const AVStream& audio = *input.audio();
    segment_reader reader(input, wanted);
    const av::packet packet = av::make_packet();
    std::chrono::microseconds begin = std::chrono::microseconds::max(), end{}, longest{};
    while (reader.next(packet.get())) {
        const av::scoped_packet unref(packet);
        if (unref->stream_index != audio.index || unref->pts == AV_NOPTS_VALUE) continue;
        const auto time = av::to_microseconds(unref->pts, audio.time_base) - input.origin();
        begin = std::min(begin, time);
        end = std::max(end, time + duration_of(*unref.get(), audio));
        longest = std::max(longest, duration_of(*unref.get(), audio));
    }
    if (end <= begin) return {.begins_late = true, .ends_early = true};
    return {.begins_late = begin > wanted.start + longest, .ends_early = end + longest < wanted.end};
}

std::chrono::microseconds one_frame_more(const demuxer& input)
{
    if (!input.video()) return {};
    const AVRational rate = av_guess_frame_rate(input.context(), input.video(), nullptr);
    if (rate.num <= 0 || rate.den <= 0) return max_frame_duration;
    return std::min(av::to_microseconds(1, av_inv_q(rate)), max_frame_duration);
}

}  // namespace reelpipe::media
