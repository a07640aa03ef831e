#include "stages/verify/smart_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "media/av.hpp"
#include "media/demuxer.hpp"
#include "media/h264_parameter_sets.hpp"
#include "media/limits.hpp"
#include "media/mp4_boxes.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe::verify {

namespace h264 = media::h264;

namespace {

[[noreturn]] void broken(const std::string& what) { throw verify_error("the clip's parts: " + what); }

std::vector<std::uint8_t> bytes_at(const media::partial_file& file, std::uint64_t offset, std::size_t count)
{
    std::vector<std::uint8_t> bytes(count);
    const auto got = media::read_at(file, offset, std::as_writable_bytes(std::span(bytes)));
    if (got != static_cast<ssize_t>(count)) broken("the index ends early");
    return bytes;
}

// Readers take the first of several sample entries, or the last, for all of the frames.
void check_sample_entry(const media::partial_file& file, const media::mp4_box& track)
{
    std::optional<media::mp4_box> table = track;
    for (const auto name : {media::box_type("mdia"), media::box_type("minf"), media::box_type("stbl")})
        if (table) table = media::find_box(file, table->payload, name);
    const auto entries = table ? media::find_box(file, table->payload, media::box_type("stsd")) : std::nullopt;
    if (!entries) broken("there is no description of the frames");
    const auto head = bytes_at(file, entries->payload.begin, 8);
    const auto first = media::box_at(file, entries->payload.begin + 8, entries->payload.end);
    if (!first || !std::ranges::equal(std::span(head).last(4), std::array<std::uint8_t, 4>{0, 0, 0, 1}))
        broken("there is not exactly one description of the frames");
    if (first->type != media::box_type("avc1")) broken("the frames are not described as avc1");
}

bool is_video_track(const media::partial_file& file, const media::mp4_box& track)
{
    const auto media = media::find_box(file, track.payload, media::box_type("mdia"));
    const auto kind = media ? media::find_box(file, media->payload, media::box_type("minf")) : std::nullopt;
    return kind && media::find_box(file, kind->payload, media::box_type("vmhd"));
}

void check_sample_entries(const media::partial_file& file)
{
    const auto moov = media::find_box(file, {0, file.size}, media::box_type("moov"));
    if (!moov) broken("there is no index");
    std::uint64_t at = moov->payload.begin;
    while (const auto box = media::box_at(file, at, moov->payload.end)) {
        if (box->type == media::box_type("trak") && is_video_track(file, *box)) check_sample_entry(file, *box);
        at = box->payload.end;
    }
}

// One sample of the video, as the rules see it.
struct sample {
    std::int64_t time = 0, decoded = 0;
    bool is_key = false, is_hidden = false;
    std::uint64_t print = 0;
    h264::coded_frame coded{};
    std::vector<std::uint8_t> bytes{};
};

class parts_check {
public:
    parts_check(const media::partial_file& file, const media::splice& planned) : clip_(file), planned_(planned)
    {
        clip_.skip_parsing();
    }

    void run()
    {
        read_sets();
        read_samples();
        check_plan();
        check_parts();
        check_keys();
        check_decoding();
    }

private:
    void read_sets()
    {
        const AVCodecParameters& described = *clip_.video()->codecpar;
        if (described.codec_id != AV_CODEC_ID_H264) broken("the frames are not H.264");
        const auto found =
            h264::configuration_in({described.extradata, static_cast<std::size_t>(described.extradata_size)});
        if (!found || found->has_extensions) broken("the description of the frames cannot be read");
        configuration_ = *found;
        const auto sets = h264::sets_of(*found);
        if (!sets) broken("parameter sets cannot be read, or two have one number");
        sets_ = *sets;
        const h264::sequence_parameters& first = sets_.begin()->second;
        for (const auto& [id, each] : sets_) {
            if (const auto what = h264::difference(first, each); !what.empty())
                broken(fmt::format("parameter sets differ in {}", what));
            if (!each.frames_only || each.has_buffer_model || each.has_scaling_matrix)
                broken("a parameter set cannot be joined");
        }
        std::set<std::uint64_t> there;
        for (const auto* all : {&configuration_.sequences, &configuration_.frames})
            for (const h264::unit& each : *all) there.insert(media::print_of(each));
        for (const std::uint64_t print : planned_.sets)
            if (!there.contains(print)) broken("a parameter set of the source is missing");
    }

    void read_samples()
    {
        const av::packet packet = av::make_packet();
        while (clip_.read(packet.get())) {
            const av::scoped_packet unref(packet);
            if (unref->stream_index != clip_.video()->index) continue;
            const std::span<const std::uint8_t> bytes(unref->data, static_cast<std::size_t>(unref->size));
            const auto coded = h264::coded_frame_in(bytes, configuration_.length_bytes, sets_);
            if (!coded) broken(fmt::format("sample {} has no frame whose parameter sets are there", samples_.size()));
            if (coded->has_parameter_sets) broken(fmt::format("sample {} has parameter sets", samples_.size()));
            if (coded->has_other_units || coded->is_field)
                broken(fmt::format("sample {} is not a frame alone", samples_.size()));
            samples_.push_back({.time = unref->pts,
                                .decoded = unref->dts,
                                .is_key = (unref->flags & AV_PKT_FLAG_KEY) != 0,
                                .is_hidden = (unref->flags & AV_PKT_FLAG_DISCARD) != 0,
                                .print = media::print_of(bytes),
                                .coded = *coded,
                                .bytes = {bytes.begin(), bytes.end()}});
        }
    }

