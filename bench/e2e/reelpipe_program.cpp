// reelpipe, as it comes: `reelpipe download LIST -o DIR`. What it did when is in the trace beside the list afterwards.
#include <fmt/format.h>

#include <algorithm>
#include <asio.hpp>
#include <filesystem>

#include "e2e/workload.hpp"
#include "support/process.hpp"

namespace reelpipe::bench {

namespace {

unsigned short free_port()
{
    asio::io_context io;
    return asio::ip::tcp::acceptor(io, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

}  // namespace

figures reelpipe_program(const workload& w, const std::string& cut, const std::vector<std::string>& options)
{
    const bool any_dead = std::ranges::any_of(w.rows, [](const row& r) { return r.frames == 0; });
    std::vector<std::string> words{
        REELPIPE_BINARY, "download",    w.list(), "-o",      w.output(),           "--cut", cut, "--progress",
        "none",          "--log-level", "error",  "--trace", w.home / "trace.json"};
    if (cut != "lossless") words.insert(words.end(), {"--preset", w.preset});
    words.emplace_back("--source");
    if (w.with_site)
        words.insert(words.end(), {"youtube", "--url-base", w.server->url("pages/")});
    else
        words.push_back(w.server->url("media/{id}.mp4"));
    words.insert(words.end(), options.begin(), options.end());
    return measured(w, words, any_dead ? 1 : 0, exact);
}

figures reelpipe_packed(const workload& w, const std::string& cut)
{
    const std::string shards = w.home / "shards";
    std::filesystem::remove_all(shards);
    const figures f = reelpipe_program(w, cut, {"--layout", "webdataset", "--layout-output", shards});
    if (!std::filesystem::exists(shards + "/labels.json")) throw wrong_result("there are no shards");
    return f;
}

figures reelpipe_watched(const workload& w, const std::string& cut)
{
    const std::string address = fmt::format("127.0.0.1:{}", free_port());
    test::process follower({"sh", "-c", fmt::format("until curl -sN http://{}/events; do sleep 0.1; done", address)});
    const figures f = reelpipe_program(w, cut, {"--serve", address});
    if (follower.wait().out.find("\"state\":\"ended\"") == std::string::npos)
        throw wrong_result("nobody has followed the run");
    return f;
}

}  // namespace reelpipe::bench
