// A library for LD_PRELOAD that makes libavcodec and libavformat as bad as a decoder and a demuxer can be, for frames
// of certain widths: the real function is called, and then the process crashes, never comes back, takes all the memory
// that it can get, or tries each system call that a worker has no use for.

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <vector>

namespace {

struct widths {
    int crash = 0, hang = 0, take_all_memory = 0, call_everything = 0;
};
constexpr widths of_decoder{162, 164, 166, 168};
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

// Those of the table in SECURITY.md.
bool is_allowed(long call)
{
    static const std::set<long> all{SYS_recvmsg,
                                    SYS_recvfrom,
                                    SYS_sendmsg,
                                    SYS_sendto,
                                    SYS_read,
                                    SYS_write,
                                    SYS_pread64,
                                    SYS_pwrite64,
                                    SYS_lseek,
                                    SYS_fstat,
                                    SYS_close,
                                    SYS_brk,
                                    SYS_mmap,
                                    SYS_mprotect,
                                    SYS_munmap,
                                    SYS_mremap,
                                    SYS_madvise,
                                    SYS_futex,
                                    SYS_set_robust_list,
                                    SYS_rseq,
                                    SYS_gettid,
                                    SYS_getpid,
                                    SYS_sched_getaffinity,
                                    SYS_sched_yield,
                                    SYS_clock_gettime,
                                    SYS_clock_nanosleep,
                                    SYS_getrusage,
                                    SYS_getrandom,
                                    SYS_rt_sigaction,
                                    SYS_rt_sigprocmask,
                                    SYS_rt_sigreturn,
                                    SYS_exit,
                                    SYS_exit_group,
                                    SYS_tgkill,
                                    SYS_clone};
    return all.count(call) != 0;
}

// Of those that are allowed for some arguments, others are tried. Dies of the first that is not refused.
int call_everything()
{
    constexpr long behind_the_last = 600;
    // uretprobe and uprobe are the kernel's own: it filters neither, and ends a process that calls them (SIGILL).
    constexpr long uretprobe = 335, uprobe = 336;
    const auto refused = [](long result) { return result == -1 && errno == EPERM; };
    for (long call = 0; call < behind_the_last; ++call) {
        if (is_allowed(call) || call == uretprobe || call == uprobe) continue;
        const bool is_refused = refused(syscall(call, 0, 0, 0, 0, 0, 0)) || (call == SYS_clone3 && errno == ENOSYS);
        if (is_refused) continue;
        std::fprintf(stderr, "call %ld is not refused\n", call);
        std::abort();
    }
    constexpr std::size_t page = 4096;
    constexpr int code = PROT_READ | PROT_EXEC, own = MAP_PRIVATE | MAP_ANONYMOUS;
    void* const data = mmap(nullptr, page, PROT_READ, own, -1, 0);
    if (!refused(reinterpret_cast<long>(mmap(nullptr, page, code, own, -1, 0))) ||
        !refused(mprotect(data, page, code)) || !refused(syscall(SYS_tgkill, 1, 1, 0)) ||
        !refused(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)))
        std::abort();
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
    if (width == bad.call_everything) return call_everything();
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
