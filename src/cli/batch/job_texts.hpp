#ifndef REELPIPE_CLI_BATCH_JOB_TEXTS_HPP
#define REELPIPE_CLI_BATCH_JOB_TEXTS_HPP

#include <cstdint>
#include <string>
#include <vector>

namespace reelpipe::cli {

// The tasks of a plan as a scheduler is told of them.
struct job_plan {
    std::string id{};  // of the plan
    std::uint32_t tasks = 0;
    std::vector<std::uint32_t> missing{};      // tasks that are not finished
    unsigned max_tasks = 0;                    // at a time
    std::vector<std::string> task{}, merge{};  // the words of the two commands
    std::uint64_t grace_s = 0;
    unsigned restarts = 0;
};

// A shell script that submits the missing tasks as job arrays, and the merge after them. An index of an array is below
// `max_array_size`, so the arrays are windows of the tasks.
std::string slurm_script(const job_plan&, const std::vector<std::string>& sbatch_options, std::uint32_t max_array_size);

struct k8s_options {
    std::string image{}, claim{}, mount{}, scratch_size{};
};

// An Indexed Job with an index for each task, in YAML.
std::string k8s_job(const job_plan&, const k8s_options&);

// A word as the shell takes it.
std::string shell_quoted(const std::string& word);

}  // namespace reelpipe::cli

#endif
