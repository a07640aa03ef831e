#include "site/source_times.hpp"

#include "support/catch.hpp"

using namespace std::chrono_literals;
using reelpipe::has_expired;
using reelpipe::media_source;
using reelpipe::remote_file;
using reelpipe::wait_for;

TEST_CASE("a pair of URLs is as good as the one that ends first", "[source_times]")
{
    const auto now = std::chrono::system_clock::now();
    media_source pair{{remote_file{.url = "http://host/v"}, remote_file{.url = "http://host/a"}}};
    CHECK_FALSE(has_expired(pair, now));
    std::get<remote_file>(pair.files[1]).expires = now + 6h;
    CHECK_FALSE(has_expired(pair, now));
    CHECK(has_expired(pair, now + 6h - 1min));
}

TEST_CASE("media are waited for until their host serves them, within reason", "[source_times]")
{
    const auto now = std::chrono::system_clock::now();
    remote_file file{.url = "http://host/v"};
    CHECK(wait_for({{file}}, now) == 0ms);
    file.available_at = now + 5500ms;
    CHECK(wait_for({{remote_file{.url = "http://host/a"}, file}}, now) == 5500ms);
    CHECK(wait_for({{reelpipe::hls_playlist{file}}}, now) == 5500ms);
    CHECK(wait_for({{file}}, now + 6s) == 0ms);
    file.available_at = now + 24h;
    CHECK(wait_for({{file}}, now) == 1min);
}
