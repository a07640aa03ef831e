#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <exception>

#include "isolation/answers.hpp"
#include "isolation/message_socket.hpp"
#include "isolation/messages.hpp"
#include "isolation/sandbox.hpp"
#include "reelpipe/clip_worker.hpp"
#include "reelpipe/zeroed_memory.hpp"

namespace reelpipe {

namespace {

// Keeps freed memory for the next clip, which takes as much: to give it back costs a tenth of a clip that is copied.
void keep_memory()
{
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

nlohmann::json do_job(const isolation::job_message& job)
try {
    if (const auto cut = isolation::cut_job_in(job.content, job.descriptors)) {
        if (cut->how.mode != cut::way::lossless) use_zeroed_memory();
        return isolation::to_message(cut::make_clip(cut->video, cut->wanted, cut->output, cut->how));
    }
    if (const auto verify = isolation::verify_job_in(job.content, job.descriptors))
        return isolation::to_message(verify::check(verify->clip, verify->expected));
    if (const auto survey = isolation::survey_job_in(job.content, job.descriptors))
        return isolation::to_message(verify::survey(survey->file, survey->decodable));
    if (const auto plan = isolation::plan_job_in(job.content, job.descriptors))
        return isolation::to_message(media::plan_spans(plan->file, plan->wanted, plan->kind));
    if (const auto look = isolation::look_job_in(job.content, job.descriptors))
        return isolation::to_message(fetch::probe_segment_run(look->file, look->clock, look->wanted, look->kind));
    if (const auto still = isolation::still_job_in(job.content, job.descriptors))
        return isolation::to_message(cut::take_still(still->clip, still->at, still->short_side));
    if (const auto hash = isolation::hash_job_in(job.content, job.descriptors))
        return isolation::to_message(media::hash_clip(hash->clip));
    throw std::invalid_argument("an unknown job");
} catch (const std::exception&) {
    return isolation::to_message(std::current_exception());
}

}  // namespace

int run_clip_worker() noexcept
try {
    prctl(PR_SET_NAME, "reelpipe-worker");  // else it is named after /proc/self/exe; 15 letters are the most
    signal(SIGXFSZ, SIG_IGN);               // a file that gets too large for `ulimit -f` is an error like any other
    keep_memory();
    try {
        drop_privileges();
        prctl(PR_SET_PDEATHSIG, SIGKILL);  // behind a change of user, which takes it back
        isolation::send(clip_worker_socket, nlohmann::json::array({enter_sandbox(isolation::worker_memory)}));
    } catch (const std::exception&) {
        isolation::send(clip_worker_socket, isolation::to_message(std::current_exception()));
        return 1;
    }
    while (const std::optional<isolation::job_message> job = isolation::receive_job(clip_worker_socket)) {
        const nlohmann::json answer = do_job(*job);
        for (const int descriptor : job->descriptors) close(descriptor);
        isolation::send(clip_worker_socket, answer);
    }
    return 0;
} catch (const std::exception&) {
    return 1;  // the other end is gone, or talks nonsense
}

}  // namespace reelpipe
