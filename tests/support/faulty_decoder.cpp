// A library for LD_PRELOAD that makes libavcodec and libavformat as bad as a decoder and a demuxer can be, for frames
// of certain widths: the real function is called, and then the process crashes, never comes back, or takes all the
// memory that it can get.

#include <dlfcn.h>
#include <sys/mman.h>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

struct widths {
    int crash = 0, hang = 0, take_all_memory = 0;
};
constexpr widths of_decoder{162, 164, 166};
constexpr widths of_demuxer{172, 174, 176};

int take_all_memory()
{
    constexpr std::size_t piece = 16u << 20;
    std::vector<void*> taken;
    for (;;) {
        // Not by malloc(), which may be one that writes zeros: of a few GB, that takes a busy machine long.
        void* const more = mmap(nullptr, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (more == MAP_FAILED) break;
        std::memset(more, 1, piece / 256);  // some of it for real
        taken.push_back(more);
    }
    for (void* const each : taken) munmap(each, piece);
    return AVERROR(ENOMEM);
}

[[noreturn]] void hang()
{
    static std::atomic<bool> told{false};
    if (!told.exchange(true)) std::fputs("faulty decoder: hangs from here on\n", stderr);  // for who waits for it
    for (volatile bool forever = true; forever;) {
    }
    std::abort();
}

int misbehave(int width, const widths& bad, int code)
{
    if (width == bad.crash) std::raise(SIGSEGV);
    if (width == bad.take_all_memory) return take_all_memory();
    if (width == bad.hang) hang();
    return code;
}

}  // namespace

extern "C" int avcodec_receive_frame(AVCodecContext* avctx, AVFrame* frame)
{
    using function = int (*)(AVCodecContext*, AVFrame*);
    static const auto real = reinterpret_cast<function>(dlsym(RTLD_NEXT, "avcodec_receive_frame"));
    const int code = real(avctx, frame);
    return code < 0 ? code : misbehave(frame->width, of_decoder, code);
}

extern "C" int av_read_frame(AVFormatContext* s, AVPacket* pkt)
{
    using function = int (*)(AVFormatContext*, AVPacket*);
    static const auto real = reinterpret_cast<function>(dlsym(RTLD_NEXT, "av_read_frame"));
    const int code = real(s, pkt);
    for (unsigned i = 0; code >= 0 && i < s->nb_streams; ++i)
        if (const int after = misbehave(s->streams[i]->codecpar->width, of_demuxer, code); after < 0) return after;
    return code;
}
