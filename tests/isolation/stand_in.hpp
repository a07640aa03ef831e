#ifndef REELPIPE_TESTS_ISOLATION_STAND_IN_HPP
#define REELPIPE_TESTS_ISOLATION_STAND_IN_HPP

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>

#include "stages/cut/cut.hpp"
#include "support/temp_folder.hpp"

namespace reelpipe::test {

inline std::string message(const std::string& json)
{
    std::string bytes(sizeof(std::uint32_t), '\0');
    const auto size = static_cast<std::uint32_t>(json.size());
    std::memcpy(bytes.data(), &size, sizeof size);
    return bytes + json;
}

// A program that stands in for a worker: says that it has entered its sandbox, with 4 GiB, and then does what it does.
// "$answer" is a file that holds an answer.
inline std::filesystem::path worker_that(const temp_folder& folder, const std::string& does,
                                         const std::string& ready = "[4294967296]")
{
    const std::filesystem::path program = folder / "worker";
    write_file(folder / "ready", message(ready));
    write_file(folder / "answer", message(R"({"error": "verify", "text": "answered", "detail": 0})"));
    write_file(program,
               fmt::format("#!/bin/sh\nanswer={0}/answer\ncat {0}/ready >&3\n{1}\n", folder.path().string(), does));
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return program;
}

// A video and a clip, both empty.
struct open_files {
    explicit open_files(const temp_folder& folder)
        : video(open((folder / "video").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)),
          clip(open((folder / "clip").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600))
    {
    }
    open_files(const open_files&) = delete;
    open_files& operator=(const open_files&) = delete;
    ~open_files()
    {
        close(video);
        close(clip);
    }
    cut::input input() const { return {.video = {.descriptor = video}}; }

    int video, clip;
};

}  // namespace reelpipe::test

#endif
