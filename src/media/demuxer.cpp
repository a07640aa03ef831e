#include "media/demuxer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "media/byte_source.hpp"
#include "media/encryption.hpp"
#include "media/error.hpp"
#include "media/fragment_index.hpp"
#include "media/limits.hpp"
#include "media/mp4_boxes.hpp"

namespace reelpipe::media {

using namespace std::chrono_literals;

namespace {

// Containers of a single file. What is not here either opens what the file names (playlists, concat) or is no video.
constexpr std::array containers{
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts", "mpeg", "avi", "flv", "ogg", "asf"};
constexpr int io_buffer_bytes = 32 << 10;
constexpr unsigned probe_bytes = 1 << 20;
constexpr int max_first_packets = 256;

int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) { return AVERROR(EPERM); }

// The demuxer of MP4 if the file is one, else null. So libav need not ask all demuxers, even those of game consoles.
const AVInputFormat* format_of(const partial_file& file)
{
    const auto box = box_at(file, 0, file.size);
    return box && box->type == box_type("ftyp") ? av_find_input_format("mov") : nullptr;
}

// FFmpeg 7 takes for a playlist only what is called one, and here nothing has a name.
bool is_playlist(AVIOContext& io)
{
    constexpr std::string_view first_line = "#EXTM3U";
    std::array<unsigned char, first_line.size()> begin{};
    avio_seek(&io, 0, SEEK_SET);
    const int got = avio_read(&io, begin.data(), static_cast<int>(begin.size()));
    return got == static_cast<int>(begin.size()) && std::ranges::equal(begin, first_line);
}

bool is_mp4(const AVInputFormat* format) { return format->name == std::string_view(containers[0]); }

AVStream* best_stream(AVFormatContext* input, AVMediaType type)
{
    const int index = av_find_best_stream(input, type, -1, -1, nullptr, 0);
    return index < 0 ? nullptr : input->streams[index];
}

// True for what is one image: a cover, or a title in front of the video. Not every container says how many there are.
bool is_still(const AVStream& stream)
{
    if (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) return true;
    switch (stream.codecpar->codec_id) {
        case AV_CODEC_ID_MJPEG:
        case AV_CODEC_ID_PNG:
        case AV_CODEC_ID_BMP:
        case AV_CODEC_ID_WEBP:
            return stream.nb_frames <= 1;
        default:
            return false;
    }
}

// A still gives way to any video beside it.
AVStream* best_video(AVFormatContext* input)
{
    AVStream* const best = best_stream(input, AVMEDIA_TYPE_VIDEO);
    if (!best || !is_still(*best)) return best;
    const std::span all(input->streams, input->nb_streams);
    const auto other = std::ranges::find_if(all, [](const AVStream* stream) {
        return stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !is_still(*stream);
    });
    return other == all.end() ? best : *other;
}

}  // namespace

demuxer::demuxer(const partial_file& file, std::stop_token stop, edit_list_mode lists, stream_selection wanted)
    : source_(std::make_unique<byte_source>(file, std::move(stop))),
      io_(av::make_reader(source_.get(), byte_source::read, byte_source::seek, io_buffer_bytes)),
      wanted_(wanted),
      edits_(lists)
{
    if (file.size == 0) throw error(fault::not_media, "an empty file");
    av::prepare();
    av::forget_log();
    // Reads exactly what is asked for: a skip over a hole is a seek, never a read through it.
    io_->direct = 1;

    const AVInputFormat* format = format_of(file);
    if (!format && av_probe_input_buffer2(io_.get(), &format, nullptr, nullptr, 0, probe_bytes) < 0) {
        source_->rethrow();
        if (is_playlist(*io_)) throw error(fault::unsupported, "a container of type hls");
        throw error(fault::not_media, "no known container");
    }
    source_->rethrow();
    // libavformat 5.1 checks the sums of Ogg's pages in its buffer only.
    io_->direct = std::string_view(format->name) != "ogg";
    if (std::ranges::find(containers, std::string_view(format->name)) == containers.end())
        throw error(fault::unsupported, std::string("a container of type ") + format->name);

    if (is_mp4(format)) {
        check_claims(file);
        if (has_unnumbered_track(file)) throw error(fault::corrupt, "a track without a number");
    }

    AVFormatContext* context = av::check_allocated(avformat_alloc_context());
    source_->watch(context);
    context->pb = io_.get();
    context->io_open = refuse_to_open;
    context->max_streams = max_streams;
    av::dictionary settings;
    if (lists == edit_list_mode::ignored) settings.set("ignore_editlist", 1);
    const int opened = avformat_open_input(&context, nullptr, format, settings.address());  // frees it on failure
    source_->watch(opened >= 0 ? context : nullptr);
    if (opened >= 0) input_.reset(context);
    source_->rethrow();
    // FFmpeg 7.1 cannot open encrypted fragments.
    if (const auto encryption = opened >= 0 ? encryption_of(file, *input_) : encryption_of_mp4(file))
        throw error(fault::encrypted, "it is encrypted (" + *encryption + "), and there is no key for it");
    guard(opened, "opening the container");
    find_streams();
    if (!knows_parameters()) {
        leave_first_fragment();
        look_for_parameters();
    }
    check_limits();
    check_begin();
    discard_other_streams();
    find_origin();
}

demuxer::~demuxer() = default;

void demuxer::guard(int code, const char* doing) const
{
    source_->rethrow();
    if (code >= 0) return;
    if (code == AVERROR(ENOMEM))
        throw error(fault::too_large, std::string(doing) + ": too much memory or too many streams");
    if (code == AVERROR_EOF) throw error(fault::corrupt, std::string(doing) + ": the file ends early");
    if (code == AVERROR_PATCHWELCOME || code == AVERROR(ENOSYS))
        throw error(fault::unsupported, std::string(doing) + ": this FFmpeg cannot read files of this kind");
    throw error(fault::corrupt, av::error(doing, code).what());
}

void demuxer::find_streams()
{
    video_ = wanted_ == stream_selection::audio_and_video ? best_video(input_.get()) : nullptr;
    audio_ = best_stream(input_.get(), AVMEDIA_TYPE_AUDIO);
}

// An MP4 index says everything that is needed; who does not look at its edits looks at samples only.
bool demuxer::knows_parameters() const
{
    const bool counts_samples = edits_ == edit_list_mode::ignored && is_mp4(input_->iformat);
    if (counts_samples && video_ && video_->codecpar->width > 0) return true;
    const auto complete = [](const AVStream* stream) {
        const AVCodecParameters& p = *stream->codecpar;
        if (stream->start_time == AV_NOPTS_VALUE || p.codec_id == AV_CODEC_ID_NONE) return false;
        // libav's muxer has to be told the kind of VP9's frames, and its demuxer does not look at what MP4 says of
        // it.
        if (p.codec_id == AV_CODEC_ID_VP9 && p.format == AV_PIX_FMT_NONE) return false;
        return p.codec_type == AVMEDIA_TYPE_VIDEO ? p.width > 0 && stream->r_frame_rate.num > 0 : p.sample_rate > 0;
    };
    return is_mp4(input_->iformat) && (video_ || wanted_ == stream_selection::audio_only) &&
           (!video_ || complete(video_)) && (audio_ || video_) && (!audio_ || complete(audio_));
}

// libav reads and decodes the first packets, which costs bytes.
void demuxer::look_for_parameters()
{
    std::vector<av::dictionary> options(input_->nb_streams);
    std::vector<AVDictionary*> entries;
    for (av::dictionary& each : options) {
        each.set("max_pixels", max_frame_pixels);
        entries.push_back(each.release());
    }
    const int found = avformat_find_stream_info(input_.get(), entries.data());
    for (AVDictionary* each : entries) av_dict_free(&each);
    guard(found, "reading stream parameters");
    find_streams();
}

// The packets of any fragment hold what libav looks for in the first ones, except when the video begins; and that the
// first moof tells. So a file of which only an index and some fragments are held can be opened.
void demuxer::leave_first_fragment()
{
    const partial_file& file = source_->file();
    const std::vector<fragment> all = is_mp4(input_->iformat) ? fragments_of(file) : std::vector<fragment>();
    if (all.empty() || file.held.holds(all.front().bytes)) return;
    const auto held = [&](const fragment& f) {
        return std::min(file.held.run_end(f.bytes.begin).value_or(f.bytes.begin), f.bytes.end) - f.bytes.begin;
    };
    const auto other = std::ranges::max_element(all, {}, held);
    if (other == all.begin() || held(*other) == 0 || other->end <= other->begin) return;

    const auto unknown = [](const AVStream* stream) { return stream && stream->start_time == AV_NOPTS_VALUE; };
    input_->flags |= AVFMT_FLAG_NOPARSE;
    source_->imagine(true);
    const av::packet packet = av::make_packet();
    for (int i = 0; i < max_first_packets && (unknown(video_) || unknown(audio_)); ++i) {
        if (av_read_frame(input_.get(), packet.get()) < 0) break;
        av_packet_unref(packet.get());
    }
    source_->imagine(false);
    input_->flags &= ~AVFMT_FLAG_NOPARSE;
    source_->check_stop();

    const std::int64_t within = (other->begin + (other->end - other->begin) / 50).count();
    guard(avformat_seek_file(input_.get(), -1, INT64_MIN, within, within, 0), "seeking a fragment");
}

void demuxer::check_limits() const
{
    if (wanted_ == stream_selection::audio_only) {
        if (!audio_) throw error(fault::unsupported, "the audio file has no audio");
        return;
    }
    if (!video_) throw error(fault::no_video_stream, "only other streams than video");
    const AVCodecParameters& frame = *video_->codecpar;
    if (frame.codec_id == AV_CODEC_ID_NONE)
        throw error(fault::unsupported, "frames of a codec that this FFmpeg does not know");
    if (frame.width <= 0 || frame.height <= 0) throw error(fault::corrupt, "a video without a frame size");
    if (std::int64_t{frame.width} * frame.height > max_frame_pixels)
        throw error(fault::too_large, "frames of " + std::to_string(frame.width) + "x" + std::to_string(frame.height));
}

void demuxer::check_begin() const
{
    for (const AVStream* stream : {video_, audio_})
        if (stream && stream->start_time != AV_NOPTS_VALUE && !is_time(stream->start_time, stream->time_base))
            throw error(fault::corrupt, "its start time is out of range");
    if (input_->start_time != AV_NOPTS_VALUE && !is_time(input_->start_time, av::microsecond))
        throw error(fault::corrupt, "its start time is out of range");
}

void demuxer::discard_other_streams()
{
    for (unsigned i = 0; i < input_->nb_streams; ++i) {
        AVStream* stream = input_->streams[i];
        if (stream != video_ && stream != audio_) stream->discard = AVDISCARD_ALL;
    }
}

// As libav's own count, which it makes only when it looks for parameters.
void demuxer::find_origin()
{
    if (source_->file().origin) {
        origin_ = *source_->file().origin;
        return;
    }
    std::int64_t first = input_->start_time;
    for (unsigned i = 0; i < input_->nb_streams && input_->start_time == AV_NOPTS_VALUE; ++i) {
        const AVStream* stream = input_->streams[i];
        const AVMediaType type = stream->codecpar->codec_type;
        if (stream->start_time == AV_NOPTS_VALUE || (type != AVMEDIA_TYPE_VIDEO && type != AVMEDIA_TYPE_AUDIO))
            continue;
        const std::int64_t start = av_rescale_q(stream->start_time, stream->time_base, av::microsecond);
        if (first == AV_NOPTS_VALUE || start < first) first = start;
    }
    origin_ = std::chrono::microseconds(first == AV_NOPTS_VALUE ? 0 : first);
}

std::chrono::microseconds demuxer::audio_ahead() const { return source_->file().audio_ahead; }

void demuxer::seek(std::chrono::microseconds time)
{
    const AVStream& stream = leading();
    const std::int64_t wanted =
        av_rescale_q_rnd((time + origin_).count(), av::microsecond, stream.time_base, AV_ROUND_DOWN);
    const std::int64_t first = stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
    if (has_no_index()) {
        if (wanted <= first || !search(wanted)) rewind();
        return;
    }
    std::int64_t step_back = av_rescale_q(AV_TIME_BASE / 2, av::microsecond, stream.time_base);
    std::int64_t step_before_key = 1;
    for (std::int64_t target = wanted; target > first && seek_at_or_before(target);) {
        const seen_packet found = next_leading();
        if (found.is_key && found.time <= wanted && (!found.is_hidden || shows_by(wanted))) {
            if (seek_at_or_before(target)) return;
            break;
        }
        // Where there is an index, libav searches by decoding time and may come out at a key frame that is shown later
        // than asked for. Where there is none, it comes out anywhere.
        if (found.is_key) {
            target = std::min(found.time, target) - step_before_key;
            step_before_key *= 2;
        } else {
            target -= step_back;
            step_back *= 2;
        }
    }
    rewind();
}

AVStream& demuxer::leading() const { return video_ ? *video_ : *audio_; }

bool demuxer::has_no_index() const { return (input_->iformat->flags & AVFMT_TS_DISCONT) != 0; }

bool demuxer::seek_at_or_before(std::int64_t time)
{
    has_moved_ = true;
    const int code = avformat_seek_file(input_.get(), leading().index, INT64_MIN, time, time, 0);
    source_->rethrow();
    return code >= 0;
}

// Seeking in one of the two streams takes the other along: to the same time in MP4, to the same place in the file
// elsewhere.
AVStream& demuxer::first_stream() const
{
    if (!audio_ || audio_ == &leading()) return leading();
    const AVIndexEntry* const of_audio = avformat_index_get_entry(audio_, 0);
    const AVIndexEntry* const of_video = avformat_index_get_entry(video_, 0);
    // In Matroska both begin at the place of their cluster.
    const bool has_places = !is_mp4(input_->iformat) && of_audio && of_video;
    if (has_places && of_audio->pos != of_video->pos) return of_audio->pos < of_video->pos ? *audio_ : *video_;
    const auto start_of = [](const AVStream* stream) {
        return stream->start_time == AV_NOPTS_VALUE ? 0us : av::to_microseconds(stream->start_time, stream->time_base);
    };
    return start_of(audio_) < start_of(video_) ? *audio_ : *video_;
}

void demuxer::rewind()
{
    has_moved_ = true;
    AVStream* const first = &first_stream();
    std::int64_t start = first->start_time == AV_NOPTS_VALUE ? 0 : first->start_time;
    // Something without a frame may come before the first packet, such as the settings of a codec in FLV.
    const AVIndexEntry* const place = avformat_index_get_entry(first, 0);
    if (place && !is_mp4(input_->iformat)) start = std::min(start, place->timestamp);
    // A stream without an index would be searched, and what is searched for is the first thing in it.
    const int code = has_no_index() ? avformat_seek_file(input_.get(), -1, 0, 0, 0, AVSEEK_FLAG_BYTE)
                                    : avformat_seek_file(input_.get(), first->index, INT64_MIN, start, INT64_MAX, 0);
    source_->rethrow();
    if (code < 0 && is_mp4(input_->iformat) && avformat_index_get_entries_count(&leading()) == 0)
        throw error(fault::no_video_stream,
                    video_ ? "its video track has no frames" : "its audio track has no samples");
    guard(code, "rewinding");
}

demuxer::seen_packet demuxer::next_leading()
{
    const av::packet packet = av::make_packet();
    while (read(packet.get())) {
        const av::scoped_packet unref(packet);
        if (unref->stream_index != leading().index) continue;
        const std::int64_t time = unref->pts != AV_NOPTS_VALUE ? unref->pts : unref->dts;
        return {.time = time,
                .decoded = unref->dts != AV_NOPTS_VALUE ? unref->dts : time,
                .position = unref->pos,
                .is_key = (unref->flags & AV_PKT_FLAG_KEY) != 0 && time != AV_NOPTS_VALUE,
                .is_hidden = (unref->flags & AV_PKT_FLAG_DISCARD) != 0};
    }
    return {.time = AV_NOPTS_VALUE, .decoded = AV_NOPTS_VALUE};
}

bool demuxer::read(AVPacket* packet)
{
    for (;;) {
        source_->check_stop();
        const int code = av_read_frame(input_.get(), packet);
        if (code == AVERROR_EOF) {
            source_->rethrow();
            if (names_missing_samples())
                throw error(fault::corrupt, "the file ends before the samples of its index do");
            return false;
        }
        guard(code, "reading a packet");
        const int stream = packet->stream_index;
        const bool ours = (video_ && stream == video_->index) || (audio_ && stream == audio_->index);
        const bool cut_short = packet->flags & AV_PKT_FLAG_CORRUPT && is_mp4(input_->iformat);
        if (ours && !cut_short) {
            check_times(*packet);
            if (video_ && stream == video_->index) name_parameters(*packet);
            return true;
        }
        av_packet_unref(packet);
        if (ours) throw error(fault::corrupt, "the file ends inside of a sample");
    }
}

// libav takes a sample behind the end of the file for the end of the video.
bool demuxer::names_missing_samples() const
{
    if (!is_mp4(input_->iformat)) return false;
    const auto ends_behind_file = [this](AVStream* stream) {
        const int count = stream ? avformat_index_get_entries_count(stream) : 0;
        const AVIndexEntry* const last = count > 0 ? avformat_index_get_entry(stream, count - 1) : nullptr;
        return last && last->pos > static_cast<std::int64_t>(source_->file().size) - last->size;
    };
    return ends_behind_file(video_) || ends_behind_file(audio_);
}

void demuxer::check_times(AVPacket& packet) const
{
    const AVRational time_base = input_->streams[packet.stream_index]->time_base;
    for (const std::int64_t time : {packet.pts, packet.dts})
        if (time != AV_NOPTS_VALUE && !is_time(time, time_base))
            throw error(fault::corrupt, "the time of a sample is out of range");
    packet.duration = std::clamp<std::int64_t>(packet.duration, 0, INT32_MAX);
}

// MP4's samples name their parameters. libavformat says which ones where they are others than those of the sample that
// it read before, wherever that was.
void demuxer::name_parameters(AVPacket& packet)
{
    const bool has_moved = std::exchange(has_moved_, false);
    std::size_t size = 0;
    const std::uint8_t* const changed = av_packet_get_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
    if (changed) {
        parameters_.assign(changed, changed + size);
    } else if (has_moved && !parameters_.empty() && is_mp4(input_->iformat)) {
        std::uint8_t* const added =
            av::check_allocated(av_packet_new_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, parameters_.size()));
        std::ranges::copy(parameters_, added);
    }
}

