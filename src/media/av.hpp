#ifndef REELPIPE_MEDIA_AV_HPP
#define REELPIPE_MEDIA_AV_HPP

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

// Owners for what libav allocates, and the only place that knows its versions.
namespace reelpipe::av {

// A libav function failed. The text is what was being done, libav's word for the code, and the last error that libav
// logged on this thread.
class error : public std::runtime_error {
public:
    error(const std::string& doing, int code);
    int code() const noexcept { return code_; }

private:
    int code_;
};

// Passes on what is not an error code.
inline int check(int code, const char* doing)
{
    if (code == AVERROR(ENOMEM)) throw std::bad_alloc();
    if (code < 0) throw error(doing, code);
    return code;
}

template <class T> T* check_allocated(T* made)
{
    if (!made) throw std::bad_alloc();
    return made;
}

// No block that libav asks for is larger than a plane of the largest frame that we take, with two bytes a pixel and
// some more around it: tables that grow with what a file claims end there.
inline constexpr std::size_t max_block = 160u << 20;

// libav's messages go into the text of `error` instead of to stderr, and its blocks are bounded. Idempotent; whoever
// opens a context calls it.
void prepare();

// Forgets the captured message, so that the next error does not tell of an older one. What this thread hears of from
// here on is captured up to a level.
void forget_log(int level = AV_LOG_ERROR);
std::string_view last_message();

// True if libav has reported an error on this thread since then.
bool has_logged();

// libav frees through a pointer to the pointer; unique_ptr deleters get the pointer.
template <auto Free> struct free_by_address {
    template <class T> void operator()(T* p) const { Free(&p); }
};

template <auto Free> struct free_with {
    template <class T> void operator()(T* p) const { Free(p); }
};

struct free_io {
    // libav replaces the buffer that it was given, so the current one is freed.
    void operator()(AVIOContext* p) const
    {
        av_freep(&p->buffer);
        avio_context_free(&p);
    }
};

// Two owners of one type: an input was opened, an output only allocated. Neither owns a custom AVIO: the owner of that
// is declared before.
using input = std::unique_ptr<AVFormatContext, free_by_address<avformat_close_input>>;
using output = std::unique_ptr<AVFormatContext, free_with<avformat_free_context>>;
using io = std::unique_ptr<AVIOContext, free_io>;
using codec = std::unique_ptr<AVCodecContext, free_by_address<avcodec_free_context>>;
using parameters = std::unique_ptr<AVCodecParameters, free_by_address<avcodec_parameters_free>>;
using packet = std::unique_ptr<AVPacket, free_by_address<av_packet_free>>;
using frame = std::unique_ptr<AVFrame, free_by_address<av_frame_free>>;
using graph = std::unique_ptr<AVFilterGraph, free_by_address<avfilter_graph_free>>;

inline packet make_packet() { return packet(check_allocated(av_packet_alloc())); }
inline frame make_frame() { return frame(check_allocated(av_frame_alloc())); }
inline parameters make_parameters() { return parameters(check_allocated(avcodec_parameters_alloc())); }

// The open inputs and outputs of a parsed filter description.
struct filter_ends {
    filter_ends() = default;
    filter_ends(const filter_ends&) = delete;
    filter_ends& operator=(const filter_ends&) = delete;
    ~filter_ends()
    {
        avfilter_inout_free(&inputs);
        avfilter_inout_free(&outputs);
    }
    bool are_one_each() const { return inputs && !inputs->next && outputs && !outputs->next; }

