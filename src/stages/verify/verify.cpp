#include "stages/verify/verify.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>
#include <vector>

#include "media/av.hpp"
#include "media/demuxer.hpp"
#include "media/error.hpp"

namespace reelpipe::verify {

using std::chrono::microseconds;

namespace {

media::partial_file whole_file(int descriptor)
{
    struct stat found{};
    if (fstat(descriptor, &found) != 0) throw std::system_error(errno, std::generic_category(), "look at a clip");
    media::partial_file file{.descriptor = descriptor, .size = static_cast<std::uint64_t>(found.st_size)};
    file.held.add({0, file.size});
    return file;
}

// How many bytes in front of each NAL unit say how long it is (ISO/IEC 14496-15); 0: the codec has no such units.
std::size_t length_bytes_of(const AVCodecParameters& p)
{
    const std::span header(p.extradata, static_cast<std::size_t>(std::max(p.extradata_size, 0)));
    if (p.codec_id == AV_CODEC_ID_H264 && header.size() > 4 && header[0] == 1) return (header[4] & 3u) + 1;
    if (p.codec_id == AV_CODEC_ID_HEVC && header.size() > 21 && header[0] == 1) return (header[21] & 3u) + 1;
    return 0;
}

// The lengths inside a sample add up to the sample. An index that lies about sizes or positions breaks this at once.
bool units_fill_sample(std::span<const std::uint8_t> sample, std::size_t length_bytes)
{
    while (!sample.empty()) {
        if (sample.size() < length_bytes) return false;
        std::size_t length = 0;
        for (const std::uint8_t byte : sample.first(length_bytes)) length = length << 8 | byte;
        sample = sample.subspan(length_bytes);
        if (length == 0 || length > sample.size()) return false;
        sample = sample.subspan(length);
    }
    return true;
}

class first_picture {
public:
    explicit first_picture(const AVStream& stream)
    {
        const AVCodec* const codec = avcodec_find_decoder(stream.codecpar->codec_id);
        if (!codec) throw verify_error(fmt::format("no decoder for {}", avcodec_get_name(stream.codecpar->codec_id)));
        decoder_.reset(av::check_allocated(avcodec_alloc_context3(codec)));
        av::check(avcodec_parameters_to_context(decoder_.get(), stream.codecpar), "set up the decoder");
        decoder_->thread_count = 1;
        decoder_->max_pixels = media::largest_picture;
        av::check(avcodec_open2(decoder_.get(), codec, nullptr), "open the decoder");
    }

    // Feeds a packet, or null at the end of the file, until a picture came out.
    void feed(const AVPacket* packet)
    {
        if (seen_) return;
        av::check(avcodec_send_packet(decoder_.get(), packet), "decode the first picture");
        const int code = avcodec_receive_frame(decoder_.get(), picture_.get());
        if (code == AVERROR(EAGAIN)) return;
        av::check(code, "decode the first picture");
        seen_ = true;
    }

private:
    av::codec decoder_{};
    av::frame picture_ = av::make_frame();
    bool seen_ = false;
};

// When the pictures or sounds of one stream are shown.
class timeline {
public:
    explicit timeline(const AVStream& stream) : time_base_(stream.time_base), what_(stream.index) {}

    void add(const AVPacket& packet)
    {
        if (packet.pts == AV_NOPTS_VALUE || packet.dts == AV_NOPTS_VALUE)
            throw verify_error(fmt::format("stream {}: a sample without a time", what_));
        if (packet.dts <= last_decoded_)
            throw verify_error(fmt::format("stream {}: decoding times do not ascend at {}", what_, packet.dts));
        last_decoded_ = packet.dts;
        if (packet.flags & AV_PKT_FLAG_DISCARD) return;  // hidden by the edit list
        shown_.push_back(packet.pts);
        first_ = std::min(first_, packet.pts);
        end_ = std::max(end_, packet.pts + packet.duration);
        longest_ = std::max(longest_, packet.duration);
    }

    std::int64_t count()
    {
        std::ranges::sort(shown_);
        if (std::ranges::adjacent_find(shown_) != shown_.end())
            throw verify_error(fmt::format("stream {}: two samples are shown at the same time", what_));
        return static_cast<std::int64_t>(shown_.size());
    }
    microseconds start() const { return shown_.empty() ? microseconds{} : av::to_microseconds(first_, time_base_); }
    microseconds duration() const
    {
        return shown_.empty() ? microseconds{} : av::to_microseconds(end_ - first_, time_base_);
    }
    microseconds longest() const { return av::to_microseconds(longest_, time_base_); }

private:
    AVRational time_base_;
    int what_;
    std::int64_t last_decoded_ = INT64_MIN;
    std::int64_t first_ = INT64_MAX, end_ = INT64_MIN, longest_ = 0;
    std::vector<std::int64_t> shown_;
};

facts read_all(int descriptor)
{
    const media::partial_file file = whole_file(descriptor);
    media::demuxer clip(file);
    const AVStream& video = *clip.video();
    const std::size_t length_bytes = length_bytes_of(*video.codecpar);

    first_picture picture(video);
    timeline pictures(video);
    std::optional<timeline> sounds;
    if (clip.audio()) sounds.emplace(*clip.audio());

    const av::packet packet = av::make_packet();
    while (clip.read(packet.get())) {
        const av::packet_turn turn(packet);
        if (turn->stream_index != video.index) {
            sounds->add(*turn.get());
            continue;
        }
        const std::span<const std::uint8_t> sample(turn->data, static_cast<std::size_t>(turn->size));
        if (length_bytes && !units_fill_sample(sample, length_bytes))
            throw verify_error("the index and the pictures do not fit together");
        pictures.add(*turn.get());
        picture.feed(turn.get());
    }
    picture.feed(nullptr);

    facts f{.frames = pictures.count(),
            .start = pictures.start(),
            .duration = pictures.duration(),
            .frame = pictures.longest(),
            .codec = avcodec_get_name(video.codecpar->codec_id),
            .width = video.codecpar->width,
            .height = video.codecpar->height,
            .audio = sounds && sounds->count() > 0,
            .bytes = file.size};
    if (sounds) f.audio_duration = sounds->duration();
    return f;
}

double seconds(microseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

facts inspect(int descriptor)
{
    try {
        facts f = read_all(descriptor);
        if (f.frames == 0) throw verify_error("no picture is shown");
        return f;
    } catch (const media::error& e) {
        throw verify_error(e.what());
    } catch (const av::error& e) {
        throw verify_error(e.what());
    }
}

facts check(int descriptor, const expectation& expected)
{
    facts f = inspect(descriptor);
    if (expected.frames && f.frames != *expected.frames)
        throw verify_error(fmt::format("{} frames instead of {}", f.frames, *expected.frames));
    if (expected.duration && std::chrono::abs(f.duration - *expected.duration) > f.frame)
        throw verify_error(fmt::format("{:.3f} s instead of {:.3f}", seconds(f.duration), seconds(*expected.duration)));
    if (expected.audio && f.audio != *expected.audio)
        throw verify_error(f.audio ? "audio where none should be" : "the audio is missing");
    return f;
}

facts check_file(const std::filesystem::path& path, const expectation& expected)
{
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "open " + path.string());
    const struct closing {
        ~closing() { close(open_file); }
        int open_file;
    } at_the_end{descriptor};
    return check(descriptor, expected);
}

}  // namespace reelpipe::verify
