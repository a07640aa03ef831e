#ifndef REELPIPE_BENCH_E2E_ORIGIN_HPP
#define REELPIPE_BENCH_E2E_ORIGIN_HPP

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "fetch/slow_server.hpp"
#include "support/nginx.hpp"

namespace reelpipe::bench {

// Where the videos are: an nginx on loopback, or a server that is far away.
class origin {
public:
    origin(const std::filesystem::path& folder, const network&);

    std::string url(const std::string& path) const;
    std::uint64_t served();  // bytes of bodies so far

private:
    std::unique_ptr<test::nginx> near_;
    std::unique_ptr<slow_server> far_;
};

}  // namespace reelpipe::bench

#endif
