#ifndef REELPIPE_ISOLATION_ANSWERS_HPP
#define REELPIPE_ISOLATION_ANSWERS_HPP

#include <cstddef>
#include <exception>
#include <nlohmann/json.hpp>

#include "isolation/messages.hpp"

// What a worker answers, as one JSON text: a result, which is an array, or an error, which is an object. A worker may
// be in the hands of the media that it read, so a run takes nothing for an answer that the job cannot have.
namespace reelpipe::isolation {

nlohmann::json to_message(const cut::result&);
nlohmann::json to_message(const verify::facts&);
nlohmann::json to_message(const media::span_plan&);
nlohmann::json to_message(const fetch::segment_run_info&);
nlohmann::json to_message(const cut::still&);
nlohmann::json to_message(const media::clip_hashes&);
nlohmann::json to_message(std::exception_ptr);

// Of longer texts of errors, the beginning is sent. Each of its bytes may become six: \u0000.
inline constexpr std::size_t max_text = 1000;

// The most bytes of an answer without lists: an error, or a few numbers and names.
inline constexpr std::size_t max_short_answer = 6 * max_text + 500;

// The most bytes of a job's answer, as follows from the job and the limits of media.
std::size_t max_answer(const cut_job&);
std::size_t max_answer(const verify_job&);
std::size_t max_answer(const survey_job&);
std::size_t max_answer(const plan_job&);
std::size_t max_answer(const look_job&);
std::size_t max_answer(const still_job&);
std::size_t max_answer(const hash_job&);

// Read the result of a job, whose descriptors are open: what a worker says of a file is compared with it. Throw
// nlohmann::json::exception, or std::invalid_argument if the job has no such result.
cut::result result_in(const nlohmann::json&, const cut_job&);
verify::facts result_in(const nlohmann::json&, const verify_job&);
verify::facts result_in(const nlohmann::json&, const survey_job&);
media::span_plan result_in(const nlohmann::json&, const plan_job&);
fetch::segment_run_info result_in(const nlohmann::json&, const look_job&);
cut::still result_in(const nlohmann::json&, const still_job&);
media::clip_hashes result_in(const nlohmann::json&, const hash_job&);

bool is_error(const nlohmann::json&);
bool is_want_of_memory(const nlohmann::json& error);  // or of what else is bounded, such as frames' sizes

// An error that a worker threw. Throws as result_in() does.
std::exception_ptr error_in(const nlohmann::json&);

}  // namespace reelpipe::isolation

#endif
