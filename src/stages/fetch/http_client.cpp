#include "stages/fetch/http_client.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

#include "stages/fetch/bucket.hpp"
#include "stages/fetch/content_range.hpp"
#include "stages/fetch/curl_errors.hpp"
#include "stages/fetch/curl_multi.hpp"
#include "stages/fetch/request_headers.hpp"
#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

namespace {

// The most bytes that are written at once. Each of several hundred transfers has such a buffer.
constexpr long receive_bytes = 64 << 10;

// So many bytes that nobody needs cost less than another connection.
constexpr std::uint64_t worth_a_connection = 64u << 10;

struct free_easy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using easy_handle = std::unique_ptr<CURL, free_easy>;

template <class Value> void set(const easy_handle& easy, CURLoption option, Value value)
{
    const CURLcode code = curl_easy_setopt(easy.get(), option, value);
    if (code != CURLE_OK) throw std::runtime_error(std::string("prepare a transfer: ") + curl_easy_strerror(code));
}

// True if a body without a length is still known to be whole: its last chunk says so, or HTTP/2 does.
bool announces_end(const easy_handle& easy)
{
    long version = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_HTTP_VERSION, &version);
    return version >= CURL_HTTP_VERSION_2_0 || header_of(easy.get(), "Transfer-Encoding");
}

// libcurl up to 7.88 buffers up to 32 MB of an HTTP/2 stream and has stalls that were mended later.
bool library_does_http2_well() { return curl_version_info(CURLVERSION_NOW)->version_num >= 0x080a00; }

}  // namespace

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

    asio::any_io_executor loop;
    http_options options;
    std::shared_ptr<curl_multi> multi;
    std::chrono::steady_clock::time_point paid_until{};  // what is received or on its way is within the rate by then
    std::atomic<std::uint64_t> bytes = 0;
    std::atomic<std::uint64_t> requests = 0;
};

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

std::chrono::steady_clock::duration http_client::driver::worth(std::uint64_t received) const noexcept
{
    const std::chrono::duration<double> time(static_cast<double>(received) / static_cast<double>(options.rate_limit));
    return std::chrono::duration_cast<std::chrono::steady_clock::duration>(time);
}

void http_client::driver::spend(std::uint64_t received) noexcept
{
    if (options.rate_limit == 0 || received == 0) return;
    paid_until = std::max(paid_until, std::chrono::steady_clock::now()) + worth(received);
}

void http_client::driver::give_back(std::uint64_t unused) noexcept
{
    if (options.rate_limit != 0) paid_until -= worth(unused);
}

transfer::state::state(std::shared_ptr<http_client::driver> d, http_request r, body_sink& s)
    : driver(std::move(d)),
      request(std::move(r)),
      sink(s),
      easy(curl_easy_init()),
      paid(request.has_had_turn ? request.range.size() : 0),
      position(request.range.begin),
      done(driver->loop, asio::steady_timer::time_point::max()),
      connecting(driver->loop)
{
    if (!easy) throw std::bad_alloc();
    if (request.range.begin >= request.range.end) throw std::invalid_argument("a request for an empty range");
    prepare();
    driver->multi->add(easy.get(), *this);
    ++driver->requests;
}

