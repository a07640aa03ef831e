#include "cli/serve/door.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <asio/ip/address.hpp>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string_view>
#include <system_error>

#include "reelpipe/usage_error.hpp"

#include "cli/serve/http_server.hpp"

namespace reelpipe::cli {

using asio::ip::tcp;

namespace {

tcp::endpoint endpoint_of(const serve_options& o)
{
    const std::string& text = o.address;
    const auto refuse = [&o] {
        throw usage_error(
            fmt::format("{} {}: this is no address and port; write 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080",
                        o.option, o.address));
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) refuse();
    std::string host = text.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    const bool in_brackets = host.starts_with('[') && host.ends_with(']');
    if (in_brackets) host = host.substr(1, host.size() - 2);
    asio::error_code no_address;
    const asio::ip::address address = asio::ip::make_address(host, no_address);
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, failed] = std::from_chars(text.data() + colon + 1, end, port);
    if (no_address || address.is_v6() != in_brackets || failed != std::errc() || rest != end) refuse();
    return {address, port};
}

// The first line. It has to stand in a URL as it is, and nobody may guess it.
std::string token_of(const serve_options& o)
{
    if (o.token_file.empty()) return {};
    constexpr std::size_t least = 16, most = 256;
    std::string token;
    std::ifstream in(o.token_file);
    if (!std::getline(in, token) && token.empty())
        throw usage_error(
            fmt::format("{}-token {}: no token can be read from this file", o.option, o.token_file.string()));
    const bool is_plain = std::ranges::all_of(
        token, [](unsigned char c) { return c < 128 && (std::isalnum(c) || c == '-' || c == '_' || c == '.'); });
    if (!is_plain || token.size() < least || token.size() > most)
        throw usage_error(
            fmt::format("{}-token {}: a token has {} to {} letters, digits, '-', '_' and '.'; "
                        "openssl rand -hex 32 makes one",
                        o.option, o.token_file.string(), least, most));
    return token;
}

tcp::acceptor acceptor_for(const serve_options& o, asio::io_context& io)
{
    const tcp::endpoint at = endpoint_of(o);
    if (!at.address().is_loopback() && o.token_file.empty())
        throw usage_error(
            fmt::format("{0} {1}: other machines could see this address; add {0}-token FILE, or take 127.0.0.1",
                        o.option, o.address));
    return http::listen_on(io, at);
}

std::string in_url(const tcp::endpoint& at)
{
    const std::string host = at.address().to_string();
    return fmt::format("{}:{}", at.address().is_v6() ? "[" + host + "]" : host, at.port());
}

}  // namespace

serve_door::serve_door(const serve_options& o)
    : token_file_(o.token_file),
      token_(token_of(o)),
      acceptor_(acceptor_for(o, *io_)),
      address_(in_url(acceptor_.local_endpoint()))
{
}

std::string serve_door::url() const
{
    return fmt::format("http://{}/{}", address_,
                       token_.empty() ? "" : fmt::format("?token=…, with the token of {}", token_file_.string()));
}

std::optional<http::response> serve_door::refusal_of(const http::request& asked, bool needs_token) const
{
    if (token_.empty() && !http::is_loopback_host(asked.header("host")))
        return http::plain(403,
                           "without a token, this server is asked for by the name localhost or a loopback address\n");
    if (!needs_token || knows_token(asked)) return std::nullopt;
    http::response refused =
        http::plain(401, "a token is needed: the header 'Authorization: Bearer TOKEN', or ?token=TOKEN\n");
    refused.headers = {"WWW-Authenticate: Bearer"};
    return refused;
}

bool serve_door::knows_token(const http::request& asked) const
{
    if (token_.empty()) return true;
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view header = asked.header("authorization");
    const std::string_view given =
        header.starts_with(scheme) ? header.substr(scheme.size()) : asked.parameter("token").value_or("");
    return http::is_same_secret(given, token_);
}

}  // namespace reelpipe::cli
