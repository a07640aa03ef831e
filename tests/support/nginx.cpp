#include "support/nginx.hpp"

#include <unistd.h>

#include <asio.hpp>
#include <chrono>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace reelpipe::test {

namespace {

constexpr std::chrono::seconds patience{20};
constexpr std::chrono::milliseconds pause{2};

unsigned short free_port()
{
    asio::io_context io;
    const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
    return asio::ip::tcp::acceptor(io, any).local_endpoint().port();
}

std::string configuration(const std::filesystem::path& folder, unsigned short port, const nginx_options& options)
{
    // One process: killing it leaves no worker behind. As root it would give its folders to another user, which takes
    // a right that root lacks in some containers.
    std::ostringstream text;
    if (geteuid() == 0) text << "user root;\n";
    text << "daemon off; master_process off; worker_rlimit_nofile 4096; pid nginx.pid; error_log stderr warn;\n"
         << "events { worker_connections 2048; }\n"
         << "http {\n  types { video/mp4 mp4; text/html html; } default_type application/octet-stream;\n"
         << "  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4;\n"
         << "  scgi_temp_path t5;\n"
         << "  log_format bytes '$status $body_bytes_sent $uri $http_range $server_protocol';\n"
         << options.in_http << "  server {\n    listen 127.0.0.1:" << port << (options.tls ? " ssl" : "")
         << (options.http2 ? " http2" : "") << " backlog=1024;\n"
         << "    access_log access.log bytes;\n";
    if (options.tls) text << "    ssl_certificate certificate.pem; ssl_certificate_key key.pem;\n";
    text << "    location / { root \"" << folder.string() << "\"; " << options.in_location << " }\n  }\n}\n";
    return text.str();
}

}  // namespace

nginx::nginx(const std::filesystem::path& folder, nginx_options options) : scheme_(options.tls ? "https" : "http")
{
    if (options.tls) {
        const finished made = run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                                   "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                                   (home_ / "key.pem").string(), "-out", (home_ / "certificate.pem").string()});
        if (made.status != 0) throw std::runtime_error("no certificate: " + made.err);
    }
    start(std::filesystem::absolute(folder), options);
}

// The port is free when it is chosen; who else may take it before nginx does is why there is a second try.
void nginx::start(const std::filesystem::path& folder, const nginx_options& options)
{
    for (int attempt = 1;; ++attempt) {
        port_ = free_port();
        write_file(home_ / "nginx.conf", configuration(folder, port_, options));
        launch();
        const auto end = std::chrono::steady_clock::now() + patience / 4;
        while (std::chrono::steady_clock::now() < end) {
            if (answers()) return;
            std::this_thread::sleep_for(pause);  // polls; the deadline decides
        }
        if (attempt == 4) throw std::runtime_error("nginx does not start: " + server_->errors_so_far());
    }
}

// Debian keeps it in a folder in which ordinary users look for no programs.
void nginx::launch()
{
    const std::string debian = "/usr/sbin/nginx", program = std::filesystem::exists(debian) ? debian : "nginx";
    server_.emplace(std::vector<std::string>{program, "-p", home_.path().string(), "-c", "nginx.conf"});
}

// Bound and not listened on, the port goes to no other test.
void nginx::stop()
{
    struct closed_port {
        asio::io_context io{};
        asio::ip::tcp::acceptor socket{io};
    };
    server_.reset();
    auto port = std::make_shared<closed_port>();
    port->socket.open(asio::ip::tcp::v4());
    port->socket.set_option(asio::socket_base::reuse_address(true));
    port->socket.bind({asio::ip::address_v4::loopback(), port_});
    closed_port_ = std::move(port);
}

void nginx::start_again()
{
    closed_port_.reset();
    launch();
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!answers()) {
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error("nginx does not start again: " + server_->errors_so_far());
        std::this_thread::sleep_for(pause);  // polls; the deadline decides
    }
}

bool nginx::answers()
{
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    try {
        socket.connect({asio::ip::address_v4::loopback(), port_});
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

std::string nginx::url(const std::string& path) const
{
    return scheme_ + (scheme_ == "https" ? "://localhost:" : "://127.0.0.1:") + std::to_string(port_) + "/" + path;
}

std::vector<nginx_request> nginx::log(std::size_t at_least)
{
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
        std::istringstream lines(read_file(home_ / "access.log"));
        std::vector<nginx_request> requests;
        nginx_request line;
        while (lines >> line.status >> line.body_bytes >> line.path >> line.range >> line.protocol)
            requests.push_back(line);
        if (requests.size() >= at_least) return requests;
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error("nginx has served " + std::to_string(requests.size()) + " requests only");
        std::this_thread::sleep_for(pause);  // polls; the deadline decides
    }
}

std::uint64_t nginx::body_bytes(std::size_t at_least)
{
    const std::vector<nginx_request> all = log(at_least);
    return std::accumulate(all.begin(), all.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const nginx_request& r) { return sum + r.body_bytes; });
}

}  // namespace reelpipe::test
