#include "stages/cut/lossless.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media/av.hpp"
#include "media/error.hpp"
#include "media/nal_units.hpp"
#include "stages/cut/clip_index.hpp"
#include "stages/cut/clip_writer.hpp"
#include "stages/cut/codecs.hpp"
#include "stages/cut/coded_fields.hpp"
#include "stages/cut/recovery.hpp"
#include "stages/cut/segment_packets.hpp"

namespace reelpipe::cut {

using std::chrono::microseconds;

namespace {

// Demuxers of containers that keep no decoding times find them out from so many packets.
constexpr std::size_t max_untimed = 32;

// From decoding to showing: a codec that shows frames out of order holds back 16 of them.
constexpr std::chrono::minutes max_delay{1};

// Clocks of most containers are finer.
constexpr std::chrono::milliseconds least_apart{1};

[[noreturn]] void corrupt(const std::string& what) { throw media::error(media::fault::corrupt, what); }

[[noreturn]] void unsupported(const std::string& what)
{
    throw media::error(media::fault::unsupported, what + "; --cut encode can cut it");
}

// Matroska stores only when samples are shown; libavformat guesses when they are decoded, and may guess wrong.
bool stores_decoding_times(const AVFormatContext& file)
{
    return std::string_view(file.iformat->name).find("matroska") == std::string_view::npos;
}

// One track of the clip. Its times count from the start of the segment, in the ticks of the source.
class track {
public:
    track(clip_writer& writer, const AVStream& source, std::int64_t start, microseconds length, bool has_decoding_times)
        : writer_(writer),
          source_(source),
          has_decoding_times_(has_decoding_times),
          start_(start),
          length_(av_rescale_q(length.count(), av::microsecond, source.time_base)),
          length_bytes_(media::length_bytes_of(*source.codecpar)),
          fields_(source),
          recovery_(source),
          target_(writer.add(*source.codecpar, source.time_base))
    {
        describe_like(target_, source);
    }

    // Takes what the packet refers to. Those that are shown after the end are kept where they are needed to decode.
    void add(AVPacket& packet)
    {
        if (packet.pts == AV_NOPTS_VALUE) unsupported("samples without a time, which MP4 has none of");
        if (av::has_other_parameters(packet, *source_.codecpar)) unsupported("parameters of a codec that change");
        check_units(packet);
        if (fields_.is_half_a_frame(packet)) unsupported("H.264 in fields, each of them a sample of its own");
        packet.pts -= start_;
        if (recovery_.is_incomplete(packet) && packet.pts >= 0 && packet.pts < length_)
            throw media::error(media::fault::unsupported, refreshed_in_steps);
        if (packet.dts != AV_NOPTS_VALUE) packet.dts -= start_;
        look_at(packet);
        if (packet.dts == AV_NOPTS_VALUE) {
            hold(packet);
            return;
        }
        release_held(packet.dts);
        write(packet);
    }

    void end()
    {
        if (!held_.empty() && !is_empty()) unsupported("frames without decoding times");
        std::ranges::sort(shown_);
        if (std::ranges::adjacent_find(shown_) != shown_.end()) corrupt("two samples that are shown at the same time");
        for (const std::int64_t hidden : hidden_) {
            if (hidden > first_shown_ && hidden < last_shown_) unsupported("an edit inside of the segment");
            if (hidden > last_shown_) first_hidden_behind_ = std::min(first_hidden_behind_, hidden);
        }
    }

    std::int64_t count() const { return static_cast<std::int64_t>(shown_.size()); }
    bool is_empty() const { return shown_.empty(); }
    // The time when the shown part begins, in ticks of the source. Not to be asked of an empty track.
    std::int64_t begin_shown() const { return std::max<std::int64_t>(first_shown_, 0); }
    // libav ends a track with the first key frame that lasts until the end of its edit, and would miss frames that
    // are shown before it but stored behind it. So no key frame does: the last frame of a video is a tick shorter than
    // its edit, and what is shown at the end of the segment is not told to be a key frame.
    std::int64_t end_shown() const
    {
        return std::min({std::max(end_of_last_, last_shown_) + 1, length_, first_hidden_behind_});
    }
    microseconds in_microseconds(std::int64_t time) const { return av::to_microseconds(time, source_.time_base); }
    microseconds longest() const { return in_microseconds(longest_); }

