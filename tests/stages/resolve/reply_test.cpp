#include "stages/resolve/reply.hpp"

#include <nlohmann/json.hpp>

#include "stages/resolve/cookies.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using reelpipe::reason;
using reelpipe::remote_file;
using reelpipe::resolved_video;
using reelpipe::source_error;
using reelpipe::resolve::cookie_header;
using reelpipe::resolve::malformed_reply;
using reelpipe::resolve::parse_hello;
using reelpipe::resolve::parse_reply;
using reelpipe::resolve::reason_for;
using reelpipe::resolve::ytdlp_error;

namespace {

json format(json change = json::object())
{
    json made{{"format_id", "18"}, {"url", "https://host.org/video.mp4"}, {"protocol", "https"}};
    made.update(change);
    return made;
}

json reply_with(std::vector<json> formats, json change = json::object())
{
    json made{{"id", 7}, {"ok", true}, {"choices", json::array({formats})}, {"warnings", json::array()}};
    made.update(change);
    return made;
}

resolved_video found(const json& reply)
{
    return std::get<resolved_video>(parse_reply(reply.dump(), 7, {}, "").outcome);
}

remote_file only_file(json change)
{
    return std::get<remote_file>(found(reply_with({format(std::move(change))})).source.files.at(0));
}

reason refused(const json& reply) { return std::get<source_error>(parse_reply(reply.dump(), 7, {}, "").outcome).why(); }

reason reason_of(std::string text, std::vector<std::string> warnings = {}, std::optional<bool> expected = {})
{
    ytdlp_error said;
    said.text = std::move(text);
    said.expected = expected;
    said.warnings = warnings;
    return reason_for(said, {});
}

}  // namespace

TEST_CASE("formats with URLs are preferred to those that only yt-dlp can download", "[reply]")
{
    const json in_pieces =
        format({{"protocol", "http_dash_segments"}, {"height", 720}, {"download", {{"format_id", "7"}}}});
    const json both{{"choices", {{in_pieces}, {format({{"height", 360}})}}}};

    const resolved_video chosen = found(reply_with({}, both)), left = found(reply_with({in_pieces}));

    CHECK(std::holds_alternative<remote_file>(chosen.source.files.at(0)));
    CHECK(std::get<reelpipe::yt_dlp_file>(left.source.files.at(0)).format == R"({"format_id":"7"})");
}

TEST_CASE("what yt-dlp says about a file comes out whole", "[reply]")
{
    const remote_file file = only_file({{"url", "https://host.org/v?expire=1893456000&x=1#__youtubedl_smuggle=%7B%7D"},
                                        {"http_headers",
                                         {{"User-Agent", "browser"},
                                          {"Referer", "https://host.org/"},
                                          {"Accept-Encoding", "gzip"},
                                          {"X-Two", "a\r\nX-Three: b"},
                                          {"X-Number", 3}}},
                                        {"cookies", "a=1; Domain=.host.org; Path=/; b=2; Domain=elsewhere.org"},
                                        {"downloader_options", {{"http_chunk_size", 1048576.0}}},
                                        {"available_at", 1700000088.5}});

    CHECK(file.url == "https://host.org/v?expire=1893456000&x=1");
    CHECK(file.headers == std::vector<std::string>{"Referer: https://host.org/", "User-Agent: browser"});
    CHECK(file.cookies == "a=1");
    CHECK(file.max_range == 1u << 20);
    CHECK(file.available_at == std::chrono::system_clock::from_time_t(1700000088) + 500ms);
    CHECK(file.expires == std::chrono::system_clock::from_time_t(1893456000));
}

