#ifndef REELPIPE_MEDIA_BIT_READER_HPP
#define REELPIPE_MEDIA_BIT_READER_HPP

#include <cstddef>
#include <cstdint>
#include <span>

namespace reelpipe::media {

// Reads the fields of an H.264 or HEVC NAL unit behind its header: bits, Exp-Golomb numbers, without the bytes that
// only keep start codes from occurring. Beyond the end every field reads as 0 and failed() holds.
class bit_reader {
public:
    explicit bit_reader(std::span<const std::uint8_t> unit) : rest_(unit) {}

    bool bit()
    {
        if (bits_left_ == 0 && !next_byte()) return false;
        --bits_left_;
        ++position_;
        return (byte_ >> bits_left_ & 1u) != 0;
    }

    // At most 32.
    std::uint32_t bits(int count)
    {
        std::uint32_t value = 0;
        for (; count > 0; --count) value = value << 1 | static_cast<std::uint32_t>(bit());
        return value;
    }

    void skip(int count)
    {
        for (; count > 0; --count) bit();
    }

    // ue(v) of the standard. A number that takes more than 32 bits is a failure.
    std::uint32_t unsigned_number()
    {
        int zeros = 0;
        while (!failed_ && !bit()) ++zeros;
        if (zeros > 31) failed_ = true;
        if (failed_) return 0;
        return (std::uint32_t{1} << zeros) - 1 + bits(zeros);
    }

    // se(v) of the standard.
    std::int64_t signed_number()
    {
        const std::int64_t code = unsigned_number();
        return code % 2 != 0 ? (code + 1) / 2 : -(code / 2);
    }

    bool failed() const { return failed_; }
    std::size_t position() const { return position_; }  // in bits that are part of a field

private:
    bool next_byte()
    {
        if (zero_bytes_ >= 2 && !rest_.empty() && rest_.front() == 3) {
            rest_ = rest_.subspan(1);
            zero_bytes_ = 0;
        }
        if (rest_.empty()) {
            failed_ = true;
            return false;
        }
        byte_ = rest_.front();
        rest_ = rest_.subspan(1);
        zero_bytes_ = byte_ == 0 ? zero_bytes_ + 1 : 0;
        bits_left_ = 8;
        return true;
    }

    std::span<const std::uint8_t> rest_;
    unsigned byte_ = 0;
    int bits_left_ = 0, zero_bytes_ = 0;
    std::size_t position_ = 0;
    bool failed_ = false;
};

}  // namespace reelpipe::media

#endif
