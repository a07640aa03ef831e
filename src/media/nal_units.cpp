#include "media/nal_units.hpp"

#include <algorithm>

namespace reelpipe::media {

std::size_t length_bytes_of(const AVCodecParameters& p)
{
    const std::span header(p.extradata, static_cast<std::size_t>(std::max(p.extradata_size, 0)));
    if (p.codec_id == AV_CODEC_ID_H264 && header.size() > 4 && header[0] == 1) return (header[4] & 3u) + 1;
    if (p.codec_id == AV_CODEC_ID_HEVC && header.size() > 21 && header[0] == 1) return (header[21] & 3u) + 1;
    return 0;
}

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

std::vector<std::span<const std::uint8_t>> units_in(std::span<const std::uint8_t> sample, std::size_t length_bytes)
{
    std::span<const std::uint8_t> rest = sample;
    std::vector<std::span<const std::uint8_t>> units;
    while (length_bytes > 0 && rest.size() > length_bytes) {
        std::size_t length = 0;
        for (const std::uint8_t byte : rest.first(length_bytes)) length = length << 8 | byte;
        rest = rest.subspan(length_bytes);
        units.push_back(rest.first(std::min(length, rest.size())));
        rest = rest.subspan(units.back().size());
    }
    constexpr std::uint8_t start_code[] = {0, 0, 1};
    const auto next = [&] {
        return static_cast<std::size_t>(std::ranges::search(rest, start_code).begin() - rest.begin());
    };
    if (length_bytes == 0) rest = rest.subspan(next());
    while (length_bytes == 0 && rest.size() > std::size(start_code)) {
        rest = rest.subspan(std::size(start_code));
        units.push_back(rest.first(next()));
        rest = rest.subspan(units.back().size());
    }
    return units;
}

}  // namespace reelpipe::media
