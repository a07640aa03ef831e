#ifndef REELPIPE_BENCH_FETCH_SLOW_SERVER_HPP
#define REELPIPE_BENCH_FETCH_SLOW_SERVER_HPP

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace reelpipe::bench {

// How far away a server is, and how much it gives a connection.
struct network {
    std::string name{};
    std::chrono::milliseconds to_first_byte{};
    std::uint64_t bytes_a_second = 0;  // 0: as many as there are
};

// Serves a folder on loopback, with ranges, in a thread of its own; nginx has no way to answer late.
class slow_server {
public:
    struct counts {
        std::uint64_t bytes = 0;  // of bodies, as they were handed to the system
        std::uint64_t requests = 0;
    };

    slow_server(std::filesystem::path folder, network);
    slow_server(const slow_server&) = delete;
    slow_server& operator=(const slow_server&) = delete;
    ~slow_server();

    std::string url(const std::string& path) const;
    counts served() const;

private:
    struct implementation;
    std::unique_ptr<implementation> implementation_;
};

}  // namespace reelpipe::bench

#endif
