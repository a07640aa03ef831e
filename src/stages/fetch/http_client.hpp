#ifndef REELPIPE_STAGES_FETCH_HTTP_CLIENT_HPP
#define REELPIPE_STAGES_FETCH_HTTP_CLIENT_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media/range_set.hpp"
#include "stages/fetch/errors.hpp"
#include "stages/fetch/response_head.hpp"

namespace reelpipe::fetch {

// Keys that sign each request for what is in a bucket, as Amazon's S3 wants it (AWS Signature Version 4).
struct bucket_keys {
    std::string root{};  // URLs that begin with it are signed: "https://host/bucket/"
    std::string access_key{};
    std::string secret_key{};
    std::string session_token{};  // empty: none
    std::string region{};
};

struct http_options {
    std::size_t connections = 64;          // at once, over all hosts; further transfers wait for one
    std::size_t connections_per_host = 0;  // 0: no limit of its own
    std::chrono::milliseconds connect_timeout{15'000};
    std::uint64_t stall_rate = 1024;  // bytes a second; slower than this for `stall_time` is a stall
    std::chrono::seconds stall_time{30};
    unsigned redirects = 20;       // as browsers follow; http and https only
    std::uint64_t rate_limit = 0;  // bytes a second of all bodies together; 0: none
    // Hosts that the user named may be anywhere; what others name, in redirects, pages and playlists, has to be a
    // public address, unless this is set.
    bool allow_private = false;
    // Told of each host that nothing else would have allowed, before it is asked for the first time.
    std::function<void(const std::string& host, const std::string& address)> on_private_host{};
    std::optional<bool> http2{};  // over TLS; else where the library does it well
    bool ipv4_only = false;       // for sites that bind a URL to the address that asked for it; not of a proxy
    std::string user_agent{};     // of requests that name none; empty: none
    std::string ca_file{};        // PEM file of trusted certificates; empty: the system's
    std::optional<bucket_keys> bucket{};
};

struct http_request {
    std::string url;
    std::vector<std::string> headers{};
    std::string cookies{};
    std::string proxy{};
    bool has_had_turn = false;  // wait_for_turn() was asked for the whole range
    bool public_only = false;   // not even the host of `url` may have a private address
    bool any_encoding = false;  // a compressed body is taken as it comes
    media::byte_range range{};  // never open-ended, never empty
    file_identity expected{};   // what is known of it is compared before a byte is taken
};

// Takes a body as it arrives, on the loop's thread. What its functions throw ends the transfer and comes out of wait().
class body_sink {
public:
    virtual ~body_sink() = default;

    // How far to read, as an offset in the file: the transfer ends there, successfully. Called once, before any byte.
    virtual std::uint64_t begin(const response_head&) = 0;
    virtual void write(std::uint64_t offset, std::span<const std::byte>) = 0;
};

// Receives nothing more once its owner lets go of it: destroying it is cancelling it.
class transfer {
public:
    transfer(transfer&&) noexcept;
    transfer& operator=(transfer&&) noexcept;
    ~transfer();

    // Throws transfer_error (bucket_error, forbidden_address_error before anything is asked of such a host), what the
    // sink threw, or operation_aborted when it is cancelled; to be called once.
    asio::awaitable<response_head> wait();

private:
    friend class http_client;
    struct state;
    explicit transfer(std::unique_ptr<state>);
    std::unique_ptr<state> state_;
};

// All HTTP of the process: libcurl's multi interface, driven by the loop. Connections are kept and used again.
// Proxies and cookies are those of the request, never the environment's; TLS certificates are always verified.
// Threads: construct, use and destroy on the executor's one thread (or strand), never from inside a sink.
class http_client {
public:
    explicit http_client(asio::any_io_executor loop, http_options = {});
    http_client(const http_client&) = delete;
    http_client& operator=(const http_client&) = delete;
    ~http_client();

    // Waits until what all transfers have received, or have had a turn for, is within the rate limit, and takes a turn
    // for so many bytes. The request that follows says that it has had one; what it does not receive is given back.
    // libcurl's own limit is that of one transfer, and lets short bodies pass.
    asio::awaitable<void> wait_for_turn(std::uint64_t bytes);

    // The most bytes that one request should ask for, so that all get their turns within about a second each.
    std::uint64_t max_at_once() const;

    // Begins at once. The sink outlives the transfer.
    transfer start(http_request, body_sink&);

    // start() and wait() in one; the request must be a named object.
    asio::awaitable<response_head> get(http_request, body_sink&);

    // Body bytes and requests of all transfers so far, from any thread.
    std::uint64_t bytes() const;
    std::uint64_t requests() const;

private:
    struct driver;
    friend class transfer;
    std::shared_ptr<driver> driver_;
};

}  // namespace reelpipe::fetch

#endif