TEST_CASE("of what the selection offers the higher is taken, then the one of fewer bytes, else the first", "[reply]")
{
    const auto files_of = [](const json& pair_and_one) {
        json reply = reply_with({});
        reply["choices"] = pair_and_one;
        return found(reply).source.files.size();
    };
    const auto sized = [](const json& bytes, int height) { return format({{"filesize", bytes}, {"height", height}}); };
    const json audio = format({{"filesize", 100}});

    CHECK(files_of({{sized(1000, 360), audio}, {sized(1099, 360)}}) == 1);
    CHECK(files_of({{sized(1000, 360), audio}, {sized(1100, 360)}}) == 2);
    CHECK(files_of({{sized(1000, 360), audio}, {sized(500, 240)}}) == 2);
    CHECK(files_of({{sized(1000, 240), audio}, {sized(5000, 360)}}) == 1);
    CHECK(files_of({{sized(1000, 360), audio}, {format({{"filesize_approx", 900.5}})}}) == 1);
    CHECK(files_of({{sized(nullptr, 360), audio}, {sized(10, 360)}}) == 2);
    CHECK(files_of({{sized(1000, 360), audio}, {sized(nullptr, 360)}}) == 2);
    CHECK(refused(reply_with({}, {{"choices", json::array()}})) == reason::no_format);
}

TEST_CASE("fields may be missing, null or of another type", "[reply]")
{
    const remote_file file = only_file({{"http_headers", nullptr},
                                        {"cookies", nullptr},
                                        {"downloader_options", {{"http_chunk_size", nullptr}}},
                                        {"available_at", "soon"}});
    CHECK(file.max_range == 10u << 20);
    CHECK_FALSE(file.available_at);
    CHECK_FALSE(file.expires);
    CHECK(only_file({{"downloader_options", {{"http_chunk_size", 1u << 30}}}}).max_range == 10u << 20);
    CHECK(only_file({{"http_headers", {{"Cookie", "old=1"}}}}).cookies == "old=1");
    CHECK(found(reply_with({format()}, {{"duration", 60}})).duration == 60s);
    CHECK(found(reply_with({format()}, {{"duration", 60.5}})).duration == 60500ms);
    CHECK_FALSE(found(reply_with({format()}, {{"duration", nullptr}})).duration);
    CHECK_FALSE(found(reply_with({format()}, {{"duration", -1}})).duration);
    for (const char* const when : {"nan", "inf", "-1", "9700000000", "1e300", "soon"})
        CHECK_FALSE(only_file({{"url", std::string("https://host.org/v?expire=") + when}}).expires);
}

TEST_CASE("what cannot be fetched in ranges over http is no format", "[reply]")
{
    CHECK(refused(reply_with({format({{"protocol", "http_dash_segments"}})})) == reason::no_direct_url);
    CHECK(refused(reply_with({format({{"protocol", nullptr}})})) == reason::no_format);
    CHECK(refused(reply_with({format({{"url", "file:///etc/passwd"}})})) == reason::no_format);
    CHECK(refused(reply_with({format({{"url", "https://host.org/\r\nX: y"}})})) == reason::no_format);
    CHECK(refused(reply_with({format({{"url", nullptr}})})) == reason::no_format);
    CHECK(refused(reply_with({})) == reason::no_format);
    CHECK(refused(reply_with({format()}, {{"live_status", "is_live"}})) == reason::live);
    CHECK(refused(reply_with({format()}, {{"live_status", "is_upcoming"}})) == reason::not_yet);
    CHECK_NOTHROW(found(reply_with({format()}, {{"live_status", "was_live"}})));
}

TEST_CASE("lines that no healthy worker sends are told from answers", "[reply]")
{
    for (const char* line :
         {"", "null", "[]", "{}", "{\"id\":7,\"ok\":tr", "{\"id\":8,\"ok\":false}", "{\"id\":7}",
          "{\"id\":7,\"ok\":true}", "{\"id\":7,\"ok\":true,\"formats\":[3]}", "{\"duration\":NaN}"}) {
        CAPTURE(line);
        CHECK_THROWS_AS(parse_reply(line, 7, {}, ""), malformed_reply);
    }
    CHECK_THROWS_AS(parse_hello("{\"pid\":1}"), malformed_reply);
}

