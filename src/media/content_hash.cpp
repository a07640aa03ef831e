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

}  // namespace

void sha256::free_memory::operator()(AVSHA* p) const { av_free(p); }

sha256::sha256() : sum_(av_sha_alloc())
{
    if (!sum_) throw std::bad_alloc();
    av_sha_init(sum_.get(), hash_bits);
}

void sha256::add(std::span<const std::uint8_t> bytes) { av_sha_update(sum_.get(), bytes.data(), bytes.size()); }

void sha256::add(std::string_view text) { add({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}); }

std::string sha256::end()
{
    std::array<std::uint8_t, hash_bits / 8> digest{};
    av_sha_final(sum_.get(), digest.data());
    return {digest.begin(), digest.end()};
}

std::string in_hexadecimal(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += {digits[byte >> 4u], digits[byte & 0xfu]};
    }
    return text;
}

std::string content_hash(int descriptor, const std::stop_token& stop)
{
    sha256 sum;
    std::vector<std::uint8_t> bytes(piece);
    std::uint64_t offset = 0;
    while (const std::size_t got = read_some(descriptor, offset, bytes.data(), bytes.size())) {
        if (stop.stop_requested()) throw std::system_error(std::make_error_code(std::errc::operation_canceled), "read");
        sum.add(std::span<const std::uint8_t>(bytes).first(got));
        offset += got;
    }
    return sum.end();
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
