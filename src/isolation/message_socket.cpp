#include "isolation/message_socket.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "isolation/message_parts.hpp"

namespace reelpipe::isolation {

using nlohmann::json;

namespace {

constexpr std::size_t max_descriptors = 3;            // frames, audio, the clip
constexpr std::size_t max_message_bytes = 64u << 20;  // the held ranges of a paged video are the longest part

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::generic_category(), doing); }

// Returns when the socket is ready. Without a deadline it does nothing: a worker's sandbox has no poll().
void wait_until_ready(int socket, short events, const deadline& until)
{
    while (until) {
        // Also after the deadline the socket is looked at: this process may have been stopped for longer.
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - std::chrono::steady_clock::now());
        pollfd one{.fd = socket, .events = events, .revents = 0};
        const int count = poll(&one, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000)));
        if (count > 0) return;
        if (count < 0 && errno != EINTR) fail("wait for the other process");
        if (left.count() <= 0)
            throw std::system_error(std::make_error_code(std::errc::timed_out), "wait for the other process");
    }
}

// False where the other end is gone before the last byte.
bool read_all(int socket, void* to, std::size_t size, std::vector<int>* descriptors, const deadline& until)
{
    for (std::size_t done = 0; done < size;) {
        wait_until_ready(socket, POLLIN, until);
        iovec part{.iov_base = static_cast<char*>(to) + done, .iov_len = size - done};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(max_descriptors * sizeof(int))> control{};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        if (descriptors) {
            header.msg_control = control.data();
            header.msg_controllen = control.size();
        }
        const ssize_t got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("hear from the other process");
        for (cmsghdr* each = CMSG_FIRSTHDR(&header); each; each = CMSG_NXTHDR(&header, each)) {
            if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
            std::vector<int> came((each->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            std::memcpy(came.data(), CMSG_DATA(each), came.size() * sizeof(int));
            descriptors->insert(descriptors->end(), came.begin(), came.end());
        }
        if (got == 0) return false;
        done += static_cast<std::size_t>(got);
    }
    return true;
}

void write_all(int socket, const std::string& bytes, const std::vector<int>& descriptors, const deadline& until)
{
    alignas(cmsghdr) std::array<char, CMSG_SPACE(max_descriptors * sizeof(int))> control{};
    const int flags = MSG_NOSIGNAL | (until ? MSG_DONTWAIT : 0);  // a ready socket still waits for room for all of it
    for (std::size_t done = 0; done < bytes.size();) {
        wait_until_ready(socket, POLLOUT, until);
        iovec part{.iov_base = const_cast<char*>(bytes.data()) + done, .iov_len = bytes.size() - done};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        if (done == 0 && !descriptors.empty()) {
            header.msg_control = control.data();
            header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
            cmsghdr* const rights = CMSG_FIRSTHDR(&header);
            rights->cmsg_level = SOL_SOCKET;
            rights->cmsg_type = SCM_RIGHTS;
            rights->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
            std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size() * sizeof(int));
        }
        const ssize_t sent = sendmsg(socket, &header, flags);
        if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (sent < 0) fail("talk to the other process");
        done += static_cast<std::size_t>(sent);
    }
}

std::optional<json> receive(int socket, std::size_t max_bytes, std::vector<int>* descriptors, const deadline& until)
{
    std::uint32_t size = 0;
    if (!read_all(socket, &size, sizeof size, descriptors, until)) return std::nullopt;
    if (size > max_bytes) throw std::invalid_argument("a message between processes is too long");
    std::string text(size, '\0');
    if (!read_all(socket, text.data(), text.size(), descriptors, until)) return std::nullopt;
    return parse_message(text);
}

}  // namespace

void send(int socket, const json& content, const std::vector<int>& descriptors, deadline until)
{
    const std::string text = content.dump(-1, ' ', false, json::error_handler_t::replace);
    const auto size = static_cast<std::uint32_t>(text.size());
    if (text.size() > max_message_bytes || descriptors.size() > max_descriptors)
        throw std::invalid_argument("a message between processes is too long");
    std::string bytes(sizeof size, '\0');
    std::memcpy(bytes.data(), &size, sizeof size);
    write_all(socket, bytes + text, descriptors, until);
}

std::optional<job_message> receive_job(int socket)
{
    job_message job;
    std::optional<json> content = receive(socket, max_message_bytes, &job.descriptors, {});
    if (!content) return std::nullopt;
    job.content = std::move(*content);
    return job;
}

std::optional<json> receive_answer(int socket, std::size_t max_bytes, deadline until)
{
    return receive(socket, max_bytes, nullptr, until);
}

bool has_more(int socket)
{
    pollfd one{.fd = socket, .events = POLLIN, .revents = 0};
    return poll(&one, 1, 0) != 0;
}

}  // namespace reelpipe::isolation
