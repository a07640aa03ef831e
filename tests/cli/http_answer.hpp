#ifndef REELPIPE_TESTS_CLI_HTTP_ANSWER_HPP
#define REELPIPE_TESTS_CLI_HTTP_ANSWER_HPP

#include <string>
#include <vector>

#include "support/process.hpp"

namespace reelpipe::test {

struct answer {
    int status = 0;
    std::string head{}, body{};
};

// What curl gets, given these words.
inline answer ask(std::vector<std::string> words)
{
    words.insert(words.begin(), {"curl", "-s", "-i", "--max-time", "60"});
    const finished end = run(words);
    const std::size_t empty = end.out.find("\r\n\r\n");
    if (empty == std::string::npos) return {};
    return {std::stoi(end.out.substr(end.out.find(' ') + 1)), end.out.substr(0, empty), end.out.substr(empty + 4)};
}

}  // namespace reelpipe::test

#endif
