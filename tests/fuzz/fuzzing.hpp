#ifndef REELPIPE_TESTS_FUZZ_FUZZING_HPP
#define REELPIPE_TESTS_FUZZ_FUZZING_HPP

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace reelpipe::fuzzing {

inline void require(bool holds)
{
    if (!holds) std::abort();
}

// A file in memory with this content; one serves all inputs of a process.
class file {
public:
    file() : descriptor_(memfd_create("input", MFD_CLOEXEC)) {}
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    ~file() { close(descriptor_); }

    int holding(std::string_view content)
    {
        require(ftruncate(descriptor_, 0) == 0);
        require(pwrite(descriptor_, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()));
        return descriptor_;
    }

    std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

private:
    int descriptor_;
};

// Numbers off the front of an input, and what is left of it.
class input {
public:
    input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

    // From 0 to 255; 0 once the bytes have run out.
    std::uint64_t number()
    {
        if (rest_.empty()) return 0;
        const auto first = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        return first;
    }

    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

}  // namespace reelpipe::fuzzing

#endif
