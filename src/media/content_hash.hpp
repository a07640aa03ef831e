#ifndef REELPIPE_MEDIA_CONTENT_HASH_HPP
#define REELPIPE_MEDIA_CONTENT_HASH_HPP

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

struct AVSHA;

namespace reelpipe::media {

// The SHA-256 of what is added piece by piece.
class sha256 {
public:
    sha256();
    void add(std::span<const std::uint8_t>);
    void add(std::string_view);

    // The 32 bytes of the sum; the end of adding.
    std::string end();

private:
    struct free_memory {
        void operator()(AVSHA*) const;
    };

    std::unique_ptr<AVSHA, free_memory> sum_;
};

// Two digits for each byte.
std::string in_hexadecimal(std::string_view bytes);

// The SHA-256 of all bytes of a file. Equal ones mean equal files, also where somebody would like them to meet. Throws
// std::system_error; std::errc::operation_canceled at a stop request.
std::string content_hash(int descriptor, const std::stop_token& = {});

// A number that tells most files of equal size apart, at the price of reading 16 KiB out of the middle. Throws
// std::system_error.
std::uint64_t content_sample(int descriptor, std::uint64_t bytes);

}  // namespace reelpipe::media

#endif
