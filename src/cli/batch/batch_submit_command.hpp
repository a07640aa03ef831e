#ifndef REELPIPE_CLI_BATCH_BATCH_SUBMIT_COMMAND_HPP
#define REELPIPE_CLI_BATCH_BATCH_SUBMIT_COMMAND_HPP

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "reelpipe/batch.hpp"

namespace reelpipe::cli {

// The arguments of `reelpipe batch submit`.
struct submit_arguments {
    std::string scheduler{};  // "slurm" or "k8s"
    batch_place place{};
    std::vector<std::string> task_options{};  // of `batch run`
    std::string program = "reelpipe";         // on the machines of the tasks
    std::chrono::seconds grace{100};
    unsigned restarts = 3;
    bool prints = false;

    // Slurm
    std::vector<std::string> sbatch_options{};
    std::uint32_t max_array_size = 1001;  // of the cluster: the highest index is one less

    // Kubernetes
    std::string image{};
    std::string claim = "reelpipe";  // the volume that holds the root
    std::string mount{};             // where it is mounted; empty: at the root
    std::string scratch_size = "20Gi";
};

// Adds the command; `arguments` outlives the parse.
CLI::App* add_submit(CLI::App& batch, submit_arguments& o);

// Returns the exit status. Throws usage_error.
int run_submit(const submit_arguments&);

}  // namespace reelpipe::cli

#endif
