#include "isolation/lent_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace reelpipe::isolation {

owned_descriptor::~owned_descriptor()
{
    if (number_ >= 0) close(number_);
}

lent_files::lent_files(const std::vector<int>& ours, int output)
{
    for (const int each : ours) {
        const int access = each == output ? O_RDWR : O_RDONLY;
        int number = open(fmt::format("/proc/self/fd/{}", each).c_str(), access | O_CLOEXEC);
        if (number < 0) number = fcntl(each, F_DUPFD_CLOEXEC, 0);
        if (number < 0) throw std::system_error(errno, std::generic_category(), "lend a file to a clip worker");
        files_.emplace_back(number);
    }
}

std::vector<int> lent_files::numbers() const
{
    std::vector<int> all;
    all.reserve(files_.size());
    for (const owned_descriptor& each : files_) all.push_back(each.number());
    return all;
}

bool is_let_go(int output)
{
    // The kernel grants a lease for writing only if there is no other description (fcntl(2)).
    if (access("/proc/self/fd", F_OK) != 0 || fcntl(output, F_SETLEASE, F_WRLCK) != 0) return false;
    fcntl(output, F_SETLEASE, F_UNLCK);
    return true;
}

}  // namespace reelpipe::isolation
