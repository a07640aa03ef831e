#include "stages/fetch/curl_multi.hpp"

#include <unistd.h>

#include <asio/post.hpp>
#include <chrono>
#include <new>
#include <stdexcept>
#include <string>

namespace reelpipe::fetch {

namespace {

void check(CURLMcode code, const char* doing)
{
    if (code != CURLM_OK) throw std::runtime_error(std::string(doing) + ": " + curl_multi_strerror(code));
}

CURLM* new_multi()
{
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM* multi = ready == CURLE_OK ? curl_multi_init() : nullptr;
    if (!multi) throw std::bad_alloc();
    return multi;
}

}  // namespace

curl_multi::curl_multi(asio::any_io_executor executor, std::size_t connections, std::size_t connections_per_host)
    : executor_(executor), timer_(executor), multi_(new_multi())
{
    const auto kept = static_cast<long>(connections);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &curl_multi::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &curl_multi::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, kept);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kept);
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(connections_per_host));
}

curl_multi::~curl_multi()
{
    for (const auto& entry : jobs_) curl_multi_remove_handle(multi_, entry.first);
    curl_multi_cleanup(multi_);  // closes kept connections, through on_close
    while (!watches_.empty()) forget(watches_.begin()->first);
}

void curl_multi::add(CURL* easy, job& told)
{
    // Kept connections are closed long after their handle is gone, so the callback gets this object.
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &curl_multi::on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
    jobs_.emplace(easy, &told);
    const CURLMcode code = curl_multi_add_handle(multi_, easy);
    if (code != CURLM_OK) jobs_.erase(easy);
    check(code, "start a transfer");
}

void curl_multi::remove(CURL* easy) noexcept
{
    if (jobs_.erase(easy) != 0) curl_multi_remove_handle(multi_, easy);
}

int curl_multi::on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void*) noexcept
{
    auto& multi = *static_cast<curl_multi*>(self);
    if (what == CURL_POLL_REMOVE) {
        multi.forget(socket);
        return 0;
    }
    try {
        multi.want(socket, what);
    } catch (...) {
        // A failure told to libcurl here would end every transfer there is; only this one cannot go on.
        multi.unwatched_.push_back(easy);
        multi.arm_timer(0);
    }
    return 0;
}

int curl_multi::on_timer(CURLM*, long milliseconds, void* self) noexcept
{
    static_cast<curl_multi*>(self)->arm_timer(milliseconds);
    return 0;
}

// REMOVE does not come in every corner before a close; a wait that outlives its descriptor would sit on the next one
// that gets the number.
int curl_multi::on_close(void* self, curl_socket_t socket) noexcept
{
    static_cast<curl_multi*>(self)->forget(socket);
    return close(socket);
}

void curl_multi::want(curl_socket_t socket, int what)
{
    const auto found = watches_.find(socket);
    std::shared_ptr<watch> watched = found == watches_.end() ? nullptr : found->second;
    if (!watched) {
        watched = std::make_shared<watch>(watch{asio::posix::stream_descriptor(executor_, socket)});
        watches_.emplace(socket, watched);
    }
    watched->wanted[reading] = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    watched->wanted[writing] = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    wait_for(watched, reading);
    wait_for(watched, writing);
}

void curl_multi::forget(curl_socket_t socket) noexcept
{
    const auto found = watches_.find(socket);
    if (found == watches_.end()) return;
    if (found->second->descriptor.is_open()) found->second->descriptor.release();
    watches_.erase(found);
}

void curl_multi::wait_for(const std::shared_ptr<watch>& watched, direction way)
{
    if (!watched->descriptor.is_open() || !watched->wanted[way] || watched->waiting[way]) return;
    watched->waiting[way] = true;
    const auto kind =
        way == reading ? asio::posix::stream_descriptor::wait_read : asio::posix::stream_descriptor::wait_write;
    watched->descriptor.async_wait(
        kind, [multi = weak_from_this(), entry = std::weak_ptr(watched), way](const asio::error_code& failed) {
            const auto self = multi.lock();
            const auto ready = entry.lock();
            if (!self || !ready || !ready->descriptor.is_open()) return;
            ready->waiting[way] = false;
            // libcurl may have lost interest since this was armed.
            if (!ready->wanted[way]) return;
            const int events = failed ? CURL_CSELECT_ERR : way == reading ? CURL_CSELECT_IN : CURL_CSELECT_OUT;
            self->act(ready->descriptor.native_handle(), events);
            self->wait_for(ready, way);
        });
}

void curl_multi::arm_timer(long milliseconds)
{
    // A timer that has expired cannot be cancelled any more; the number tells its handler that it is out of date.
    const std::uint64_t generation = ++timer_generation_;
    timer_.cancel();
    const auto expired = [multi = weak_from_this(), generation](const asio::error_code& cancelled) {
        const auto self = multi.lock();
        if (!cancelled && self && self->timer_generation_ == generation) self->act(CURL_SOCKET_TIMEOUT, 0);
    };
    if (milliseconds == 0) {
        asio::post(executor_, [expired] { expired({}); });
    } else if (milliseconds > 0) {
        timer_.expires_after(std::chrono::milliseconds(milliseconds));
        timer_.async_wait(expired);
    }
}

void curl_multi::act(curl_socket_t socket, int events)
{
    int running = 0;
    const CURLMcode code = curl_multi_socket_action(multi_, socket, events, &running);
    // Not the fault of one transfer, and none would ever be woken again.
    if (code != CURLM_OK)
        while (!jobs_.empty()) end(jobs_.begin()->first, CURLE_FAILED_INIT);
    report_finished();
}

void curl_multi::report_finished()
{
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left))
        if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
    while (!unwatched_.empty()) {
        CURL* const easy = unwatched_.back();
        unwatched_.pop_back();
        end(easy, CURLE_FAILED_INIT);
    }
}

void curl_multi::end(CURL* easy, CURLcode code) noexcept
{
    const auto found = jobs_.find(easy);
    if (found == jobs_.end()) return;
    job* const told = found->second;
    jobs_.erase(found);
    curl_multi_remove_handle(multi_, easy);
    told->finished(code);
}

}  // namespace reelpipe::fetch
