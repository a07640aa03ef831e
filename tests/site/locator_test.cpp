#include "site/locator.hpp"

#include <asio/io_context.hpp>

#include "support/catch.hpp"
#include "support/run_awaitable.hpp"
#include "support/temp_folder.hpp"

using namespace reelpipe;

namespace {

// Two files, of which the first is not to be asked for on a private address.
struct careful_source : video_source {
    asio::awaitable<resolved_video> resolve(std::string) override
    {
        resolved_video found;
        found.source.files = {hls_playlist{{.url = "http://host/list.m3u8", .public_only = true}},
                              remote_file{.url = "http://host/audio"}};
        co_return found;
    }
};

// Of each file of a video, whether it has to be on a public address.
std::vector<bool> public_only(const source_options& options, const std::string& video)
{
    asio::io_context io{1};
    locator of(io.get_executor(), options, true);
    test::run_awaitable(io, of.start());
    const resolved_video found = test::run_awaitable(io, of.locate(video));
    std::vector<bool> all;
    for (const media_file& file : found.source.files) all.push_back(remote_part(file)->public_only);
    return all;
}

}  // namespace

TEST_CASE("a source of one's own may say which of its hosts have to be public", "[locator]")
{
    source_options options;
    options.custom = std::make_shared<careful_source>();
    CHECK(public_only(options, "v") == std::vector{true, false});
}

TEST_CASE("lines of a file of URLs may say which of their hosts have to be public", "[locator]")
{
    const test::temp_folder here;
    test::write_file(here / "urls.jsonl",
                     "{\"id\": \"a\", \"url\": \"http://host/a\", \"public_only\": true}\n"
                     "{\"id\": \"b\", \"url\": \"http://host/b\"}\n");
    source_options options;
    options.name = here / "urls.jsonl";
    CHECK(public_only(options, "a") == std::vector{true});
    CHECK(public_only(options, "b") == std::vector{false});
}

TEST_CASE("what only a list names has to be public", "[locator]")
{
    source_options options;
    options.name = "{id}";
    CHECK(public_only(options, "http://host/a") == std::vector{true});
    options.name = "http://host/{id}";
    CHECK(public_only(options, "a") == std::vector{false});
}
