#include "stages/verify/survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "media/av.hpp"
#include "media/demuxer.hpp"
#include "media/error.hpp"
#include "media/nal_units.hpp"
#include "reelpipe/clip.hpp"
#include "stages/verify/container_end.hpp"
#include "stages/verify/decoding.hpp"

namespace reelpipe::verify {

using std::chrono::microseconds;

namespace {

// What others share a second with: the container's duration may be that of what is hidden, or rounded up.
constexpr microseconds max_lost = std::chrono::seconds(1);

// The samples of one stream that are shown, from the first to the end of the last.
class extent {
public:
    explicit extent(const AVStream& stream)
        : time_base_(stream.time_base),
          one_(av_inv_q(stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : av_make_q(25, 1)))
    {
    }

    void add(const AVPacket& packet)
    {
        ++count_;
        const std::int64_t time = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;  // AVI has only the latter
        if (time == AV_NOPTS_VALUE) return;
        if (!has_times_ || time < first_) first_ = time;
        if (!has_times_ || time >= last_) {
            last_ = time;
            of_last_ = packet.duration;
        }
        has_times_ = true;
    }

    std::int64_t count() const { return count_; }
    microseconds duration() const { return has_times_ ? time(last_ + length_of_last() - first_) : time_by_rate(); }
    microseconds end() const { return has_times_ ? time(last_ + length_of_last()) : time_by_rate(); }

private:
    microseconds time(std::int64_t ticks) const { return av::to_microseconds(ticks, time_base_); }
    microseconds time_by_rate() const { return av::to_microseconds(count_, one_); }
    // Not all containers say how long a sample lasts.
    std::int64_t length_of_last() const
    {
        if (of_last_ > 0 || count_ < 2) return of_last_;
        return (last_ - first_) / (count_ - 1);
    }

    AVRational time_base_, one_;
    std::int64_t first_ = 0, last_ = 0, of_last_ = 0, count_ = 0;
    bool has_times_ = false;
};

// All samples that an MP4 index names are in the file.
void check_places(const media::demuxer& video, const media::partial_file& file)
{
    if (!video.has_sample_table()) return;
    for (AVStream* stream : {video.video(), video.audio()}) {
        const int count = stream ? avformat_index_get_entries_count(stream) : 0;
        for (int i = 0; i < count; ++i) {
            const AVIndexEntry* const each = avformat_index_get_entry(stream, i);
            if (each->pos > static_cast<std::int64_t>(file.size) - each->size)
                throw truncated_error(
                    fmt::format("the file ends before sample {} of the {} that its index names", i + 1, count));
        }
    }
}

// Where nothing says where the samples are, libav takes the end of the file for that of the video.
void check_claimed_duration(const media::demuxer& video, microseconds end)
{
    const AVFormatContext& input = *video.context();
    const bool is_alone = input.nb_streams == (video.audio() ? 2u : 1u);  // or subtitles may last longer
    const bool is_said = input.duration_estimation_method == AVFMT_DURATION_FROM_STREAM && input.duration > 0;
    const std::string_view format = input.iformat->name;
    if (!is_alone || !is_said || !(format.starts_with("matroska") || format == "avi" || format == "flv")) return;
    const microseconds claimed(input.duration);
    if (end + std::max(max_lost, claimed / 50) < claimed)
        throw truncated_error(fmt::format("the container says {:.2f} s, but its last sample ends at {:.2f} s",
                                          in_seconds(claimed), in_seconds(end)));
}

class reading {
public:
    reading(const media::partial_file& file, bool decodable) : file_(file), input_(file), first_(video())
    {
        if (video().disposition & AV_DISPOSITION_ATTACHED_PIC)
            throw media::error(media::fault::no_video_stream, "only audio, with the image of its cover");
        check_places(input_, file_);
        if (!decodable) return;
        frames_decoded_.emplace(video());
        if (input_.audio()) audio_decoded_.emplace(*input_.audio());
    }

