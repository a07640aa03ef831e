#ifndef REELPIPE_DOCTOR_HPP
#define REELPIPE_DOCTOR_HPP

#include <asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include <reelpipe/download_options.hpp>

namespace reelpipe {

// What is so with one thing that a run needs.
struct finding {
    // ok; a run works, but not as well as it could; a run cannot work.
    enum class state : std::uint8_t { ok, warning, problem };

    state is = state::ok;
    std::string about{};   // "yt-dlp"
    std::string text{};    // "2026.10.26 on Python 3.11.2"
    std::string remedy{};  // what to do about it; empty if nothing has to be done
};

// Looks at what a run with these options would need: programs, libraries, files, proxies, folders and the machine.
// Lists and the output folder are left out where none is named.
//
// Proxies are connected to. No site is asked, unless `probe` is the URL of a video: then that one is, as a run would
// ask for it. The output folder is tried and left as it was. Throws nothing for trouble: that is a finding.
// Threads: the executor's; runs once.
asio::awaitable<std::vector<finding>> examine(download_options options, std::string probe);

}  // namespace reelpipe

#endif
