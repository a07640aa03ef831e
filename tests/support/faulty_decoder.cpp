// A library for LD_PRELOAD that makes libavcodec as bad as a decoder can be, for pictures of certain widths: the real
// function is called, and then the process crashes, never comes back, or takes all the memory that it can get.

#include <dlfcn.h>

extern "C" {
#include <libavcodec/avcodec.h>
}

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr int crashes = 162;
constexpr int hangs = 164;
constexpr int takes_all_memory = 166;

int take_all_memory()
{
    constexpr std::size_t piece = 16u << 20;
    std::vector<void*> taken;
    while (void* const more = std::malloc(piece)) {
        std::memset(more, 1, piece / 16);  // some of it for real, and not so much that a busy machine takes long
        taken.push_back(more);
    }
    for (void* const each : taken) std::free(each);
    return AVERROR(ENOMEM);
}

}  // namespace

extern "C" int avcodec_receive_frame(AVCodecContext* avctx, AVFrame* frame)
{
    using function = int (*)(AVCodecContext*, AVFrame*);
    static const auto real = reinterpret_cast<function>(dlsym(RTLD_NEXT, "avcodec_receive_frame"));
    const int code = real(avctx, frame);
    if (code < 0) return code;
    if (frame->width == crashes) std::raise(SIGSEGV);
    if (frame->width == takes_all_memory) return take_all_memory();
    for (volatile bool forever = true; frame->width == hangs && forever;) {
    }
    return code;
}
