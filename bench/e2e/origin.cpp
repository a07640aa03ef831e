#include "e2e/origin.hpp"

namespace reelpipe::bench {

origin::origin(const std::filesystem::path& folder, const network& net)
{
    if (net.bytes_a_second == 0)
        near_ = std::make_unique<test::nginx>(folder, test::nginx_options{.in_location = "default_type text/html;"});
    else
        far_ = std::make_unique<slow_server>(folder, net);
}

std::string origin::url(const std::string& path) const { return near_ ? near_->url(path) : far_->url(path); }

std::uint64_t origin::served() { return near_ ? near_->body_bytes(0) : far_->served().bytes; }

}  // namespace reelpipe::bench
