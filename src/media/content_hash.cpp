#include "media/content_hash.hpp"

extern "C" {
#include <libavutil/mem.h>
#include <libavutil/sha.h>
}
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <system_error>
#include <vector>

namespace reelpipe::media {

namespace {

constexpr std::size_t piece = 256 << 10, sample_bytes = 16 << 10;
constexpr int hash_bits = 256;

std::size_t read_some(int descriptor, std::uint64_t offset, std::uint8_t* to, std::size_t most)
{
    const ssize_t got = pread(descriptor, to, most, static_cast<off_t>(offset));
    if (got < 0) throw std::system_error(errno, std::generic_category(), "read");
    return static_cast<std::size_t>(got);
}

struct free_memory {
    void operator()(AVSHA* p) const { av_free(p); }
};

}  // namespace

std::string content_hash(int descriptor, const std::stop_token& stop)
{
    const std::unique_ptr<AVSHA, free_memory> sum(av_sha_alloc());
    if (!sum) throw std::bad_alloc();
    av_sha_init(sum.get(), hash_bits);
    std::vector<std::uint8_t> bytes(piece);
    std::uint64_t offset = 0;
    while (const std::size_t got = read_some(descriptor, offset, bytes.data(), bytes.size())) {
        if (stop.stop_requested()) throw std::system_error(std::make_error_code(std::errc::operation_canceled), "read");
        av_sha_update(sum.get(), bytes.data(), got);
        offset += got;
    }
    std::array<std::uint8_t, hash_bits / 8> digest{};
    av_sha_final(sum.get(), digest.data());
    return {digest.begin(), digest.end()};
}

std::uint64_t content_sample(int descriptor, std::uint64_t bytes)
{
    std::vector<std::uint8_t> some(sample_bytes);
    const std::uint64_t begin = bytes > sample_bytes ? (bytes - sample_bytes) / 2 : 0;
    some.resize(read_some(descriptor, begin, some.data(), some.size()));
    constexpr std::uint64_t basis = 0xcbf29ce484222325u, prime = 0x100000001b3u;  // FNV-1a
    std::uint64_t hash = basis;
    for (const std::uint8_t each : some) hash = (hash ^ each) * prime;
    return hash;
}

}  // namespace reelpipe::media
