#include "stages/cut/clip_writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "stages/cut/cut.hpp"

namespace reelpipe::cut {

namespace {

constexpr int buffer_bytes = 64 << 10;

}  // namespace

clip_writer::clip_writer(int descriptor, bool reproducible)
    : descriptor_(descriptor), io_(av::make_writer(this, &clip_writer::write_bytes, &clip_writer::seek, buffer_bytes))
{
    AVFormatContext* made = nullptr;
    guard(avformat_alloc_output_context2(&made, nullptr, "mp4", nullptr), "set up the MP4 file");
    file_.reset(made);
    file_->pb = io_.get();
    file_->flags |= AVFMT_FLAG_CUSTOM_IO;
    if (reproducible) file_->flags |= AVFMT_FLAG_BITEXACT;
    file_->flush_packets = 0;  // nobody reads it before it is finished
}

int clip_writer::write_bytes(void* self, av::written_bytes bytes, int size)
{
    auto& writer = *static_cast<clip_writer*>(self);
    for (int done = 0; done < size;) {
        const ssize_t written = pwrite(writer.descriptor_, bytes + done, static_cast<std::size_t>(size - done),
                                       static_cast<off_t>(writer.position_));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            writer.write_error_ = errno;
            return AVERROR(EIO);
        }
        done += static_cast<int>(written);
        writer.position_ += written;
    }
    writer.size_ = std::max(writer.size_, writer.position_);
    return size;
}

std::int64_t clip_writer::seek(void* self, std::int64_t offset, int whence)
{
    auto& writer = *static_cast<clip_writer*>(self);
    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE) return writer.size_;
    if (whence == SEEK_CUR) offset += writer.position_;
    if (whence == SEEK_END) offset += writer.size_;
    if (offset < 0) return AVERROR(EINVAL);
    return writer.position_ = offset;
}

void clip_writer::guard(int code, const char* doing) const
{
    if (write_error_) throw std::system_error(write_error_, std::generic_category(), "write a clip");
    if (code < 0) throw encode_error(av::error(doing, code).what());
}

void clip_writer::keep_all_side_data() { file_->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL; }

bool clip_writer::carries(AVCodecID codec) const
{
    return avformat_query_codec(file_->oformat, codec, FF_COMPLIANCE_NORMAL) == 1;
}

AVStream& clip_writer::add(const AVCodecParameters& parameters, AVRational time_base)
{
    AVStream* const stream = av::check_allocated(avformat_new_stream(file_.get(), nullptr));
    guard(avcodec_parameters_copy(stream->codecpar, &parameters), "describe a stream");
    // The source container's name of the codec, as the ffmpeg program does: kept where MP4 has it, too.
    const AVCodecTag* const* const names = file_->oformat->codec_tag;
    if (!names || av_codec_get_id(names, parameters.codec_tag) != parameters.codec_id) stream->codecpar->codec_tag = 0;
    stream->time_base = time_base;
    // FFmpeg 5 calls it an experiment, though MP4 has had it since 2018 (https://mp4ra.org, 'fLaC').
    if (parameters.codec_id == AV_CODEC_ID_FLAC) file_->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
    return *stream;
}

void clip_writer::begin()
{
    guard(avformat_write_header(file_.get(), nullptr), "begin the MP4 file");
    begun_ = true;
    for (const waiting& each : waiting_) write_at_once(*each.packet, *each.stream, each.time_base);
    waiting_.clear();
}

void clip_writer::count_in(AVRational tick)
{
    guard(av_opt_set_int(file_->priv_data, "movie_timescale", tick.den, 0), "set the clock of the MP4 file");
}

// A source whose times stand still or jump back is written as the ffmpeg program writes it.
void clip_writer::keep_ascending(AVPacket& packet)
{
    last_times_.resize(file_->nb_streams, INT64_MIN);
    std::int64_t& last = last_times_[static_cast<std::size_t>(packet.stream_index)];
    if (last != INT64_MIN && packet.dts <= last) {
        packet.dts = last + 1;
        packet.pts = std::max(packet.pts, packet.dts);
    }
    last = packet.dts;
}

void clip_writer::write(AVPacket& packet, const AVStream& stream, AVRational time_base)
{
    if (begun_) {
        write_at_once(packet, stream, time_base);
        return;
    }
    av::packet kept = av::make_packet();
    av_packet_move_ref(kept.get(), &packet);
    waiting_.push_back({std::move(kept), &stream, time_base});
}

void clip_writer::write_at_once(AVPacket& packet, const AVStream& stream, AVRational time_base)
{
    av_packet_rescale_ts(&packet, time_base, stream.time_base);
    packet.stream_index = stream.index;
    packet.pos = -1;
    keep_ascending(packet);
    guard(av_interleaved_write_frame(file_.get(), &packet), "write a packet");
}

void clip_writer::finish(std::span<const edit> tracks)
{
    guard(av_write_trailer(file_.get()), "finish the MP4 file");
    avio_flush(io_.get());
    guard(0, "finish the MP4 file");
    finish_index(descriptor_, tracks);
}

void describe_like(AVStream& track, const AVStream& source)
{
    track.avg_frame_rate = source.avg_frame_rate;
    if (source.sample_aspect_ratio.num > 0) track.codecpar->sample_aspect_ratio = source.sample_aspect_ratio;
    track.sample_aspect_ratio = track.codecpar->sample_aspect_ratio;
    av::copy_side_data(source, track);
}

}  // namespace reelpipe::cut
