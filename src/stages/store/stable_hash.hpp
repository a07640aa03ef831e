#ifndef REELPIPE_STAGES_STORE_STABLE_HASH_HPP
#define REELPIPE_STAGES_STORE_STABLE_HASH_HPP

#include <cstdint>
#include <string_view>

namespace reelpipe::store {

// FNV-1a: the same on every machine, which std::hash is not.
constexpr std::uint64_t stable_hash(std::string_view text)
{
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

}  // namespace reelpipe::store

#endif
