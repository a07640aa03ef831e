#include "support/sparse_copy.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

namespace reelpipe::test {

namespace {

int check(int result, const std::string& doing)
{
    if (result < 0) throw std::system_error(errno, std::generic_category(), doing);
    return result;
}

std::uint64_t size_of(int descriptor)
{
    struct stat facts{};
    check(fstat(descriptor, &facts), "fstat");
    return static_cast<std::uint64_t>(facts.st_size);
}

}  // namespace

sparse_copy::sparse_copy(const std::filesystem::path& original)
    : original_(check(open(original.c_str(), O_RDONLY | O_CLOEXEC), original.string()))
{
    file_.size = size_of(original_);
    file_.descriptor = check(memfd_create("sparse", MFD_CLOEXEC), "memfd_create");
    check(ftruncate(file_.descriptor, static_cast<off_t>(file_.size)), "ftruncate");
}

sparse_copy::~sparse_copy()
{
    close(original_);
    close(file_.descriptor);
}

void sparse_copy::copy(media::byte_range range)
{
    std::vector<char> bytes(range.size());
    const auto offset = static_cast<off_t>(range.begin);
    const auto wanted = static_cast<ssize_t>(bytes.size());
    if (pread(original_, bytes.data(), bytes.size(), offset) != wanted ||
        pwrite(file_.descriptor, bytes.data(), bytes.size(), offset) != wanted)
        throw std::runtime_error("cannot copy a range that is not in the file");
    file_.held.add(range);
}

void sparse_copy::copy(const std::vector<media::byte_range>& ranges)
{
    for (const media::byte_range& each : ranges) copy(each);
}

media::partial_file sparse_copy::pretending_to_be_whole() const
{
    media::partial_file whole = file_;
    whole.held.add({0, whole.size});
    return whole;
}

whole_file::whole_file(const std::filesystem::path& path)
{
    file_.descriptor = check(open(path.c_str(), O_RDONLY | O_CLOEXEC), path.string());
    file_.size = size_of(file_.descriptor);
    file_.held.add({0, file_.size});
}

whole_file::~whole_file() { close(file_.descriptor); }

}  // namespace reelpipe::test