    facts run()
    {
        extent frames(video());
        std::optional<extent> audio;
        if (input_.audio()) audio.emplace(*input_.audio());
        const av::packet packet = av::make_packet();
        while (input_.read(packet.get())) {
            const av::scoped_packet unref(packet);
            const bool is_frame = unref->stream_index == video().index;
            if (!(unref->flags & AV_PKT_FLAG_DISCARD)) (is_frame ? frames : *audio).add(*unref.get());
            if (auto& decoded = is_frame ? frames_decoded_ : audio_decoded_) decoded->feed(unref.get());
            if (is_frame) look_at(*unref.get());
        }
        try_first(nullptr);
        finish();
        if (frames.count() == 0) throw verify_error("no frame is shown");
        check_claimed_duration(input_, audio ? std::max(frames.end(), audio->end()) : frames.end());
        return {.frames = frames.count(),
                .duration = frames.duration(),
                .frame = frames.duration() / frames.count(),
                .codec = avcodec_get_name(video().codecpar->codec_id),
                .width = video().codecpar->width,
                .height = video().codecpar->height,
                .audio = audio && audio->count() > 0,
                .bytes = file_.size};
    }

    // A frame is not what its length says, as where a download left a hole; or whoever wrote it filled it up.
    bool is_doubtful() const { return is_doubtful_; }
    bool has_sample_table() const { return input_.has_sample_table(); }

private:
    const AVStream& video() const { return *input_.video(); }

    void look_at(AVPacket& packet)
    {
        const std::span<const std::uint8_t> sample(packet.data, static_cast<std::size_t>(packet.size));
        if (length_bytes_ && !media::units_fill_sample(sample, length_bytes_)) is_doubtful_ = true;
        packet.flags &= ~AV_PKT_FLAG_DISCARD;  // of a hidden lead-in the first frame will do, not the last
        try_first(&packet);
    }

    // The first samples of what was cut anywhere may need ones that are not there; then a later one has to do.
    void try_first(const AVPacket* packet)
    {
        try {
            first_.feed(packet);
        } catch (const decode_error&) {
            if (!packet) throw;
        }
        if (!packet && !first_.is_seen()) throw decode_error("no frame can be decoded");
    }

    void finish()
    {
        if (!frames_decoded_) return;
        frames_decoded_->feed(nullptr);
        if (audio_decoded_) audio_decoded_->feed(nullptr);
        if (frames_decoded_->count() == 0) throw decode_error("no frame can be decoded");
    }

    const media::partial_file& file_;
    media::demuxer input_;
    first_frame first_;
    std::optional<decoding> frames_decoded_, audio_decoded_;
    const std::size_t length_bytes_ = media::length_bytes_of(*input_.video()->codecpar);
    bool is_doubtful_ = false;
};

facts read(const media::partial_file& file, bool decodable)
{
    std::optional<reading> once(std::in_place, file, decodable);
    facts found = once->run();
    // Every sample of a table was there. Elsewhere nobody would have missed what is behind the end.
    const auto missing = once->has_sample_table() ? std::nullopt : missing_at_end(file);
    if (missing) throw truncated_error(*missing);
    if (!once->is_doubtful() || decodable) return found;
    once.reset();
    return reading(file, true).run();
}

}  // namespace

facts survey(int descriptor, bool decodable)
{
    const media::partial_file file = media::whole_file(descriptor);
    if (file.size == 0) throw truncated_error("an empty file");
    // Where the end is missing, that is why the rest is broken.
    try {
        return read(file, decodable);
    } catch (const media::error& e) {
        const bool may_be_cut = e.kind() == media::fault::corrupt || e.kind() == media::fault::no_video_stream;
        const auto missing = may_be_cut ? missing_at_end(file) : std::nullopt;
        if (missing) throw truncated_error(*missing);
        throw;
    } catch (const av::error& e) {
        if (const auto missing = missing_at_end(file)) throw truncated_error(*missing);
        throw verify_error(e.what());
    }
}

}  // namespace reelpipe::verify
