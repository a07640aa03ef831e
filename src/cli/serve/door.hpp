#ifndef REELPIPE_CLI_SERVE_DOOR_HPP
#define REELPIPE_CLI_SERVE_DOOR_HPP

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/serve/http.hpp"

namespace reelpipe::cli {

// Where something is shown, and to whom.
struct serve_options {
    std::string address{};               // "127.0.0.1:8080", "[::1]:8080", "localhost:8080"; empty: nowhere
    std::filesystem::path token_file{};  // what every client has to know; empty: only this machine may look
    std::string option = "--serve";      // that gave the address; with "-token" behind it, the file
};

// A port that is taken, before there is anything to show on it, and the rule who may ask there.
class serve_door {
public:
    // Throws usage_error for an address that is none, a token that cannot be read or is too simple, and for an address
    // that others can reach without a token; std::system_error where it cannot listen.
    explicit serve_door(const serve_options&);

    // Without the token, but with a word on it where one is needed.
    std::string url() const;

    // The loop on which the port is; its owner runs it.
    asio::io_context& loop() { return *io_; }
    asio::ip::tcp::acceptor take_acceptor() { return std::move(acceptor_); }

    // The answer to a client that may not ask: it does not know the token, or, where there is none, it asks under a
    // name that is not this machine's.
    std::optional<http::response> refusal_of(const http::request&, bool needs_token = true) const;

private:
    bool knows_token(const http::request&) const;

    std::filesystem::path token_file_;
    std::string token_{};
    std::unique_ptr<asio::io_context> io_ = std::make_unique<asio::io_context>(1);
    asio::ip::tcp::acceptor acceptor_;
    std::string address_;  // as in a URL
};

}  // namespace reelpipe::cli

#endif