    // `apart`: by how much the start of the segment is rounded up more in this track than in the video's.
    edit shown_part(AVRational movie_tick, microseconds apart = {}) const
    {
        edit part = shown_part_on_own_clock(movie_tick);
        const std::int64_t ticks = av_rescale_q(apart.count(), av::microsecond, movie_tick);
        const std::int64_t hidden = std::max<std::int64_t>(-(part.begin + ticks), 0);
        part.begin += ticks + hidden;
        part.duration -= hidden;
        part.media_begin += av_rescale_q(hidden, movie_tick, target_.time_base);
        return part;
    }
    AVRational tick() const { return target_.time_base; }

private:
    edit shown_part_on_own_clock(AVRational movie_tick) const
    {
        const auto in_movie = [&](std::int64_t t) { return av_rescale_q(t, source_.time_base, movie_tick); };
        const auto in_track = [&](std::int64_t t) { return av_rescale_q(t, source_.time_base, target_.time_base); };
        return {.begin = in_movie(begin_shown()),
                .duration = in_movie(end_shown()) - in_movie(begin_shown()),
                .media_begin = in_track(begin_shown()) - in_track(first_decoded_),
                .media_duration = in_track(last_decoded_) - in_track(first_decoded_) + in_track(last_duration_)};
    }

    // The last chance to find a hole in the source: nothing is decoded.
    void check_units(const AVPacket& packet) const
    {
        const std::span<const std::uint8_t> content(packet.data, static_cast<std::size_t>(packet.size));
        if (length_bytes_ != 0 && !media::units_fill_sample(content, length_bytes_))
            corrupt(fmt::format("the frame at {:.3f} s is damaged",
                                static_cast<double>(packet.pts) * av_q2d(source_.time_base)));
    }

    bool is_audio() const { return source_.codecpar->codec_type == AVMEDIA_TYPE_AUDIO; }

    void look_at(AVPacket& packet)
    {
        // A frame is shown in the segment when its time is in it, audio when some of it is.
        const std::int64_t heard_until = packet.pts + (is_audio() ? std::max<std::int64_t>(packet.duration, 1) : 1);
        const bool is_shown = heard_until > 0 && packet.pts < length_;
        if (packet.flags & AV_PKT_FLAG_DISCARD) {
            // Only an edit list in the source hides what lies between two frames that are shown.
            packet.flags &= ~AV_PKT_FLAG_DISCARD;
            if (is_shown) hidden_.push_back(packet.pts);
        } else if (is_shown) {
            shown_.push_back(packet.pts);
            first_shown_ = std::min(first_shown_, packet.pts);
            last_shown_ = std::max(last_shown_, packet.pts);
            end_of_last_ = std::max(end_of_last_, packet.pts + packet.duration);
            longest_ = std::max(longest_, packet.duration);
        }
        if (packet.pts + packet.duration >= length_ && !is_audio()) packet.flags &= ~AV_PKT_FLAG_KEY;
    }

    void hold(AVPacket& packet)
    {
        if (held_.size() == max_untimed || first_decoded_ != AV_NOPTS_VALUE)
            unsupported("frames without decoding times");
        held_.push_back(av::make_packet());
        av_packet_move_ref(held_.back().get(), &packet);
    }

    // The first decoding times after a seek are unknown to libav where the container has none: one frame apart.
    void release_held(std::int64_t next)
    {
        const auto count = static_cast<std::int64_t>(held_.size());
        for (std::int64_t i = 0; i < count; ++i) {
            AVPacket& packet = *held_[static_cast<std::size_t>(i)];
            packet.dts = next - (count - i) * std::max<std::int64_t>(packet.duration, 1);
            write(packet);
        }
        held_.clear();
    }

    void write(AVPacket& packet)
    {
        if (first_decoded_ == AV_NOPTS_VALUE) {
            first_decoded_ = packet.dts;
        } else if (packet.dts <= last_decoded_) {
            // Writers may give several frames one decoding time. Any in front of its showing will do.
            if (!has_decoding_times_ || packet.pts <= last_decoded_)
                refuse_times("decoding times that stand still or jump back");
            packet.dts = last_decoded_ + 1;
        }
        last_decoded_ = packet.dts;
        last_duration_ = packet.duration;
        if (packet.pts < packet.dts) refuse_times("a sample that is shown before it is decoded");
        if (in_microseconds(packet.pts - packet.dts) > max_delay)
            corrupt("a sample that is shown long after it is decoded");
        writer_.write(packet, target_, source_.time_base);
    }

    [[noreturn]] void refuse_times(const char* what) const
    {
        if (has_decoding_times_) corrupt(what);
        unsupported(fmt::format("frames out of order, whose decoding times the container does not store ({})", what));
    }

