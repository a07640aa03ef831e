#include "support/site.hpp"

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace reelpipe::test {

site::site(std::vector<std::string> words) : server_(std::move(words))
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (server_.output_so_far().find('\n') == std::string::npos) {
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error("the site does not start: " + server_.errors_so_far());
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // polls; the deadline decides, not the pause
    }
    std::istringstream(server_.output_so_far()) >> port_;
}

std::vector<std::string> site::requests()
{
    std::istringstream lines(server_.output_so_far());
    std::vector<std::string> all;
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) all.push_back(line);
    return all;
}

}  // namespace reelpipe::test
