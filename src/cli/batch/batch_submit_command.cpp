#include "cli/batch/batch_submit_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "cli/batch/batch_run_command.hpp"
#include "cli/batch/job_texts.hpp"
#include "cli/choice.hpp"
#include "cli/download_command.hpp"
#include "cli/printing.hpp"

namespace reelpipe::cli {

namespace {

void add_words(CLI::App& command, const std::string& name, std::vector<std::string>& words, const std::string& text)
{
    command.add_option(name, words, text)->option_text("WORD")->allow_extra_args(false);
}

void add_slurm_options(CLI::App& command, submit_arguments& o)
{
    constexpr const char* group = "Slurm";
    add_words(command, "--sbatch", o.sbatch_options,
              "word for each sbatch, such as --sbatch=--cpus-per-task=8; repeat it");
    command.get_option("--sbatch")->group(group);
    command.add_option("--max-array-size", o.max_array_size, "MaxArraySize of the cluster")
        ->check(CLI::Range(2, 4'000'001))
        ->capture_default_str()
        ->option_text("N")
        ->group(group);
}

void add_k8s_options(CLI::App& command, submit_arguments& o)
{
    constexpr const char* group = "Kubernetes";
    command.add_option("--image", o.image, "image with reelpipe")->option_text("IMAGE")->group(group);
    command.add_option("--claim", o.claim, "PersistentVolumeClaim that holds ROOT (ReadWriteMany)")
        ->capture_default_str()
        ->option_text("NAME")
        ->group(group);
    command.add_option("--mount", o.mount, "where it is mounted, at ROOT or above it (default: ROOT)")
        ->option_text("DIR")
        ->group(group);
    command.add_option("--scratch-size", o.scratch_size, "size of the scratch volume of a pod")
        ->capture_default_str()
        ->option_text("SIZE")
        ->group(group);
}

std::vector<std::string> task_words(const submit_arguments& o)
{
    std::vector<std::string> words{o.program, "batch", "run", std::filesystem::absolute(o.place.root)};
    if (o.place.repair > 0) words.push_back(fmt::format("--repair={}", o.place.repair));
    words.push_back(fmt::format("--grace={}", o.grace.count()));
    words.insert(words.end(), o.task_options.begin(), o.task_options.end());
    return words;
}

job_plan job_of(const submit_arguments& o)
{
    batch_status status = status_of_batch(o.place);
    status.missing.insert(status.missing.end(), status.damaged.begin(), status.damaged.end());
    std::ranges::sort(status.missing);
    return {.id = status.plan.id,
            .tasks = status.plan.tasks(),
            .missing = tasks_of(status.plan, status.missing),
            .max_tasks = status.plan.max_tasks,
            .task = task_words(o),
            .merge = {o.program, "batch", "merge", std::filesystem::absolute(o.place.root)},
            .grace_s = static_cast<std::uint64_t>(o.grace.count()),
            .restarts = o.restarts};
}

int print_k8s(const submit_arguments& o)
{
    if (o.image.empty()) throw usage_error("k8s needs the --image of the tasks");
    if (!o.prints) throw usage_error("a Job is only printed: add --print, and hand it to `kubectl apply -f -`");
    const std::string mount = o.mount.empty() ? std::filesystem::absolute(o.place.root).string() : o.mount;
    print(stdout,
          k8s_job(job_of(o), {.image = o.image, .claim = o.claim, .mount = mount, .scratch_size = o.scratch_size}));
    return exit_status::all_stored;
}

int submit_to_slurm(const submit_arguments& o)
{
    const job_plan job = job_of(o);
    if (job.missing.empty()) {
        print(stderr, "nothing is missing\n");
        return exit_status::all_stored;
    }
    const std::string script = slurm_script(job, o.sbatch_options, o.max_array_size);
    if (o.prints) {
        print(stdout, script);
        return exit_status::all_stored;
    }
    std::fflush(nullptr);
    execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
    throw std::system_error(errno, std::generic_category(), "start /bin/sh");
}

}  // namespace

CLI::App* add_submit(CLI::App& batch, submit_arguments& o)
{
    CLI::App* const command = batch.add_subcommand("submit", "Hand the tasks of a plan to Slurm or Kubernetes");
    command->footer(
        "slurm: submits the tasks that are not finished as job arrays, one array after the\n"
        "other, and then the merge. It takes an ordinary user and a cluster with Slurm's\n"
        "defaults. With --print it prints the shell script that does so.\n\n"
        "k8s: prints an Indexed Job for `kubectl apply -f -`, for Kubernetes 1.33 or\n"
        "newer. An index that ends with 65 has failed, the Job with 64 or 78; anything\n"
        "else is tried again. Where all is done an index ends at once.\n\n"
        "  reelpipe batch submit slurm /shared/k400 --sbatch=--cpus-per-task=8\n"
        "  reelpipe batch submit k8s /shared/k400 --image IMAGE --print\n\n"
        "Exit status: 0 submitted or printed, or nothing is missing; 2 wrong usage; else\n"
        "that of sbatch.");
    add_choice<std::string>(*command, "SCHEDULER", o.scheduler, {{"slurm", "slurm"}, {"k8s", "k8s"}}, "slurm or k8s")
        ->required();
    add_place(*command, o.place);
    command->add_flag("--print", o.prints, "print what would be submitted");
    add_words(*command, "--task-option", o.task_options,
              "word for each `reelpipe batch run`, such as --task-option=--jobs=8; repeat it");
    command->add_option("--program", o.program, "reelpipe on the machines of the tasks")
        ->capture_default_str()
        ->option_text("PATH");
    add_seconds(*command, "--grace", o.grace, "time for what is in flight to finish when a task is to end", 1, 86400);
    command->add_option("--restarts", o.restarts, "how often a task that asks for it is run again")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str()
        ->option_text("N");
    add_slurm_options(*command, o);
    add_k8s_options(*command, o);
    return command;
}

int run_submit(const submit_arguments& o) { return o.scheduler == "slurm" ? submit_to_slurm(o) : print_k8s(o); }

}  // namespace reelpipe::cli
