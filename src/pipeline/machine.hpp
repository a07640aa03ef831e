#ifndef REELPIPE_PIPELINE_MACHINE_HPP
#define REELPIPE_PIPELINE_MACHINE_HPP

#include <asio/awaitable.hpp>
#include <filesystem>
#include <string>

namespace reelpipe {

// What the doctor asks of the machine.

// "FFmpeg 5.1.9, libcurl/7.88.1 ..., SQLite 3.40.1"
std::string library_versions();

// Confines a child process as workers are. Throws std::system_error where that is impossible.
void try_sandbox();

// Of the file system that the folder is on, or will be once it is made.
double free_bytes(std::filesystem::path folder);

// Why the host and port of a proxy's URL accept no connection; empty if they do.
asio::awaitable<std::string> trouble_with_connecting(std::string proxy);

}  // namespace reelpipe

#endif
