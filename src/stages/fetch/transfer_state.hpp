#ifndef REELPIPE_STAGES_FETCH_TRANSFER_STATE_HPP
#define REELPIPE_STAGES_FETCH_TRANSFER_STATE_HPP

#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "stages/fetch/bucket.hpp"
#include "stages/fetch/curl_multi.hpp"
#include "stages/fetch/http_client.hpp"
#include "stages/fetch/request_headers.hpp"
#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

struct free_easy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using easy_handle = std::unique_ptr<CURL, free_easy>;

// What the transfers of a client share. On the loop's thread only, except for the counters.
struct http_client::driver {
    driver(asio::any_io_executor executor, http_options chosen)
        : loop(executor),
          options(std::move(chosen)),
          multi(std::make_shared<curl_multi>(executor, options.connections, options.connections_per_host))
    {
    }

    std::chrono::steady_clock::duration worth(std::uint64_t received) const noexcept;
    void spend(std::uint64_t received) noexcept;
    void give_back(std::uint64_t unused) noexcept;
    void tell_private(const std::string& host, const char* address);

    asio::any_io_executor loop;
    http_options options;
    std::shared_ptr<curl_multi> multi;
    std::set<std::string> private_hosts{};               // that were told
    std::chrono::steady_clock::time_point paid_until{};  // what is received or on its way is within the rate by then
    std::atomic<std::uint64_t> bytes = 0;
    std::atomic<std::uint64_t> requests = 0;
};

// One transfer from its request to its end, on the loop's thread.
struct transfer::state final : curl_multi::job {
    state(std::shared_ptr<http_client::driver>, http_request, body_sink&);
    ~state() override
    {
        driver->multi->remove(easy.get());
        leave();
    }

    void finished(CURLcode) noexcept override;
    asio::awaitable<response_head> wait();

    void prepare();
    static int on_resolve(void*, void*, void* self) noexcept;
    static curl_socket_t on_open(void*, curlsocktype, curl_sockaddr*) noexcept;
    static int on_connected(void*, char* address, char*, int, int) noexcept;
    static std::size_t on_body(char*, std::size_t, std::size_t, void*) noexcept;
    void check_address(const char* address) const;
    void begin_to_connect();
    void give_up_connecting() noexcept;
    void leave() noexcept;
    bool take_body(std::span<const std::byte>);
    void check_head(std::string_view body = {});
    void check_end();
    [[noreturn]] void refuse(int status, std::string_view body) const;
    bool is_signed() const
    {
        const std::optional<bucket_keys>& bucket = driver->options.bucket;
        return bucket && request.url.starts_with(bucket->root);
    }
    std::string where() const;
    std::string host() const { return host_of(request.url); }
    std::string asked_url() const;
    std::string asked_host() const { return host_of(asked_url()); }

    std::shared_ptr<http_client::driver> driver;
    http_request request;
    body_sink& sink;
    easy_handle easy;
    header_lines lines;
    header_lines lines_elsewhere;  // for hosts that redirects lead to
    char message[CURL_ERROR_SIZE]{};

    response_head head;
    bool has_head = false;
    std::uint64_t paid;          // bytes to come that are within the rate already
    std::uint64_t position;      // in the file: the next byte for the sink
    std::uint64_t received = 0;  // in the file: the next byte to come
    std::uint64_t stop = 0;      // where the sink has enough
    bool has_enough = false;     // the transfer was ended at `stop`, before the body's own end
    std::exception_ptr error;
    bool ended = false;
    CURLcode result = CURLE_OK;
    asio::steady_timer done;  // never expires; cancelling it wakes wait()

    asio::steady_timer connecting;  // runs while a connection is made
    bool is_connecting = false;
    // Lets a handler of the timer, which may already be on its way, see that this is gone.
    const std::shared_ptr<state*> self = std::make_shared<state*>(this);
};

}  // namespace reelpipe::fetch

#endif
