#ifndef REELPIPE_ISOLATION_MESSAGES_HPP
#define REELPIPE_ISOLATION_MESSAGES_HPP

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "media/clip_hashes.hpp"
#include "media/partial_file.hpp"
#include "media/span_plan.hpp"
#include "reelpipe/clip.hpp"
#include "stages/cut/cut.hpp"
#include "stages/cut/still.hpp"
#include "stages/fetch/media_probe.hpp"
#include "stages/verify/survey.hpp"
#include "stages/verify/verify.hpp"

// The messages of a run to its workers: jobs with their descriptors, each one JSON text. What comes back is in
// answers.hpp. A worker begins: it has entered its sandbox and has so many bytes of memory, [4294967296], or it could
// not, an error.
namespace reelpipe::isolation {

// Bytes of address space, where the machine grants as many; x264 takes 1.5 GB for the frames of 4K videos.
inline constexpr std::uint64_t worker_memory = 4ull << 30;

struct cut_job {
    cut::input video{};  // its descriptors are those that came with the message
    segment wanted{};
    cut::options how{};
    int output = -1;
};

struct verify_job {
    int clip = -1;
    verify::expectation expected{};
};

struct survey_job {
    int file = -1;
    bool decodable = false;
};

struct plan_job {
    media::partial_file file{};
    std::vector<segment> wanted{};
    media::stream_selection kind = media::stream_selection::audio_and_video;
};

struct look_job {
    media::partial_file file{};
    std::optional<fetch::playlist_clock> clock{};
    segment wanted{};
    media::stream_selection kind = media::stream_selection::audio_and_video;
};

struct still_job {
    media::partial_file clip{};
    std::chrono::microseconds at{};
    int short_side = 0;
};

struct hash_job {
    int clip = -1;
};

// The descriptors of a job, in the order in which they are sent.
std::vector<int> descriptors_of(const cut_job&);

nlohmann::json to_message(const cut_job&);
nlohmann::json to_message(const verify_job&);
nlohmann::json to_message(const survey_job&);
nlohmann::json to_message(const plan_job&);
nlohmann::json to_message(const look_job&);
nlohmann::json to_message(const still_job&);
nlohmann::json to_message(const hash_job&);

// Read a job from a message and its descriptors. Throw nlohmann::json::exception, or std::invalid_argument if it is
// no such message.
std::optional<cut_job> cut_job_in(const nlohmann::json&, const std::vector<int>& descriptors);
std::optional<verify_job> verify_job_in(const nlohmann::json&, const std::vector<int>& descriptors);
std::optional<survey_job> survey_job_in(const nlohmann::json&, const std::vector<int>& descriptors);
std::optional<plan_job> plan_job_in(const nlohmann::json&, const std::vector<int>& descriptors);
std::optional<look_job> look_job_in(const nlohmann::json&, const std::vector<int>& descriptors);
std::optional<still_job> still_job_in(const nlohmann::json&, const std::vector<int>& descriptors);
std::optional<hash_job> hash_job_in(const nlohmann::json&, const std::vector<int>& descriptors);

}  // namespace reelpipe::isolation

#endif
