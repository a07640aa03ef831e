#include "media/fragment_index.hpp"

#include <cstddef>
#include <optional>
#include <span>

#include "media/mp4_boxes.hpp"

namespace reelpipe::media {

namespace {

constexpr std::uint64_t max_index = 2u << 20;  // 65535 references take 0.8 MB
constexpr double max_seconds = 1e9;

// Numbers one after the other, the highest byte first; nothing once the bytes have run out.
class reader {
public:
    explicit reader(std::span<const std::byte> bytes) : rest_(bytes) {}

    std::optional<std::uint64_t> number(std::size_t bytes)
    {
        if (rest_.size() < bytes) return std::nullopt;
        std::uint64_t value = 0;
        for (const std::byte each : rest_.first(bytes)) value = value << 8 | std::to_integer<std::uint64_t>(each);
        rest_ = rest_.subspan(bytes);
        return value;
    }

private:
    std::span<const std::byte> rest_;
};

std::vector<std::byte> content_of(const partial_file& file, byte_range range)
{
    if (range.size() > max_index || range.end > file.size || !file.held.holds(range)) return {};
    std::vector<std::byte> content(range.size());
    const ssize_t got = read_at(file, range.begin, content);
    return got == static_cast<ssize_t>(content.size()) ? content : std::vector<std::byte>();
}

std::vector<fragment> parse(reader in, std::uint64_t behind_index, std::uint64_t file_size)
{
    const auto version = in.number(1);
    const auto flags = in.number(3);
    const auto track = in.number(4);
    const auto ticks_a_second = in.number(4);
    const std::size_t width = version == 0 ? 4 : 8;
    const auto first_time = in.number(width);
    const auto first_offset = in.number(width);
    const auto unused = in.number(2);
    const auto count = in.number(2);
    if (!flags || !track || !unused || !count || *ticks_a_second == 0) return {};
    if (*first_offset > file_size) return {};

    std::vector<fragment> all;
    double ticks = static_cast<double>(*first_time);
    std::uint64_t offset = behind_index + *first_offset;
    const auto time_at = [rate = static_cast<double>(*ticks_a_second)](double at) {
        return std::chrono::microseconds(static_cast<std::int64_t>(at / rate * 1e6));
    };
    for (std::uint64_t i = 0; i < *count; ++i) {
        const auto reference = in.number(4);
        const auto length = in.number(4);
        const auto start_of_stream = in.number(4);
        constexpr std::uint64_t is_index = 1u << 31;
        if (!start_of_stream || (*reference & is_index) || *reference > file_size || offset > file_size) return {};
        const double end = ticks + static_cast<double>(*length);
        if (end / static_cast<double>(*ticks_a_second) > max_seconds) return {};
        all.push_back({{offset, offset + *reference}, time_at(ticks), time_at(end)});
        offset += *reference;
        ticks = end;
    }
    return offset <= file_size ? all : std::vector<fragment>();
}

bool has_one_track(const partial_file& file)
{
    const auto moov = find_box(file, {0, file.size}, box_type("moov"));
    const auto first = moov ? find_box(file, moov->payload, box_type("trak")) : std::nullopt;
    return first && !find_box(file, {first->payload.end, moov->payload.end}, box_type("trak"));
}

}  // namespace

std::vector<fragment> fragments_of(const partial_file& file)
{
    if (!has_one_track(file)) return {};
    const auto index = find_box(file, {0, file.size}, box_type("sidx"));
    if (!index || index->payload.end > file.size) return {};
    const std::vector<std::byte> content = content_of(file, index->payload);
    return parse(reader(content), index->payload.end, file.size);
}

}  // namespace reelpipe::media
