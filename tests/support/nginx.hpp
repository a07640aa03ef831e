#ifndef REELPIPE_TESTS_NGINX_HPP
#define REELPIPE_TESTS_NGINX_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/process.hpp"
#include "support/temp_folder.hpp"

namespace reelpipe::test {

// A line of the server's access log.
struct nginx_request {
    std::string path;
    int status = 0;
    std::uint64_t body_bytes = 0;  // as the server sent them
    std::string range;             // as the client asked; "-" if it did not
    std::string protocol;          // "HTTP/1.1"
};

struct nginx_options {
    std::string in_location{};  // further directives, e.g. "limit_rate 100k;"
    std::string in_http{};      // the same above the server, e.g. a map
    bool http2 = false;         // over TLS
    bool tls = false;           // https, with a certificate for localhost that certificate() trusts
};

// A real nginx on a free port of loopback that serves a folder, with ranges. Killed with its owner.
class nginx {
public:
    explicit nginx(const std::filesystem::path& folder, nginx_options = {});

    std::string url(const std::string& path) const;
    std::filesystem::path certificate() const { return home_ / "certificate.pem"; }

    // The network gone for a while: nobody listens on the port between the two.
    void stop();
    void start_again();

    // The requests that it has served, in the order in which the answers ended. Waits until there are at least so many:
    // a line is written after the client has its last byte.
    std::vector<nginx_request> log(std::size_t at_least);

    // Sum over log(at_least).
    std::uint64_t body_bytes(std::size_t at_least);

private:
    void start(const std::filesystem::path& folder, const nginx_options&);
    void launch();
    bool answers();

    temp_folder home_;
    std::string scheme_;
    unsigned short port_ = 0;
    std::shared_ptr<void> closed_port_{};  // while it is stopped
    std::optional<process> server_;
};

}  // namespace reelpipe::test

#endif