void transfer::state::prepare()
{
    const http_options& options = driver->options;
    const media::byte_range range = request.range;
    if (is_signed()) request = with_signed_headers(std::move(request), *options.bucket);
    lines = lines_of(request, true, is_signed());
    lines_elsewhere = lines_of(request, false);

    set(easy, CURLOPT_URL, request.url.c_str());
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_RANGE, (std::to_string(range.begin) + "-" + std::to_string(range.end - 1)).c_str());
    set(easy, CURLOPT_HTTPHEADER, lines.get());
    const bool http2 = options.http2.value_or(library_does_http2_well());
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));

    // Set even when empty: libcurl would ask the environment.
    set(easy, CURLOPT_PROXY, request.proxy.c_str());
    set(easy, CURLOPT_NOPROXY, "");

    set(easy, CURLOPT_FOLLOWLOCATION, 1L);
    set(easy, CURLOPT_MAXREDIRS, static_cast<long>(options.redirects));
    set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    if (is_signed()) sign(easy.get(), *options.bucket);

    // Later releases count the wait for a free connection as well, so the time limit is ours.
    constexpr std::chrono::milliseconds never = std::chrono::days(7);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(never.count()));
    set(easy, CURLOPT_RESOLVER_START_FUNCTION, &state::on_resolve);
    set(easy, CURLOPT_RESOLVER_START_DATA, static_cast<void*>(this));
    // A transfer that is slow because of our own limit has not stalled.
    const auto rate = static_cast<curl_off_t>(options.rate_limit);
    set(easy, CURLOPT_MAX_RECV_SPEED_LARGE, rate);
    const std::uint64_t stall_rate =
        rate == 0 ? options.stall_rate : std::min(options.stall_rate, 1 + options.rate_limit / 8);
    set(easy, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(stall_rate));
    set(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_time.count()));
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_BUFFERSIZE, receive_bytes);
    if (options.ipv4_only && request.proxy.empty()) set(easy, CURLOPT_IPRESOLVE, static_cast<long>(CURL_IPRESOLVE_V4));
    if (!options.user_agent.empty()) set(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
    // A redirect may set a cookie and lead to the same address; nothing of it is left behind for another transfer.
    set(easy, CURLOPT_COOKIEFILE, "");
    if (!options.ca_file.empty()) set(easy, CURLOPT_CAINFO, options.ca_file.c_str());

    set(easy, CURLOPT_OPENSOCKETFUNCTION, &state::on_open);
    set(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    set(easy, CURLOPT_PREREQFUNCTION, &state::on_connected);
    set(easy, CURLOPT_PREREQDATA, static_cast<void*>(this));
    set(easy, CURLOPT_WRITEFUNCTION, &state::on_body);
    set(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(easy, CURLOPT_ERRORBUFFER, message);
}

int transfer::state::on_resolve(void*, void*, void* self) noexcept
{
    auto& transfer = *static_cast<state*>(self);
    try {
        transfer.begin_to_connect();
        return 0;
    } catch (...) {
        transfer.error = std::current_exception();
        return 1;
    }
}

// The connection that is not made asks nothing of anybody.
curl_socket_t transfer::state::on_open(void* self, curlsocktype, curl_sockaddr* to) noexcept
{
    auto& transfer = *static_cast<state*>(self);
    try {
        char address[NI_MAXHOST]{};
        if (getnameinfo(&to->addr, to->addrlen, address, sizeof address, nullptr, 0, NI_NUMERICHOST) != 0)
            return CURL_SOCKET_BAD;
        transfer.check_address(address);
        transfer.begin_to_connect();
        return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    } catch (...) {
        transfer.error = std::current_exception();
        return CURL_SOCKET_BAD;
    }
}

// Called for each request, those of redirects and those over a kept connection, before it is sent.
int transfer::state::on_connected(void* self, char* address, char*, int, int) noexcept
{
    auto& transfer = *static_cast<state*>(self);
    transfer.is_connecting = false;
    try {
        transfer.connecting.cancel();
        transfer.check_address(address);
        const bool is_same_host = transfer.asked_host() == transfer.host();
        set(transfer.easy, CURLOPT_HTTPHEADER, (is_same_host ? transfer.lines : transfer.lines_elsewhere).get());
        return CURL_PREREQFUNC_OK;
    } catch (...) {
        transfer.error = std::current_exception();
        return CURL_PREREQFUNC_ABORT;
    }
}

void transfer::state::check_address(const char* address) const
{
    if (driver->options.allow_private) return;
    const std::string url = asked_url();
    if (!request.public_only && host_of(url) == host()) return;
    // Behind a proxy the address is the proxy's; what a name stands for is its affair.
    const bool is_private = request.proxy.empty() ? is_private_address(address) : is_private_address(host_name_of(url));
    if (is_private)
        throw forbidden_address_error(display_name(request.url) + " leads to " + host_of(url) + " (" + address +
                                          "), which is not a public address",
                                      host());
}

// Where redirects have led.
std::string transfer::state::asked_url() const
{
    const char* now = nullptr;
    curl_easy_getinfo(easy.get(), CURLINFO_EFFECTIVE_URL, &now);
    return now ? now : request.url;
}

void transfer::state::begin_to_connect()
{
    if (std::exchange(is_connecting, true)) return;
    connecting.expires_after(driver->options.connect_timeout);
    connecting.async_wait([still_here = std::weak_ptr(self)](const asio::error_code& cancelled) {
        const auto transfer = still_here.lock();
        if (!cancelled && transfer && (*transfer)->is_connecting) (*transfer)->give_up_connecting();
    });
}

void transfer::state::give_up_connecting() noexcept
{
    driver->multi->remove(easy.get());
    const auto waited = static_cast<long long>(driver->options.connect_timeout.count());
    std::snprintf(message, sizeof message, "no connection within %lld ms", waited);
    finished(CURLE_OPERATION_TIMEDOUT);
}

void transfer::state::leave() noexcept { driver->give_back(std::exchange(paid, 0)); }

std::size_t transfer::state::on_body(char* data, std::size_t, std::size_t size, void* self) noexcept
{
    auto& transfer = *static_cast<state*>(self);
    try {
        const std::span<const char> bytes(data, size);
        return transfer.take_body(std::as_bytes(bytes)) ? size : 0;
    } catch (...) {
        transfer.error = std::current_exception();
        return 0;  // ends the transfer
    }
}

bool transfer::state::take_body(std::span<const std::byte> bytes)
{
    if (!has_head) check_head({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    driver->bytes += bytes.size();
    const std::uint64_t covered = std::min<std::uint64_t>(paid, bytes.size());
    paid -= covered;
    driver->spend(bytes.size() - covered);
    const std::uint64_t wanted = std::min<std::uint64_t>(bytes.size(), stop - position);
    if (wanted > 0) sink.write(position, bytes.first(static_cast<std::size_t>(wanted)));
    position += wanted;
    received += bytes.size();
    // A body that ends here, or soon, is read to its end, for then the connection can be used again.
    has_enough = received > head.body.end || (position == stop && head.body.end - stop > worth_a_connection);
    return !has_enough;
}

// `body`: the beginning of it.
void transfer::state::check_head(std::string_view body)
{
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 && status != 206) refuse(static_cast<int>(status), body);
    head = read_head(easy.get(), request.range, request.any_encoding, where(), host());
    has_head = true;
    if (head.url.empty()) head.url = request.url;
    if (!may_be_same(head.identity, request.expected))
        throw changed_error(where() + ": the file changed while it was read", host());
    position = received = head.body.begin;
    const std::uint64_t most = head.partial ? std::min(head.body.end, request.range.end) : head.body.end;
    stop = std::clamp(sink.begin(head), head.body.begin, most);
}

void transfer::state::refuse(int status, std::string_view body) const
{
    if (status == 416 && request.expected.size) {
        const auto range = parse_content_range(header_of(easy.get(), "Content-Range").value_or(""));
        if (range && range->total && *range->total != *request.expected.size)
            throw changed_error(where() + ": the file changed while it was read", host());
    }
    if (status == 407 && !request.proxy.empty())
        throw_for_proxy_password({.easy = easy.get(), .code = CURLE_OK, .host = host(), .proxy = request.proxy});
    const std::string code = is_signed() ? error_code_in(body) : "";
    const std::string text = where() + ": status " + std::to_string(status) + (code.empty() ? "" : ", " + code);
    if (is_signed() && is_fault_of_bucket(status, code)) throw bucket_error(text, host());
    curl_off_t wait = 0;  // libcurl reads both forms of Retry-After, seconds and a date
    curl_easy_getinfo(easy.get(), CURLINFO_RETRY_AFTER, &wait);
    constexpr curl_off_t longest = 24 * 3600;  // it may say anything
    throw http_error(text, host(), status,
                     wait > 0 ? std::optional(std::chrono::seconds(std::min(wait, longest))) : std::nullopt);
}

void transfer::state::finished(CURLcode code) noexcept
{
    result = code;
    ended = true;
    leave();
    done.cancel();
}

asio::awaitable<response_head> transfer::state::wait()
{
    asio::error_code woken;
    if (!ended) co_await done.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (!ended) throw std::system_error(asio::error::operation_aborted);
    check_end();
    co_return std::move(head);
}

void transfer::state::check_end()
{
    if (error) std::rethrow_exception(error);
    if (has_enough || (has_head && position == stop && stop < head.body.end)) return;
    if (result != CURLE_OK) {
        const bool redirected = asked_host() != host();
        throw_for({.easy = easy.get(),
                   .code = result,
                   .text = where() + (redirected ? ", redirected to " + display_name(asked_url()) : ""),
                   .words = *message ? message : curl_easy_strerror(result),
                   .host = asked_host(),
                   .proxy = request.proxy,
                   .ipv4_only = driver->options.ipv4_only,
                   .redirected = redirected});
    }
    if (!has_head) check_head();  // there was no body
    if (head.body.end == std::numeric_limits<std::uint64_t>::max()) {
        head.identity.size = head.body.end = position;
        head.ends_by_closing = !announces_end(easy);
    }
    if (position < std::min(stop, head.body.end))
        throw network_error(where() + ": the body ended before byte " + std::to_string(stop), host(), false);
}

std::string transfer::state::where() const
{
    return display_name(request.url) + " at offset " + std::to_string(position);
}

transfer::transfer(std::unique_ptr<state> begun) : state_(std::move(begun)) {}
transfer::transfer(transfer&&) noexcept = default;
transfer& transfer::operator=(transfer&&) noexcept = default;
transfer::~transfer() = default;

asio::awaitable<response_head> transfer::wait() { return state_->wait(); }

http_client::http_client(asio::any_io_executor loop, http_options options)
    : driver_(std::make_shared<driver>(std::move(loop), std::move(options)))
{
}

http_client::~http_client() = default;

asio::awaitable<void> http_client::wait_for_turn(std::uint64_t bytes)
{
    const std::shared_ptr<driver> shared = driver_;
    if (shared->options.rate_limit == 0) co_return;
    while (shared->paid_until > std::chrono::steady_clock::now()) {
        asio::steady_timer pause(shared->loop, shared->paid_until);
        co_await pause.async_wait(asio::use_awaitable);
    }
    shared->spend(bytes);
}

std::uint64_t http_client::max_at_once() const
{
    constexpr std::uint64_t not_worth_a_request = 64u << 10;
    const std::uint64_t rate = driver_->options.rate_limit;
    return rate == 0 ? std::numeric_limits<std::uint64_t>::max() : std::max(rate, not_worth_a_request);
}

transfer http_client::start(http_request request, body_sink& sink)
{
    return transfer(std::make_unique<transfer::state>(driver_, std::move(request), sink));
}

asio::awaitable<response_head> http_client::get(http_request request, body_sink& sink)
{
    transfer running = start(std::move(request), sink);
    response_head head = co_await running.wait();
    co_return head;
}

std::uint64_t http_client::bytes() const { return driver_->bytes; }
std::uint64_t http_client::requests() const { return driver_->requests; }

}  // namespace reelpipe::fetch