    clip_writer& writer_;
    const AVStream& source_;
    bool has_decoding_times_;
    std::int64_t start_, length_;
    std::size_t length_bytes_;
    coded_fields fields_;
    recovery recovery_;
    AVStream& target_;
    std::vector<av::packet> held_;
    std::vector<std::int64_t> shown_, hidden_;
    std::int64_t first_shown_ = INT64_MAX, last_shown_ = INT64_MIN, end_of_last_ = INT64_MIN, longest_ = 0;
    std::int64_t first_hidden_behind_ = INT64_MAX;
    std::int64_t first_decoded_ = AV_NOPTS_VALUE, last_decoded_ = 0, last_duration_ = 0;
};

// libav parses these in MP4 once more, and then hides other frames than the edit list does.
constexpr std::array hidden_wrongly{AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_PNG};

void check_carried(const clip_writer& writer, const AVStream& stream, const char* what)
{
    const AVCodecID codec = stream.codecpar->codec_id;
    if (!writer.carries(codec) || std::ranges::find(hidden_wrongly, codec) != hidden_wrongly.end())
        unsupported(fmt::format("MP4 cannot carry {} {}", codec_name(*stream.codecpar), what));
}

// One cut from its first packet to its last.
class copier {
public:
    copier(const input& source, segment wanted, int output, const options& how, std::stop_token stop)
        : input_(source, wanted, std::move(stop)), length_(wanted.end - wanted.start), writer_(output, how.reproducible)
    {
        writer_.keep_all_side_data();
        check_carried(writer_, input_.video(), "frames");
        video_.emplace(writer_, input_.video(), input_.start_of_video(), length_,
                       stores_decoding_times(*input_.container()));
        if (!input_.audio() || how.audio == audio_mode::none) return;
        check_carried(writer_, *input_.audio(), "audio");
        audio_.emplace(writer_, *input_.audio(), input_.start_of_audio(), length_, true);
    }

    result run()
    {
        const av::packet packet = av::make_packet();
        writer_.begin();
        writer_.count_in(video_->tick());
        bool has_video = false, has_key = false;
        for (;;) {
            const segment_packets::kind got = input_.next(packet.get());
            if (got == segment_packets::kind::end) break;
            const av::scoped_packet unref(packet);
            if (unref->size == 0) continue;  // a frame was dropped there; MP4 has no samples without bytes
            has_video = has_video || got == segment_packets::kind::frame;
            has_key = has_key || (got == segment_packets::kind::frame && unref->flags & AV_PKT_FLAG_KEY);
            if (got == segment_packets::kind::audio) {
                if (audio_) audio_->add(*unref.get());
            } else if (has_key) {
                video_->add(*unref.get());
            }
        }
        if (has_video && !has_key) unsupported("none of the frames that the segment takes is a key frame");
        video_->end();
        if (audio_) audio_->end();
        if (video_->is_empty()) input_.throw_no_frame();

        std::vector<edit> edits{video_->shown_part(video_->tick())};
        if (audio_ && !audio_->is_empty()) edits.push_back(audio_->shown_part(video_->tick(), audio_late()));
        writer_.finish(edits);
        return what_was_made();
    }

private:
    // In AVI the clocks of both tick once a frame or packet, so that rounding is seen and heard.
    microseconds audio_late() const
    {
        const microseconds apart =
            input_.time_of_audio(input_.start_of_audio()) - input_.time_of_video(input_.start_of_video());
        return std::chrono::abs(apart) < least_apart ? microseconds{} : apart;
    }

    result what_was_made() const
    {
        const microseconds begin = video_->in_microseconds(video_->begin_shown());
        const microseconds end = video_->in_microseconds(video_->end_shown());
        const microseconds lacking = length_ - end;
        const microseconds missing = lacking > video_->longest() ? lacking : microseconds{};
        input_.check_edits(missing);
        return {.frames = video_->count(),
                .start = begin,
                .duration = end - begin,
                .missing = missing,
                .goes_on = input_.video_goes_on(),
                .audio = audio_ && !audio_->is_empty(),
                .source = input_.description()};
    }

    segment_packets input_;
    microseconds length_;
    clip_writer writer_;
    std::optional<track> video_, audio_;
};

}  // namespace

result copy(const input& source, segment wanted, int output, const options& how, std::stop_token stop)
{
    copier one(source, wanted, output, how, std::move(stop));
    return one.run();
}

}  // namespace reelpipe::cut
