#ifndef REELPIPE_MEDIA_CONTENT_HASH_HPP
#define REELPIPE_MEDIA_CONTENT_HASH_HPP

#include <cstdint>
#include <stop_token>
#include <string>

namespace reelpipe::media {

// The SHA-256 of all bytes of a file. Equal ones mean equal files, also where somebody would like them to meet. Throws
// std::system_error; std::errc::operation_canceled at a stop request.
std::string content_hash(int descriptor, const std::stop_token& = {});

// A number that tells most files of equal size apart, at the price of reading 16 KiB out of the middle. Throws
// std::system_error.
std::uint64_t content_sample(int descriptor, std::uint64_t bytes);

}  // namespace reelpipe::media

#endif
