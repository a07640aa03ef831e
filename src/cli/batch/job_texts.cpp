#include "cli/batch/job_texts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>

#include "cli/batch/task_index.hpp"

namespace reelpipe::cli {

namespace {

constexpr std::size_t shown_digits = 12;  // of a plan's id, in names

std::string in_shell(const std::vector<std::string>& words)
{
    std::string line;
    for (const std::string& each : words) line += (line.empty() ? "" : " ") + shell_quoted(each);
    return line;
}

std::string in_yaml(const std::string& text)
{
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A word of a command as Kubernetes passes it on: it puts variables in for $(NAME), and makes one of two dollars.
std::string without_variables(const std::string& word)
{
    std::string escaped;
    for (const char c : word) escaped += c == '$' ? std::string("$$") : std::string(1, c);
    return escaped;
}

// What runs on a machine of the cluster. It waits in a way that lets signals through, and is put back into the queue by
// its own index: the id of one task of an array is that of the array.
std::string array_script(const job_plan& job)
{
    return fmt::format(R"(#!/bin/bash
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@{signal}
export REELPIPE_TASK_OFFSET=$1
trap '[ -n "$task" ] && kill -TERM "$task" 2>/dev/null' TERM INT
{command} &
task=$!
while :; do
    wait "$task"
    status=$?
    kill -0 "$task" 2>/dev/null || break # the trap has ended the wait, and not the task
done
wait "$task"
status=$?
me=${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}
case $status in
75) [ "${{SLURM_RESTART_COUNT:-0}}" -lt {restarts} ] && scontrol requeue "$me" && sleep 60 ;; # Slurm ends it here
64 | 78) scancel "$SLURM_ARRAY_JOB_ID" ;; # each task would end so
esac
exit "$status"
)",
                       fmt::arg("signal", job.grace_s + 20), fmt::arg("command", in_shell(job.task)),
                       fmt::arg("restarts", job.restarts));
}

// The tasks of one window, by the indices of its array.
struct window {
    std::uint32_t offset = 0;
    std::vector<std::uint32_t> indices{};
};

std::vector<window> windows_of(const std::vector<std::uint32_t>& tasks, std::uint32_t size)
{
    std::vector<window> all;
    for (const std::uint32_t task : tasks) {
        const std::uint32_t offset = task / size * size;
        if (all.empty() || all.back().offset != offset) all.push_back({.offset = offset});
        all.back().indices.push_back(task - offset);
    }
    return all;
}

}  // namespace

std::string shell_quoted(const std::string& word)
{
    constexpr const char* plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=:,@%+";
    if (!word.empty() && word.find_first_not_of(plain) == word.npos) return word;
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

std::string slurm_script(const job_plan& job, const std::vector<std::string>& sbatch_options,
                         std::uint32_t max_array_size)
{
    const std::string name = "reelpipe-" + job.id.substr(0, shown_digits);
    std::string script = fmt::format(R"(#!/bin/sh
# Submits {count} of {tasks} tasks of the plan {id}, and the merge after them.
set -eu
script=$(mktemp)
trap 'rm -f "$script"' EXIT
cat >"$script" <<'END_OF_TASK'
{task}END_OF_TASK
after=
)",
                                     fmt::arg("count", job.missing.size()), fmt::arg("tasks", job.tasks),
                                     fmt::arg("id", job.id), fmt::arg("task", array_script(job)));
    const std::string more = sbatch_options.empty() ? "" : in_shell(sbatch_options) + " ";
    for (const window& each : windows_of(job.missing, max_array_size - 1))
        script += fmt::format(
            "job=$(sbatch --parsable --job-name={name} --output={name}-%A-%a.log --array={indices}%{wide} "
            "${{after:+--dependency=afterany:$after}} {more}\"$script\" {offset})\n"
            "after=${{job%%;*}}\n",
            fmt::arg("name", name), fmt::arg("indices", in_ranges(each.indices)), fmt::arg("wide", job.max_tasks),
            fmt::arg("offset", each.offset), fmt::arg("more", more));
    // Not afterok: it would wait for ever once a task has failed, and the merge says itself what is missing.
    return script + fmt::format(
                        "sbatch --job-name={0}-merge --output={0}-merge-%j.log \"--dependency=afterany:$after\" "
                        "{2}--wrap={1}\n",
                        name, shell_quoted(in_shell(job.merge)), more);
}

std::string k8s_job(const job_plan& job, const k8s_options& o)
{
    // Above 10^5 indices the number of those that may fail is bounded.
    constexpr std::uint32_t many_indices = 100'000, most_failed = 10'000;
    std::string words;
    for (const std::string& each : job.task)
        words += fmt::format("            - {}\n", in_yaml(without_variables(each)));
    return fmt::format(R"(apiVersion: batch/v1
kind: Job
metadata:
  name: reelpipe-{id}
spec:
  completionMode: Indexed
  completions: {tasks}
  parallelism: {parallel}
  backoffLimitPerIndex: {restarts}
  maxFailedIndexes: {failed}
  podFailurePolicy:
    rules:
      - action: Ignore # the node was drained, or the pod preempted
        onPodConditions:
          - type: DisruptionTarget
      - action: FailIndex # the plan of a shard is damaged
        onExitCodes:
          containerName: reelpipe
          operator: In
          values: [65]
      - action: FailJob # wrong usage, or the installation: each index would end so
        onExitCodes:
          containerName: reelpipe
          operator: In
          values: [64, 78]
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: {grace}
      containers:
        - name: reelpipe
          image: {image}
          command:
{words}            - "--scratch=/scratch"
          volumeMounts:
            - name: root
              mountPath: {mount}
            - name: scratch
              mountPath: /scratch
      volumes:
        - name: root
          persistentVolumeClaim:
            claimName: {claim}
        - name: scratch
          emptyDir:
            sizeLimit: {size}
)",
                       fmt::arg("id", job.id.substr(0, shown_digits)), fmt::arg("tasks", job.tasks),
                       fmt::arg("parallel", std::min(job.max_tasks, job.tasks)), fmt::arg("restarts", job.restarts),
                       fmt::arg("failed", job.tasks > many_indices ? most_failed : job.tasks),
                       fmt::arg("grace", job.grace_s + 20), fmt::arg("image", in_yaml(o.image)),
                       fmt::arg("words", words), fmt::arg("mount", in_yaml(o.mount)),
                       fmt::arg("claim", in_yaml(o.claim)), fmt::arg("size", in_yaml(o.scratch_size)));
}

}  // namespace reelpipe::cli
