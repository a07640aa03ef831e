#ifndef REELPIPE_ISOLATION_MESSAGE_SOCKET_HPP
#define REELPIPE_ISOLATION_MESSAGE_SOCKET_HPP

#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace reelpipe::isolation {

struct job_message {
    nlohmann::json content{};
    std::vector<int> descriptors{};  // new ones, of whoever received them
};

// Messages on a stream socket. Nothing is received where the other end is gone; descriptors that come with an answer
// are dropped. Throw std::system_error, and nlohmann::json::exception or std::invalid_argument for what is no message,
// or is an answer of more bytes than it may have.
// A message that is not over at its deadline, however much of it has come, is std::errc::timed_out.
using deadline = std::optional<std::chrono::steady_clock::time_point>;  // none: waits for ever, and asks no clock
void send(int socket, const nlohmann::json&, const std::vector<int>& descriptors = {}, deadline = {});
std::optional<job_message> receive_job(int socket);
std::optional<nlohmann::json> receive_answer(int socket, std::size_t max_bytes, deadline);

// True if the other end has said something that was not received, or is gone.
bool has_more(int socket);

}  // namespace reelpipe::isolation

#endif
