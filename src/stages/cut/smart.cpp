#include "stages/cut/smart.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "media/av.hpp"
#include "media/error.hpp"
#include "media/h264_parameter_sets.hpp"
#include "media/limits.hpp"
#include "media/nal_units.hpp"
#include "stages/cut/clip_audio.hpp"
#include "stages/cut/clip_writer.hpp"
#include "stages/cut/codecs.hpp"
#include "stages/cut/part_encoder.hpp"
#include "stages/cut/segment_packets.hpp"
#include "stages/cut/smart_plan.hpp"

namespace reelpipe::cut {

using std::chrono::microseconds;
namespace h264 = media::h264;

namespace {

constexpr std::size_t max_bytes = 256u << 20;  // of the packets of one segment
constexpr unsigned max_set_ids = 32;
constexpr std::chrono::milliseconds latest_start{100};

// The likeness to the source that a seam needs, in dB. The first quality mostly reaches it, and costs little.
constexpr double least_likeness = 36, least_median = 40;
constexpr double first_quality = 18, quality_step = 4;
constexpr int max_tries = 3;

// A packet of the source.
struct source_packet {
    av::packet packet;
    h264::coded_frame coded{};
};

std::span<const std::uint8_t> bytes_of(const AVPacket& packet)
{
    return {packet.data, static_cast<std::size_t>(packet.size)};
}

bool has_order(const h264::sequence_parameters& s) { return s.order.has_value(); }

// One smart cut from its first packet to its last. Throws cannot_copy before anything was written.
class splicer {
public:
    splicer(const input& source, segment wanted, int output, const options& how, std::stop_token stop)
        : input_(source, wanted, std::move(stop)),
          video_(input_.video()),
          how_(how),
          start_(input_.start_of_video()),
          end_(start_ + av_rescale_q((wanted.end - wanted.start).count(), av::microsecond, video_.time_base)),
          length_(wanted.end - wanted.start),
          writer_(output, how.reproducible),
          audio_(input_, writer_, how)
    {
        read_sets();
    }

    result run()
    {
        read();
        make_plan();
        encode_parts();
        return write();
    }

private:
    void read_sets()
    {
        if (how_.changes_frames() || how_.keep_corrupt) throw cannot_copy{why_encoded::changed_frames};
        const AVCodecParameters& described = *video_.codecpar;
        if (described.codec_id != AV_CODEC_ID_H264) throw cannot_copy{why_encoded::codec};
        if (media::length_bytes_of(described) == 0) throw cannot_copy{why_encoded::container};
        if (av::display_matrix_of(video_)) throw cannot_copy{why_encoded::rotated};

        const auto found =
            h264::configuration_in({described.extradata, static_cast<std::size_t>(described.extradata_size)});
        const auto sets = found ? h264::sets_of(*found) : std::nullopt;
        if (!sets || sets->empty() || found->sequences.size() != 1 || found->has_extensions)
            throw cannot_copy{why_encoded::parameter_sets};
        const h264::sequence_parameters& sequence = sets->begin()->second;
        if (!sequence.frames_only) throw cannot_copy{why_encoded::interlaced};
        if (sequence.has_scaling_matrix || sequence.has_buffer_model) throw cannot_copy{why_encoded::parameter_sets};
        if (pixel_format_of(sequence) == AV_PIX_FMT_NONE) throw cannot_copy{why_encoded::encoder_differs};
        source_ = *found;
        sets_ = *sets;
        format_.like = sequence;
        format_.set_id = free_id();
    }

    // libx264 has one number for both of its sets.
    unsigned free_id() const
    {
        unsigned id = 0;
        while (sets_.contains(id) || sets_.begin()->second.id == id) ++id;
        if (id >= max_set_ids) throw cannot_copy{why_encoded::parameter_sets};
        return id;
    }

    void read()
    {
        const av::packet packet = av::make_packet();
        std::size_t bytes = 0;
        for (;;) {
            const segment_packets::kind got = input_.next(packet.get());
            if (got == segment_packets::kind::end) break;
            const av::scoped_packet unref(packet);
            bytes += static_cast<std::size_t>(unref->size);
            if (bytes > max_bytes) throw cannot_copy{why_encoded::too_large};
            if (got == segment_packets::kind::frame)
                add_frame(*unref.get());
            else
                add_audio(*unref.get());
        }
    }