TEST_CASE("cookies go to the host that they belong to", "[reply]")
{
    CHECK(cookie_header("a=1; Domain=.host.org; Secure; Expires=99; b=\"x;y\"; Path=/",
                        "https://www.host.org:8443/f") == "a=1; b=\"x;y\"");
    CHECK(cookie_header("a=1; Domain=host.org", "https://evilhost.org/").empty());
    CHECK(cookie_header("a=1; Domain=host.org", "https://host.org@evil.org/").empty());
    CHECK(cookie_header("", "https://host.org/").empty());
}

TEST_CASE("failures that only newer versions of yt-dlp word are told apart", "[error_table]")
{
    const std::string no_reply =
        "ERROR: [youtube] abcdefghijk: Failed to extract any player response; please report "
        "this issue on  https://github.com/yt-dlp/yt-dlp/issues";
    CHECK(reason_of(no_reply, {"Unable to download API page: HTTP Error 429: Too Many Requests"}, false) ==
          reason::rate_limited);
    CHECK(reason_of(no_reply, {"Unable to download API page: HTTP Error 403: Forbidden"}, false) == reason::blocked);
    CHECK(reason_of(no_reply, {"Unable to download API page: HTTP Error 503"}, false) == reason::network);
    CHECK(reason_of("ERROR: [youtube] x: All player responses are invalid. Your IP is likely being blocked by Youtube",
                    {}, true) == reason::blocked);
    const std::string no_format = "ERROR: [youtube] abcdefghijk: Requested format is not available. Use --list-formats";
    CHECK(reason_of(no_format, {}, true) == reason::no_format);
    CHECK(reason_of(no_format, {"web client https formats require a GVS PO Token"}, true) == reason::no_direct_url);
    CHECK(reason_of(no_format, {"web client formats are missing a URL", "n challenge solving failed"}, true) ==
          reason::extractor_outdated);
    CHECK(reason_of("ERROR: [youtube] x: Unable to extract nsig; please report this issue", {}, false) ==
          reason::extractor_outdated);
}

TEST_CASE("text that decides nothing does not decide", "[error_table]")
{
    CHECK(reason_of("ERROR: [youtube] captcha-429: Private video. Sign in if you've been granted access. "
                    "Use --cookies-from-browser or --cookies for the authentication",
                    {}, true) == reason::private_video);
    CHECK(reason_of("ERROR: \x1b[0;31m[youtube]\x1b[0m x: This video is private", {"HTTP Error 429"}, true) ==
          reason::private_video);
    CHECK(reason_of("Private video", {}, false) != reason::private_video);  // unforeseen: nothing final
    CHECK(reason_of("something quite new") == reason::unknown);
    CHECK(reason_of("") == reason::unknown);
    CHECK(reason_of(std::string(1u << 20, '[')) == reason::unknown);
    CHECK(reason_of(std::string(1000, 'x') + "\x1b[") == reason::unknown);
    const std::vector<std::string> warnings{"Unable to download webpage: HTTP Error 429: Too Many Requests"};
    CHECK(reelpipe::resolve::site_trouble("Private video", warnings) == reason::rate_limited);
    CHECK_FALSE(reelpipe::resolve::site_trouble("Private video", {}));
}

TEST_CASE("users of ours are not sent to yt-dlp's makers", "[reply]")
{
    const json refusal{{"id", 7},
                       {"ok", false},
                       {"expected", false},
                       {"msg",
                        "ERROR: [youtube] x: Unable to extract nsig; please report this issue on  "
                        "https://github.com/yt-dlp/yt-dlp/issues , filling out the appropriate issue template"}};
    const auto refused = std::get<source_error>(parse_reply(refusal.dump(), 7, {}, "").outcome);
    CHECK(refused.what() == std::string("ERROR: [youtube] x: Unable to extract nsig"));
    CHECK(refused.why() == reason::extractor_outdated);
}
