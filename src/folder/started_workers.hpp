#ifndef REELPIPE_FOLDER_STARTED_WORKERS_HPP
#define REELPIPE_FOLDER_STARTED_WORKERS_HPP

#include <chrono>
#include <filesystem>
#include <memory>
#include <utility>

#include "isolation/clip_workers.hpp"
#include "reelpipe/usage_error.hpp"

namespace reelpipe {

// The workers of a check, tried out; null without a program for them. Throws usage_error where this machine does not
// allow any.
inline std::unique_ptr<clip_workers> started_workers(std::filesystem::path program, std::chrono::seconds timeout)
{
    if (program.empty()) return nullptr;
    auto workers = std::make_unique<clip_workers>(std::move(program), timeout);
    try {
        workers->try_to_start();
    } catch (const worker_unavailable& e) {
        throw usage_error(e.what());
    }
    return workers;
}

}  // namespace reelpipe

#endif