bool demuxer::has_sample_table() const
{
    if (!is_mp4(input_->iformat)) return false;
    const partial_file& file = source_->file();
    const auto moov = find_box(file, {0, file.size}, box_type("moov"));
    // With an mvex, fragments all over the file say what is in them.
    return moov && !find_box(file, moov->payload, box_type("mvex"));
}

std::string demuxer::container() const
{
    const std::string_view name = input_->iformat->name;
    if (is_mp4(input_->iformat)) return has_sample_table() ? "MP4" : "MP4 in fragments";
    if (name.starts_with("matroska")) return "WebM/Matroska";
    if (name == "mpegts") return "MPEG-TS";
    return std::string(name);
}

void demuxer::read_samples_as_zeros()
{
    input_->flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
    source_->imagine(true);
}

const range_set& demuxer::sample_ranges_touched() const { return source_->sample_ranges_touched(); }

std::vector<demuxer::entry> demuxer::entries(std::chrono::microseconds time)
{
    AVStream& stream = leading();
    seek_at_or_before(av_rescale_q((time + origin_).count(), av::microsecond, stream.time_base));
    std::vector<entry> all;
    const int count = avformat_index_get_entries_count(&stream);
    for (int i = 0; i < count; ++i) {
        const AVIndexEntry* each = avformat_index_get_entry(&stream, i);
        if (each->pos < 0 || !(each->flags & AVINDEX_KEYFRAME)) continue;
        all.push_back(
            {av::to_microseconds(each->timestamp, stream.time_base) - origin_, static_cast<std::uint64_t>(each->pos)});
    }
    return all;
}

const range_set& demuxer::bytes_read() const { return source_->read(); }

}  // namespace reelpipe::media
