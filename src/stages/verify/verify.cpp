#include "stages/verify/verify.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "media/av.hpp"
#include "media/demuxer.hpp"
#include "media/error.hpp"
#include "media/limits.hpp"
#include "media/mp4_boxes.hpp"
#include "media/nal_units.hpp"
#include "reelpipe/clip.hpp"
#include "stages/verify/decoding.hpp"
#include "stages/verify/sample_tables.hpp"
#include "stages/verify/smart_rules.hpp"

namespace reelpipe::verify {

using std::chrono::microseconds;

namespace {

// Far beyond every video, and far from where sums overflow.
constexpr std::int64_t max_time = std::int64_t{1} << 60;

bool is_time(std::int64_t time) { return time > -max_time && time < max_time; }

// When the frames or audio packets of one stream are shown.
class timeline {
public:
    explicit timeline(const AVStream& stream) : time_base_(stream.time_base), what_(stream.index) {}

    void add(const AVPacket& packet)
    {
        if (!is_time(packet.pts) || !is_time(packet.dts) || !is_time(packet.duration))
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

    // To be called once, at the end.
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
    // After count().
    bool is_constant_from_zero() const
    {
        if (shown_.empty() || shown_.front() != 0) return false;
        // Rates that the time base cannot divide alternate between two neighbouring distances.
        std::int64_t shortest = INT64_MAX, widest = 0;
        for (std::size_t i = 1; i < shown_.size(); ++i) {
            shortest = std::min(shortest, shown_[i] - shown_[i - 1]);
            widest = std::max(widest, shown_[i] - shown_[i - 1]);
        }
        return shown_.size() < 2 || widest - shortest <= 1;
    }
    microseconds longest() const { return av::to_microseconds(longest_, time_base_); }

private:
    AVRational time_base_;
    int what_;
    std::int64_t last_decoded_ = INT64_MIN;
    std::int64_t first_ = INT64_MAX, end_ = INT64_MIN, longest_ = 0;
    std::vector<std::int64_t> shown_;
};

// The boxes follow each other up to the last byte of the file. Gives the places where samples may be.
media::range_set media_boxes(const media::partial_file& file)
{
    media::range_set found;
    std::uint64_t offset = 0;
    while (const auto box = media::box_at(file, offset, file.size)) {
        offset = box->payload.end;
        if (box->type == media::box_type("mdat")) found.add(box->payload);
    }
    if (offset != file.size) throw verify_error("the file ends inside of a box");
    return found;
}

// The times of a stream. How long the last sample lasts is not among them.
class steps {
public:
    void add(const AVPacket& sample)
    {
        if (!is_time(sample.dts)) throw verify_error("a sample without a time");
        if (last_) longest_ = std::max(longest_, sample.dts - *last_);
        last_ = sample.dts;
        first_ = std::min(first_, sample.dts);
        if (!is_time(sample.pts)) return;
        first_shown_ = std::min(first_shown_, sample.pts);
        last_shown_ = std::max(last_shown_, sample.pts);
    }
    // The duration counts from the first sample that is decoded, or, as libavformat writes it, from the first that is
    // shown.
    bool may_last(std::int64_t duration) const
    {
        if (!last_) return duration <= 0;
        if (!is_time(duration)) return false;
        return is_length_of_last(duration - (*last_ - first_)) ||
               (first_shown_ <= last_shown_ && is_length_of_last(duration - (last_shown_ - first_shown_)));
    }

private:
    bool is_length_of_last(std::int64_t ticks) const { return ticks >= 0 && (longest_ == 0 || ticks <= longest_); }

    std::optional<std::int64_t> last_;
    std::int64_t first_ = INT64_MAX, longest_ = 0;
    std::int64_t first_shown_ = INT64_MAX, last_shown_ = INT64_MIN;
};

// Every sample that the index names, shown or not: each in its own place, all media taken, and as long as it is said.
// Gives the number of those of the video.
std::int64_t check_index(const media::partial_file& file)
{
    const media::range_set places = media_boxes(file);
    media::demuxer clip(file, {}, media::edit_list_mode::ignored);
    clip.skip_parsing();
    const std::size_t length_bytes = media::length_bytes_of(*clip.video()->codecpar);
    std::vector<media::byte_range> samples;
    std::vector<steps> steps_of(clip.context()->nb_streams);

    std::int64_t of_video = 0;
    const av::packet packet = av::make_packet();
    while (clip.read(packet.get())) {
        const av::scoped_packet unref(packet);
        if (unref->stream_index == clip.video()->index) ++of_video;
        const std::span<const std::uint8_t> sample(unref->data, static_cast<std::size_t>(unref->size));
        if (unref->stream_index == clip.video()->index && length_bytes &&
            !media::units_fill_sample(sample, length_bytes))
            throw verify_error("the index and the frames do not match");
        const auto begin = static_cast<std::uint64_t>(unref->pos);
        samples.push_back({begin, begin + sample.size()});
        steps_of[static_cast<std::size_t>(unref->stream_index)].add(*unref.get());
    }

    std::ranges::sort(samples);
    media::range_set taken;
    for (const media::byte_range& each : samples) {
        if (!taken.ranges().empty() && each.begin < taken.ranges().back().end)
            throw verify_error(fmt::format("two samples share the byte at {}", each.begin));
        taken.add(each);
    }
    if (taken.ranges() != places.ranges()) throw verify_error("the samples do not fill the media");
    if (!clip.has_sample_table()) return of_video;  // fragments do not say how long the whole is
    // A last frame that is shown for long is longer than all steps before it.
    const std::set<std::int64_t> lengths = lengths_of_samples(file);
    for (const AVStream* stream : {clip.video(), clip.audio()})
        if (stream && !steps_of[static_cast<std::size_t>(stream->index)].may_last(stream->duration) &&
            !lengths.contains(stream->duration))
            throw verify_error(fmt::format("stream {}: the samples do not add up to its duration", stream->index));
    return of_video;
}

// In the order of showing.
class frame_lister {
public:
    explicit frame_lister(AVRational time_base)
    {
        list_.time_base_numerator = time_base.num;
        list_.time_base_denominator = time_base.den;
    }