    void add_frame(AVPacket& packet)
    {
        const bool is_odd = packet.pts == AV_NOPTS_VALUE || (packet.dts != AV_NOPTS_VALUE && packet.pts < packet.dts);
        if (is_odd || packet.size == 0) throw cannot_copy{why_encoded::odd_times};
        if (av::has_other_parameters(packet, *video_.codecpar)) throw cannot_copy{why_encoded::parameter_sets};
        auto coded = h264::coded_frame_in(bytes_of(packet), source_.length_bytes, sets_);
        if (!coded) throw cannot_copy{why_encoded::damaged};
        if (coded->has_other_units) throw cannot_copy{why_encoded::other_units};
        if (coded->has_parameter_sets) throw cannot_copy{why_encoded::parameter_sets};
        if (coded->is_field) throw cannot_copy{why_encoded::interlaced};
        frames_.push_back(
            {.time = packet.pts, .is_idr = coded->is_idr, .is_hidden = (packet.flags & AV_PKT_FLAG_DISCARD) != 0});
        packets_.push_back({av::make_packet(), std::move(*coded)});
        av_packet_move_ref(packets_.back().packet.get(), &packet);
    }

    void add_audio(AVPacket& packet)
    {
        audio_packets_.push_back(av::make_packet());
        av_packet_move_ref(audio_packets_.back().get(), &packet);
    }

    void make_plan()
    {
        auto made = plan_smart_cut(frames_, start_, end_);
        if (const why_encoded* why = std::get_if<why_encoded>(&made)) throw cannot_copy{*why};
        plan_ = std::move(std::get<smart_plan>(made));
        if (plan_.shown.size() > media::max_frames_in(length_)) throw cannot_copy{why_encoded::too_large};
        if (begin_of_clip() > std::max<microseconds>(latest_start, one_frame()))
            throw cannot_copy{why_encoded::late_start};
    }

    // After the start of the segment.
    microseconds begin_of_clip() const { return av::to_microseconds(plan_.shown.front() - start_, video_.time_base); }

    AVRational frame_rate() const
    {
        const AVRational rate = av_guess_frame_rate(input_.container(), &video_, nullptr);
        return rate.num > 0 && rate.den > 0 ? rate : AVRational{25, 1};
    }

    microseconds one_frame() const { return av::to_microseconds(1, av_inv_q(frame_rate())); }

    // By how many frames the decoding of the source runs ahead of its showing.
    std::size_t reordered_frames() const
    {
        if (has_order(format_.like)) return format_.like.order->reordered_frames;
        std::vector<std::int64_t> shown;
        for (const source_frame& each : frames_) shown.push_back(each.time);
        std::ranges::sort(shown);
        std::ptrdiff_t most = 0;
        for (std::size_t i = 0; i < frames_.size(); ++i)
            most = std::max(most, static_cast<std::ptrdiff_t>(i) -
                                      (std::ranges::lower_bound(shown, frames_[i].time) - shown.begin()));
        return static_cast<std::size_t>(most);
    }

    void encode_parts()
    {
        if (plan_.head == 0 && plan_.tail == 0) return;
        format_.length_bytes = source_.length_bytes;
        format_.reordered_frames = reordered_frames();
        format_.time_base = video_.time_base;
        format_.frame_rate = frame_rate();
        format_.width = video_.codecpar->width;
        format_.height = video_.codecpar->height;
        format_.preset = how_.preset;
        format_.reproducible = how_.reproducible;

        const std::span shown(plan_.shown);
        const std::span packets(packets_);
        const auto idr_id = [](const source_packet& p) {
            return p.coded.is_idr ? std::optional(p.coded.idr_id) : std::nullopt;
        };
        head_ = encode_part(packets.first(plan_.copy_begin), shown.first(plan_.head), std::nullopt,
                            idr_id(packets_[plan_.copy_begin]));
        tail_ = encode_part(packets.subspan(plan_.tail_key), shown.last(plan_.tail),
                            idr_id(packets_[plan_.copy_end - 1]), std::nullopt);
        if (head_ && tail_ && (head_->sequence() != tail_->sequence() || head_->frame_set() != tail_->frame_set()))
            throw cannot_copy{why_encoded::encoder_differs};
    }

    // `before` and `behind` are the numbers of the IDR frames next to the part, where they are some.
    std::optional<part_encoder> encode_part(std::span<const source_packet> from, std::span<const std::int64_t> shown,
                                            std::optional<unsigned> before, std::optional<unsigned> behind)
    {
        std::optional<part_encoder> part;
        if (shown.empty()) return part;
        bool from_second_id = false;
        format_.quality = std::min<double>(how_.crf, first_quality);
        for (int tries = 1;;) {
            part.emplace(format_, from_second_id);
            decode(from, shown, *part);
            part->finish();
            const h264::coded_frame &first = part->frames().front().coded, &last = part->frames().back().coded;
            const bool clashes =
                (before && first.idr_id == *before) || (behind && last.is_idr && last.idr_id == *behind);
            if (clashes && from_second_id) throw cannot_copy{why_encoded::encoder_differs};
            const part_encoder::likeness found = part->likeness_of_all();
            const bool is_good = found.least >= least_likeness && found.median >= least_median;
            if (!clashes && (is_good || tries == max_tries)) return part;
            from_second_id = from_second_id || clashes;
            if (!is_good && tries < max_tries) {
                ++tries;
                format_.quality = std::max(format_.quality - quality_step, 1.0);
            }
        }
    }

