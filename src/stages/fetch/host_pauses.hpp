#ifndef REELPIPE_STAGES_FETCH_HOST_PAUSES_HPP
#define REELPIPE_STAGES_FETCH_HOST_PAUSES_HPP

#include <chrono>
#include <map>
#include <string>

#include "stages/fetch/errors.hpp"

namespace reelpipe::fetch {

// Hosts that have said, with 429 or 503 and Retry-After, when they want to be asked again. Until then whoever wants
// something of them gets the same answer without a request, and other hosts are not concerned.
// Threads: one.
class host_pauses {
public:
    using clock = std::chrono::steady_clock;

    void refused(const http_error&, clock::time_point now = clock::now());

    // Throws http_error, with what is left to wait.
    void check(const std::string& url, clock::time_point now = clock::now());

private:
    struct pause {
        clock::time_point end;
        int status = 0;
    };
    std::map<std::string, pause> pauses_;  // by "host:port"; none is left behind that is over and asked for
};

}  // namespace reelpipe::fetch

#endif