    void add(const AVPacket& packet)
    {
        if (packet.flags & AV_PKT_FLAG_DISCARD) return;
        is_too_long_ = is_too_long_ || list_.frames.size() == media::max_listed_frames;
        if (!is_too_long_) list_.frames.push_back({packet.pts, packet.duration, (packet.flags & AV_PKT_FLAG_KEY) != 0});
    }

    std::optional<frame_list> take()
    {
        if (is_too_long_) return std::nullopt;
        std::vector<frame_list::frame>& all = list_.frames;
        std::ranges::sort(all, {}, &frame_list::frame::time);
        // libav does not tell how long a sample lasts that the edit list ends with.
        for (std::size_t i = 1; i < all.size(); ++i)
            if (all[i].duration <= 0) all[i].duration = all[i].time - all[i - 1].time;
        return std::move(list_);
    }

private:
    frame_list list_;
    bool is_too_long_ = false;
};

facts look(const media::partial_file& file, bool list_frames)
{
    media::demuxer clip(file);
    clip.skip_parsing();
    const AVStream& video = *clip.video();
    first_frame frame(video);
    timeline frames(video);
    std::optional<timeline> audio;
    if (clip.audio()) audio.emplace(*clip.audio());
    std::optional<frame_lister> lister;
    if (list_frames) lister.emplace(video.time_base);

    const av::packet packet = av::make_packet();
    while (clip.read(packet.get())) {
        const av::scoped_packet unref(packet);
        if (unref->stream_index != video.index) {
            audio->add(*unref.get());
            continue;
        }
        frames.add(*unref.get());
        if (lister) lister->add(*unref.get());
        unref->flags &= ~AV_PKT_FLAG_DISCARD;  // of a hidden lead-in the first frame will do, not the last
        frame.feed(unref.get());
    }
    frame.feed(nullptr);

    facts f{.frames = frames.count(),
            .start = frames.start(),
            .duration = frames.duration(),
            .frame = frames.longest(),
            .constant_rate = frames.is_constant_from_zero(),
            .codec = avcodec_get_name(video.codecpar->codec_id),
            .width = video.codecpar->width,
            .height = video.codecpar->height,
            .audio = audio && audio->count() > 0,
            .bytes = file.size};
    if (audio) f.audio_duration = audio->duration();
    if (lister) f.listed = lister->take();
    return f;
}

// Every packet decodes, and to as many frames as are shown.
void check_decodable(const media::partial_file& file, std::int64_t frames)
{
    media::demuxer clip(file);
    decoding video(*clip.video());
    std::optional<decoding> audio;
    if (clip.audio()) audio.emplace(*clip.audio());

    const av::packet packet = av::make_packet();
    while (clip.read(packet.get())) {
        const av::scoped_packet unref(packet);
        (unref->stream_index == clip.video()->index ? video : *audio).feed(unref.get());
    }
    video.feed(nullptr);
    if (audio) audio->feed(nullptr);
    if (video.count() != frames)
        throw decode_error(fmt::format("{} of {} frames can be decoded", video.count(), frames));
}

bool is_shorter(const facts& f, const expectation& expected)
{
    return expected.duration && f.duration + f.frame < *expected.duration;
}

}  // namespace

void compare(const facts& f, const expectation& expected)
{
    if (f.frames == 0) throw verify_error("no frame is shown");
    if (expected.frames && f.frames != *expected.frames)
        throw verify_error(fmt::format("{} frames instead of {}", f.frames, *expected.frames));
    if (expected.start && std::chrono::abs(f.start - *expected.start) > std::chrono::milliseconds(1))
        throw verify_error(fmt::format("the first frame is shown at {:.3f} s instead of {:.3f}", in_seconds(f.start),
                                       in_seconds(*expected.start)));
    if (expected.duration && std::chrono::abs(f.duration - *expected.duration) > f.frame &&
        !(is_shorter(f, expected) && expected.may_be_shorter))
        throw verify_error(
            fmt::format("{:.3f} s instead of {:.3f}", in_seconds(f.duration), in_seconds(*expected.duration)));
    if (expected.constant_rate && !f.constant_rate) throw verify_error("frames are not evenly spaced, starting at 0");
    if (expected.audio && f.audio != *expected.audio)
        throw verify_error(f.audio ? "there is audio, but none is expected" : "the audio is missing");
}

facts check(int descriptor, const expectation& expected)
try {
    const media::partial_file file = media::whole_file(descriptor);
    facts f = look(file, expected.list_frames);
    f.packets = check_index(file);
    check_reordering(file);
    compare(f, expected);
    if (expected.parts) check_parts(file, *expected.parts);
    if (expected.decodable || is_shorter(f, expected)) check_decodable(file, f.frames);
    return f;
} catch (const media::error& e) {
    throw verify_error(e.what());
} catch (const av::error& e) {
    throw verify_error(e.what());
}

facts check_file(const std::filesystem::path& path, const expectation& expected)
{
    const clip_file file(path);
    return check(file.descriptor(), expected);
}

clip_file::clip_file(const std::filesystem::path& path)
    : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))  // it might be a pipe
{
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "open " + path.string());
}

clip_file::~clip_file() { close(descriptor_); }

}  // namespace reelpipe::verify
