#ifndef REELPIPE_TESTS_SITE_HPP
#define REELPIPE_TESTS_SITE_HPP

#include <string>
#include <vector>

#include "support/process.hpp"

namespace reelpipe::test {

// A server program on loopback. The first line that it prints is its port, every later one is a request.
class site {
public:
    explicit site(std::vector<std::string> words);

    const std::string& port() const { return port_; }
    std::string url(const std::string& path) const { return "http://127.0.0.1:" + port_ + path; }
    std::vector<std::string> requests();

private:
    process server_;
    std::string port_;
};

}  // namespace reelpipe::test

#endif
