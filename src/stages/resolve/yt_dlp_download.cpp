#include "stages/resolve/yt_dlp_download.hpp"

#include <asio/this_coro.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "stages/resolve/installation.hpp"
#include "stages/resolve/reply.hpp"
#include "stages/resolve/worker_process.hpp"
#include "stages/resolve/worker_settings.hpp"

namespace reelpipe::resolve {

namespace {

using nlohmann::json;

constexpr std::uint64_t only_request = 1;

std::string written(const json& line) { return line.dump(-1, ' ', false, json::error_handler_t::replace); }

// What the user wishes besides, without which yt-dlp would wait for ever and take all of the line.
yt_dlp_options with_limits(yt_dlp_options options, const download_limits& limits)
{
    json parameters = options.parameters.empty() ? json::object() : json::parse(options.parameters);
    parameters["socket_timeout"] = std::chrono::duration<double>(limits.stall).count();
    if (limits.bytes_per_second > 0) parameters["ratelimit"] = limits.bytes_per_second;
    options.parameters = written(parameters);
    return options;
}

std::string request_for(const yt_dlp_file& file, const std::filesystem::path& to, const download_limits& limits)
{
    return written({{"id", only_request},
                    {"download", json::parse(file.format)},
                    {"to", to.string()},
                    {"limit", limits.bytes},
                    {"public_only", file.public_only}});
}

}  // namespace

asio::awaitable<void> download_file(yt_dlp_options options, yt_dlp_file file, std::filesystem::path to,
                                    download_limits limits)
{
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    options.proxy = file.proxy;
    const yt_dlp_options with = with_limits(std::move(options), limits);
    const installation where = find_installation(with.yt_dlp, with.python);
    try {
        worker_process worker(executor, where.python);
        std::string settings = settings_of(with, where);
        co_await worker.send(std::move(settings), with.deadline);
        const std::string hello = co_await worker.receive(with.deadline);
        parse_hello(hello);
        std::string request = request_for(file, to, limits);
        co_await worker.send(std::move(request), with.deadline);
        const std::string line = co_await worker.receive(limits.time);
        check_download(line, only_request, {.behind_proxy = !with.proxy.empty()});
    } catch (const worker_late& late) {
        throw source_error(reason::no_direct_url, std::string("yt-dlp did not end its download: ") + late.what());
    } catch (const worker_died& dead) {
        throw source_error(reason::resolver_died, dead.what());
    } catch (const malformed_reply& odd) {
        throw source_error(reason::resolver_died, odd.what());
    }
}

}  // namespace reelpipe::resolve