    // Frames, times and bytes.
    void check_plan() const
    {
        if (samples_.size() != planned_.samples.size())
            broken(fmt::format("{} samples instead of {}", samples_.size(), planned_.samples.size()));
        const AVRational tick{planned_.time_base_numerator, planned_.time_base_denominator};
        for (std::size_t i = 0; i < samples_.size(); ++i) {
            const sample& each = samples_[i];
            if (each.is_hidden) broken(fmt::format("sample {} is hidden", i));
            if (av_compare_ts(each.time, clip_.video()->time_base, planned_.samples[i].time, tick) != 0)
                broken(fmt::format("sample {} is shown at another time", i));
            if (each.print != planned_.samples[i].print) broken(fmt::format("sample {} is not the planned one", i));
            if (each.decoded > each.time) broken(fmt::format("sample {} is shown before it is decoded", i));
            if (i > 0 && each.decoded <= samples_[i - 1].decoded)
                broken(fmt::format("sample {} is not decoded after the one before", i));
        }
    }

    // Each begins with an IDR frame and has parameter sets of its own.
    void check_parts() const
    {
        const std::int64_t count = std::ssize(samples_);
        std::set<unsigned> of_copied, of_encoded;
        for (std::int64_t i = 0; i < count; ++i) {
            const sample& each = samples_[static_cast<std::size_t>(i)];
            const bool begins = i == 0 || i == planned_.copy_begin || i == planned_.copy_end;
            if (begins && !each.coded.is_idr) broken(fmt::format("sample {} begins a part but is not an IDR frame", i));
            const bool is_copied = i >= planned_.copy_begin && i < planned_.copy_end;
            (is_copied ? of_copied : of_encoded).insert(each.coded.set_ids.begin(), each.coded.set_ids.end());
        }
        for (const unsigned id : of_encoded)
            if (of_copied.contains(id)) broken("copied and encoded frames share a parameter set");
    }

    void check_keys() const
    {
        for (std::size_t i = 0; i < samples_.size(); ++i) {
            const sample& each = samples_[i];
            if (each.is_key != each.coded.is_idr)
                broken(fmt::format("sample {} is {}told to be a key frame", i, each.is_key ? "" : "not "));
            if (i > 0 && each.coded.is_idr && samples_[i - 1].coded.is_idr &&
                each.coded.idr_id == samples_[i - 1].coded.idr_id)
                broken(fmt::format("the IDR frames {} and {} have one number", i - 1, i));
        }
    }

    // From each key frame on, by a decoder that has seen nothing else.
    void check_decoding()
    {
        for (std::size_t begin = 0; begin < samples_.size();) {
            std::size_t end = begin + 1;
            while (end < samples_.size() && !samples_[end].is_key) ++end;
            decode(begin, end);
            begin = end;
        }
    }

    void decode(std::size_t begin, std::size_t end)
    {
        const auto fail = [&] { throw decode_error(fmt::format("the frames from sample {} on do not decode", begin)); };
        if (decoder_)
            avcodec_flush_buffers(decoder_.get());
        else
            open_decoder();
        av::forget_log();
        std::size_t count = 0;
        const auto take = [&] {
            int code = 0;
            while ((code = avcodec_receive_frame(decoder_.get(), frame_.get())) >= 0) {
                const av::scoped_frame unref(frame_);
                if (unref->decode_error_flags || unref->flags & AV_FRAME_FLAG_CORRUPT) fail();
                ++count;
            }
            if (code != AVERROR(EAGAIN) && code != AVERROR_EOF) fail();
        };
        for (std::size_t i = begin; i < end; ++i) {
            const av::scoped_packet unref(packet_);
            av::check(av_new_packet(unref.get(), static_cast<int>(samples_[i].bytes.size())), "keep a sample");
            std::ranges::copy(samples_[i].bytes, unref->data);
            unref->pts = samples_[i].time;
            unref->dts = samples_[i].decoded;
            if (avcodec_send_packet(decoder_.get(), unref.get()) < 0) fail();
            take();
        }
        avcodec_send_packet(decoder_.get(), nullptr);
        take();
        if (count != end - begin || av::has_logged()) fail();
    }

    void open_decoder()
    {
        const AVCodec* const codec = avcodec_find_decoder(AV_CODEC_ID_H264);
        if (!codec) broken("no decoder for H.264");
        decoder_.reset(av::check_allocated(avcodec_alloc_context3(codec)));
        av::check(avcodec_parameters_to_context(decoder_.get(), clip_.video()->codecpar), "set up the decoder");
        decoder_->thread_count = 1;
        decoder_->max_pixels = media::max_frame_pixels;
        decoder_->err_recognition = AV_EF_EXPLODE;
        decoder_->skip_loop_filter = AVDISCARD_ALL;  // it changes how a frame looks, not whether it can be decoded
        av::check(avcodec_open2(decoder_.get(), codec, nullptr), "open the decoder");
    }

    media::demuxer clip_;
    const media::splice& planned_;
    h264::decoder_configuration configuration_;
    h264::sets_by_id sets_;
    std::vector<sample> samples_;
    av::codec decoder_;
    av::frame frame_ = av::make_frame();
    av::packet packet_ = av::make_packet();
};

}  // namespace

void check_parts(const media::partial_file& file, const media::splice& planned)
{
    check_sample_entries(file);
    parts_check(file, planned).run();
}

}  // namespace reelpipe::verify
