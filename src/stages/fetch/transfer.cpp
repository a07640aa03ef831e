#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <limits>
#include <system_error>
#include <utility>

#include "stages/fetch/content_range.hpp"
#include "stages/fetch/curl_errors.hpp"
#include "stages/fetch/transfer_state.hpp"

namespace reelpipe::fetch {

namespace {

// The most bytes that are written at once. Each of several hundred transfers has such a buffer.
constexpr long receive_bytes = 64 << 10;

// So many bytes that nobody needs cost less than another connection.
constexpr std::uint64_t worth_a_connection = 64u << 10;

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
    const std::string url = asked_url();
    if (!request.public_only && host_of(url) == host()) return;
    // Behind a proxy the address is the proxy's; what a name stands for is its affair.
    const bool is_private = request.proxy.empty() ? is_private_address(address) : has_private_host(url);
    if (is_private && driver->options.allow_private) return driver->tell_private(host_of(url), address);
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

}  // namespace reelpipe::fetch
