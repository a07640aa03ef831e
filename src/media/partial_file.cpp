#include "media/partial_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace reelpipe::media {

partial_file whole_file(int descriptor)
{
    const off_t size = lseek(descriptor, 0, SEEK_END);
    if (size < 0) throw std::system_error(errno, std::generic_category(), "look at a clip");
    partial_file file{.descriptor = descriptor, .size = static_cast<std::uint64_t>(size)};
    if (file.size > 0) file.held.add({0, file.size});
    return file;
}

ssize_t read_at(const partial_file& file, std::uint64_t offset, std::span<std::byte> to)
{
    std::uint64_t place = offset;
    if (!file.extents.empty()) {
        const auto behind =
            std::ranges::upper_bound(file.extents, offset, {}, [](const auto& each) { return each.bytes.begin; });
        if (behind == file.extents.begin()) return 0;
        const auto& [bytes, begin] = *std::prev(behind);
        if (offset >= bytes.end) return 0;
        place = begin + (offset - bytes.begin);
        to = to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), bytes.end - offset)));
    }
    return pread(file.descriptor, to.data(), to.size(), static_cast<off_t>(place));
}

}  // namespace reelpipe::media