    AVFilterInOut *inputs = nullptr, *outputs = nullptr;
};

// Lends a packet or a frame for one turn of a loop and drops what it refers to at the end of the turn.
template <class T, auto Unref> class scoped_unref {
public:
    template <class Owner> explicit scoped_unref(const Owner& owner) : lent_(owner.get()) {}
    scoped_unref(const scoped_unref&) = delete;
    scoped_unref& operator=(const scoped_unref&) = delete;
    ~scoped_unref() { Unref(lent_); }
    T* get() const { return lent_; }
    T* operator->() const { return lent_; }

private:
    T* lent_;
};
using scoped_packet = scoped_unref<AVPacket, av_packet_unref>;
using scoped_frame = scoped_unref<AVFrame, av_frame_unref>;

// Options for a call that takes an AVDictionary**.
class dictionary {
public:
    dictionary() = default;
    dictionary(const dictionary&) = delete;
    dictionary& operator=(const dictionary&) = delete;
    ~dictionary() { av_dict_free(&entries_); }
    void set(const char* key, const std::string& value) { check(av_dict_set(&entries_, key, value.c_str(), 0), key); }
    void set(const char* key, std::int64_t value) { check(av_dict_set_int(&entries_, key, value, 0), key); }
    AVDictionary** address() { return &entries_; }
    AVDictionary* release() { return std::exchange(entries_, nullptr); }
    // libav leaves in the dictionary what nobody wanted.
    const AVDictionaryEntry* unused() const { return av_dict_get(entries_, "", nullptr, AV_DICT_IGNORE_SUFFIX); }

private:
    AVDictionary* entries_ = nullptr;
};

// The clock of a segment.
inline constexpr AVRational microsecond{1, 1'000'000};

inline std::chrono::microseconds to_microseconds(std::int64_t time, AVRational time_base)
{
    return std::chrono::microseconds(av_rescale_q(time, time_base, microsecond));
}

// The duration of a frame, in the time base of its stream; 0: unknown.
inline std::int64_t duration_of(const AVFrame& decoded)
{
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    return decoded.duration;
#else
    return decoded.pkt_duration;
#endif
}

// The field order that a container states, taken from one of its frames, as the ffmpeg program reports it.
inline AVFieldOrder field_order_of(const AVFrame& decoded)
{
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    const bool interlaced = decoded.flags & AV_FRAME_FLAG_INTERLACED;
    const bool top_first = decoded.flags & AV_FRAME_FLAG_TOP_FIELD_FIRST;
#else
    const bool interlaced = decoded.interlaced_frame;
    const bool top_first = decoded.top_field_first;
#endif
    if (!interlaced) return AV_FIELD_PROGRESSIVE;
    return top_first ? AV_FIELD_TB : AV_FIELD_BT;
}

// Arguments that tell a `buffer` filter the colours of its frames, to append to others. From FFmpeg 7 on the filters
// behind it use them; before, they look at the frames.
inline std::string colours_of(const AVFrame& decoded)
{
#if LIBAVFILTER_VERSION_MAJOR >= 10
    return ":colorspace=" + std::to_string(decoded.colorspace) + ":range=" + std::to_string(decoded.color_range);
#else
    (void)decoded;
    return {};
#endif
}

// The rotation to apply to a frame before it is shown (libavutil/display.h); null: it is upright.
inline const std::int32_t* display_matrix_of(const AVStream& stream)
{
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    const AVPacketSideData* found = av_packet_side_data_get(
        stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    return found ? reinterpret_cast<const std::int32_t*>(found->data) : nullptr;
#else
    return reinterpret_cast<const std::int32_t*>(av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr));
#endif
}

// The pixel formats that an encoder accepts, as FFmpeg lists them, up to the entry that marks the end.
inline const AVPixelFormat* pixel_formats_of(const AVCodec& encoder)
{
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
    const void* all = nullptr;
    check(avcodec_get_supported_config(nullptr, &encoder, AV_CODEC_CONFIG_PIX_FORMAT, 0, &all, nullptr), encoder.name);
    return static_cast<const AVPixelFormat*>(all);
#else
    return encoder.pix_fmts;
#endif
}
inline const int* sample_rates_of(const AVCodec& encoder)
{
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
    const void* all = nullptr;
    check(avcodec_get_supported_config(nullptr, &encoder, AV_CODEC_CONFIG_SAMPLE_RATE, 0, &all, nullptr), encoder.name);
    return static_cast<const int*>(all);
#else
    return encoder.supported_samplerates;
#endif
}

// True if the container describes the codec from this packet on otherwise than at the beginning of the stream.
inline bool has_other_parameters(const AVPacket& from, const AVCodecParameters& at_first)
{
    std::size_t size = 0;
    const std::uint8_t* const changed = av_packet_get_side_data(&from, AV_PKT_DATA_NEW_EXTRADATA, &size);
    const std::uint8_t* const first = at_first.extradata;
    return changed && !std::equal(changed, changed + size, first, first + (first ? at_first.extradata_size : 0));
}

// Copies the side data of a stream, such as its rotation.
inline void copy_side_data(const AVStream& from, AVStream& to)
{
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    (void)from, (void)to;  // it is among the parameters
#else
    for (const AVPacketSideData* each = from.side_data; each != from.side_data + from.nb_side_data; ++each) {
        std::uint8_t* const copy = check_allocated(av_stream_new_side_data(&to, each->type, each->size));
        std::copy_n(each->data, each->size, copy);
    }
#endif
}

// The callbacks of avio_alloc_context; FFmpeg 7 made the written bytes const.
using read_callback = int (*)(void*, std::uint8_t*, int);
using seek_callback = std::int64_t (*)(void*, std::int64_t, int);
#if LIBAVFORMAT_VERSION_MAJOR >= 61
using written_bytes = const std::uint8_t*;
#else
using written_bytes = std::uint8_t*;
#endif
using write_callback = int (*)(void*, written_bytes, int);
io make_reader(void* opaque, read_callback, seek_callback, int buffer_bytes);
io make_writer(void* opaque, write_callback, seek_callback, int buffer_bytes);

}  // namespace reelpipe::av

#endif
