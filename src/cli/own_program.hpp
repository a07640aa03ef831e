#ifndef REELPIPE_CLI_OWN_PROGRAM_HPP
#define REELPIPE_CLI_OWN_PROGRAM_HPP

#include <sys/auxv.h>
#include <unistd.h>

#include <filesystem>

namespace reelpipe::cli {

// The file of this program, for processes of the same: as it was started, also when another one is installed meanwhile.
// Without /proc it is the one that the name of this one leads to.
inline std::filesystem::path own_program()
{
    constexpr const char* running = "/proc/self/exe";
    if (access(running, X_OK) == 0) return running;
    return std::filesystem::absolute(reinterpret_cast<const char*>(getauxval(AT_EXECFN)));
}

}  // namespace reelpipe::cli

#endif
