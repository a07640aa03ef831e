#include "stages/fetch/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

namespace reelpipe::fetch {

namespace {

struct inflater {
    inflater()
    {
        constexpr int gzip_only = 16 + MAX_WBITS;
        if (inflateInit2(&stream, gzip_only) != Z_OK) throw std::bad_alloc();
    }
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;
    ~inflater() { inflateEnd(&stream); }

    z_stream stream{};
};

}  // namespace

bool looks_like_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

std::optional<std::string> gunzipped(std::string_view bytes, std::size_t most)
{
    inflater of;
    std::string input(bytes);  // zlib's interface is older than const
    of.stream.next_in = reinterpret_cast<Bytef*>(input.data());
    of.stream.avail_in = static_cast<uInt>(input.size());
    std::string text;
    std::array<char, 16u << 10> some{};
    for (int code = Z_OK; code != Z_STREAM_END;) {
        of.stream.next_out = reinterpret_cast<Bytef*>(some.data());
        of.stream.avail_out = static_cast<uInt>(some.size());
        code = inflate(&of.stream, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END) return std::nullopt;
        const std::size_t got = some.size() - of.stream.avail_out;
        if (text.size() + got > most) return std::nullopt;
        text.append(some.data(), got);
    }
    return text;
}

}  // namespace reelpipe::fetch