    // Gives the part exactly the frames that are shown at these times.
    void decode(std::span<const source_packet> from, std::span<const std::int64_t> shown, part_encoder& part)
    {
        const av::codec decoder = open_decoder(video_, how_);
        std::size_t done = 0;
        const auto take_decoded = [&] {
            for (;;) {
                const int code = avcodec_receive_frame(decoder.get(), decoded_.get());
                if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
                if (code < 0) throw cannot_copy{why_encoded::damaged};
                const av::scoped_frame unref(decoded_);
                const std::int64_t time = unref->best_effort_timestamp;
                if (time < shown.front() || time > shown.back()) continue;
                if (done == shown.size() || time != shown[done] || unref->decode_error_flags ||
                    unref->flags & AV_FRAME_FLAG_CORRUPT)
                    throw cannot_copy{why_encoded::damaged};
                unref->pts = time;
                part.add(*unref.get());
                ++done;
            }
        };
        for (const source_packet& each : from) {
            const AVPacket& packet = *each.packet;
            if (packet.pts > shown.back() && !each.coded.is_reference) continue;
            decoder->skip_frame = packet.pts < shown.front() ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
            const int sent = avcodec_send_packet(decoder.get(), &packet);
            // Frames in front of the first key frame's time may lean on what was not read.
            if (sent < 0 && packet.pts >= from.front().packet->pts) throw cannot_copy{why_encoded::damaged};
            take_decoded();
        }
        if (avcodec_send_packet(decoder.get(), nullptr) < 0) throw cannot_copy{why_encoded::damaged};
        take_decoded();
        if (done != shown.size()) throw cannot_copy{why_encoded::damaged};
    }

    // --------------------------------------------------------------------------------------------- the file

    AVStream& add_video()
    {
        h264::decoder_configuration all = source_;
        for (const auto* part : {&head_, &tail_}) {
            if (!part->has_value() || all.sequences.size() > source_.sequences.size()) continue;
            all.sequences.push_back((*part)->sequence());
            all.frames.push_back((*part)->frame_set());
        }
        const std::vector<std::uint8_t> box = h264::box_of(all);
        if (box.empty()) throw cannot_copy{why_encoded::parameter_sets};
        const av::parameters described = av::make_parameters();
        av::check(avcodec_parameters_copy(described.get(), video_.codecpar), "describe the video");
        av_freep(&described->extradata);
        described->extradata_size = static_cast<int>(box.size());
        described->extradata =
            av::check_allocated(static_cast<std::uint8_t*>(av_mallocz(box.size() + AV_INPUT_BUFFER_PADDING_SIZE)));
        std::ranges::copy(box, described->extradata);

        writer_.keep_all_side_data();
        AVStream& target = writer_.add(*described, video_.time_base);
        describe_like(target, video_);
        return target;
    }

    // A frame of the clip, on its way into the file.
    struct clip_frame {
        std::int64_t time = 0;
        bool is_key = false;
        std::span<const std::uint8_t> bytes{};
    };

    std::vector<clip_frame> frames_of_clip()
    {
        std::vector<clip_frame> all;
        const auto add_part = [&](std::optional<part_encoder>& part) {
            if (!part) return;
            for (const encoded_frame& each : part->frames()) all.push_back({each.time, each.coded.is_idr, each.bytes});
        };
        add_part(head_);
        for (std::size_t i = plan_.copy_begin; i < plan_.copy_end; ++i)
            all.push_back({frames_[i].time, frames_[i].is_idr, bytes_of(*packets_[i].packet)});
        add_part(tail_);
        return all;
    }

    std::int64_t duration_of_last() const
    {
        const std::int64_t last = plan_.shown.back();
        std::int64_t next = INT64_MAX, own = 1;
        for (std::size_t i = 0; i < frames_.size(); ++i) {
            if (frames_[i].time > last) next = std::min(next, frames_[i].time);
            if (frames_[i].time == last) own = std::max<std::int64_t>(packets_[i].packet->duration, 1);
        }
        return next == INT64_MAX ? own : next - last;
    }

