#include "batch/fresh_name.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

#include "media/content_hash.hpp"

namespace reelpipe {

namespace {

constexpr std::size_t random_bytes = 16;

}  // namespace

std::string fresh_name()
{
    std::string bytes(random_bytes, '\0');
    if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        throw std::system_error(errno, std::generic_category(), "get random bytes");
    return media::in_hexadecimal(bytes);
}

bool is_fresh_name(std::string_view name)
{
    return name.size() == 2 * random_bytes && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace reelpipe
