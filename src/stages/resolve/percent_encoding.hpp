#ifndef REELPIPE_STAGES_RESOLVE_PERCENT_ENCODING_HPP
#define REELPIPE_STAGES_RESOLVE_PERCENT_ENCODING_HPP

#include <string>
#include <string_view>

namespace reelpipe::resolve {

// Fit for any part of a URL: whatever the text holds, it cannot end that part.
inline std::string percent_encoded(std::string_view text)
{
    constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (unreserved.find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return encoded;
}

}  // namespace reelpipe::resolve

#endif