    result write()
    {
        const std::int64_t zero = plan_.shown.front();
        const std::vector<clip_frame> all = frames_of_clip();
        std::vector<std::int64_t> times;
        for (const clip_frame& each : all) times.push_back(each.time - zero);
        const std::vector<std::int64_t> decoded = decoding_times(times);
        std::vector<std::int64_t> sorted = times;
        std::ranges::sort(sorted);
        if (!std::ranges::equal(sorted, plan_.shown, {}, {}, [&](std::int64_t t) { return t - zero; }))
            throw cannot_copy{why_encoded::not_verified};

        AVStream& target = add_video();
        audio_.begin(begin_of_clip(), length_ - begin_of_clip());
        const std::int64_t last_lasts = duration_of_last();
        std::int64_t max_step = 1;
        for (std::size_t i = 1; i < decoded.size(); ++i) max_step = std::max(max_step, decoded[i] - decoded[i - 1]);
        const av::packet packet = av::make_packet();
        for (std::size_t i = 0; i < all.size(); ++i) {
            write_audio_before(av::to_microseconds(decoded[i], video_.time_base) + begin_of_clip());
            const av::scoped_packet unref(packet);
            av::check(av_new_packet(unref.get(), static_cast<int>(all[i].bytes.size())), "write a packet");
            std::ranges::copy(all[i].bytes, unref->data);
            unref->pts = times[i];
            unref->dts = decoded[i];
            const auto next = std::ranges::upper_bound(sorted, times[i]);
            unref->duration = next == sorted.end() ? last_lasts : *next - times[i];
            // The frame that is decoded last need not be shown last; in the index, it lasts no longer than the others.
            if (i > 0 && i + 1 == all.size()) unref->duration = std::min(unref->duration, max_step);
            unref->flags = all[i].is_key ? AV_PKT_FLAG_KEY : 0;
            writer_.write(*unref.get(), target, video_.time_base);
        }
        write_audio_before(microseconds::max());
        audio_.finish();
        writer_.finish();
        return what_was_made(all, times, sorted.back() + last_lasts);
    }

    void write_audio_before(microseconds time)
    {
        while (!audio_packets_.empty() && input_.audio()) {
            AVPacket& next = *audio_packets_.front();
            if (next.pts != AV_NOPTS_VALUE && input_.time_of_audio(next.pts) >= time) return;
            audio_.take(next);
            audio_packets_.pop_front();
        }
    }

    result what_was_made(const std::vector<clip_frame>& all, const std::vector<std::int64_t>& times,
                         std::int64_t end) const
    {
        media::splice parts{.time_base_numerator = video_.time_base.num,
                            .time_base_denominator = video_.time_base.den,
                            .copy_begin = static_cast<std::int64_t>(plan_.head),
                            .copy_end = static_cast<std::int64_t>(plan_.head + plan_.copy_end - plan_.copy_begin)};
        for (std::size_t i = 0; i < all.size(); ++i) parts.samples.push_back({times[i], media::print_of(all[i].bytes)});
        for (const auto* sets : {&source_.sequences, &source_.frames})
            for (const h264::unit& each : *sets) parts.sets.push_back(media::print_of(each));

        const microseconds lacking = length_ - begin_of_clip() - av::to_microseconds(end, video_.time_base);
        const microseconds missing = lacking > one_frame() ? lacking : microseconds{};
        input_.check_edits(missing);
        return {.frames = static_cast<std::int64_t>(all.size()),
                .duration = av::to_microseconds(end, video_.time_base),
                .missing = missing,
                .audio = audio_.is_heard(),
                .parts = std::move(parts),
                .source = input_.description()};
    }

    segment_packets input_;
    AVStream& video_;
    options how_;
    std::int64_t start_, end_;  // of the segment, in ticks of the video
    microseconds length_;
    clip_writer writer_;
    clip_audio audio_;
    h264::decoder_configuration source_;
    h264::sets_by_id sets_;
    part_format format_;
    std::vector<source_packet> packets_;  // in the order of decoding
    std::vector<source_frame> frames_;    // of the packets
    std::deque<av::packet> audio_packets_;
    smart_plan plan_;
    std::optional<part_encoder> head_, tail_;
    av::frame decoded_ = av::make_frame();
};

}  // namespace

result smart_cut(const input& source, segment wanted, int output, const options& how, std::stop_token stop)
{
    why_encoded why = why_encoded::not_at_all;
    try {
        splicer one(source, wanted, output, how, stop);
        return one.run();
    } catch (const cannot_copy& found) {
        why = found.why;
    }
    result whole = encode(source, wanted, output, how, std::move(stop));
    whole.encoded_because = why;
    return whole;
}

}  // namespace reelpipe::cut
