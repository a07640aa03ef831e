#include <algorithm>
#include <asio.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "stages/resolve/yt_dlp.hpp"
#include "support/catch.hpp"
#include "support/run_awaitable.hpp"
#include "support/site.hpp"
#include "support/temp_folder.hpp"
#include "support/youtube_stand_in.hpp"

using namespace std::chrono_literals;
using nlohmann::json;
using reelpipe::reason;
using reelpipe::remote_file;
using reelpipe::resolved_video;
using reelpipe::source_error;
using reelpipe::resolve::yt_dlp;
using reelpipe::resolve::yt_dlp_options;
using reelpipe::test::run_awaitable;

// The real yt-dlp with its real YouTube extractor, against a stand-in for the site.
namespace {

struct youtube {
    explicit youtube(const json& replies = json::object()) : server(reelpipe::test::start_youtube(here, replies)) {}

    static bool is_old()
    {
        static const bool known = [] {
            asio::io_context io{1};
            yt_dlp any(io.get_executor(), {});
            return run_awaitable(io, any.load()).yt_dlp < "2025";
        }();
        return known;
    }
    static std::string client() { return is_old() ? "android" : "visionos"; }

    yt_dlp_options options() const
    {
        yt_dlp_options chosen;
        chosen.proxy = server.url("");
        chosen.parameters = reelpipe::test::parameters_for_youtube(is_old()).dump();
        return chosen;
    }

    reelpipe::test::temp_folder here;
    reelpipe::test::site server;
};

struct refusal {
    const char* status;
    const char* said;
    const char* more;
    reason expected;
};

// Of 11 characters, as YouTube's are.
std::string id_of(std::size_t i) { return "-refusal" + std::to_string(100 + i); }

source_error refusal_of(asio::io_context& io, yt_dlp& resolver, const std::string& video)
{
    try {
        run_awaitable(io, resolver.resolve(video));
    } catch (const source_error& error) {
        return error;
    }
    return {reason::interrupted, "was resolved"};
}

}  // namespace

TEST_CASE("yt-dlp tells how many player requests a video took, the refused ones as well", "[youtube]")
{
    youtube site({{"-refused-it", {{"status", "ERROR"}, {"reason", "Private video"}}}});
    yt_dlp_options options = site.options();
    json parameters = json::parse(options.parameters);
    parameters["extractor_args"]["youtube"]["player_client"] = {youtube::client(), "ios",
                                                                "android"};  // releases know some of them
    options.parameters = parameters.dump();
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), options);
    const auto seen = [&site] {
        return std::ranges::count_if(site.server.requests(), [](const std::string& line) {
            return line.starts_with("POST /youtubei/v1/player");
        });
    };

    const resolved_video found = run_awaitable(io, resolver.resolve("-abcdefghij"));
    const auto first = seen();
    CHECK(first >= 2);
    CHECK(found.player_requests == first);
    const source_error refused = refusal_of(io, resolver, "-refused-it");
    CHECK(refused.why() == reason::private_video);
    CHECK(refused.facts().player_requests == seen() - first);
}

TEST_CASE("subtitles are asked for in the languages that are wanted, each by a request", "[youtube]")
{
    const youtube site({{"-abcdefghij",
                         {{"captions",
                           {{"en", "WEBVTT\n\nby a person"},
                            {"de", "WEBVTT\n\nby the site"},
                            {"fr", 404},
                            {"es", 429},
                            {"it", "not wanted"}}}}}});
    yt_dlp_options options = site.options();
    options.subtitles = "en,de,fr,es";
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), options);

    const resolved_video found = run_awaitable(io, resolver.resolve("-abcdefghij"));
    std::vector<std::pair<std::string, std::string>> tracks;
    for (const auto& [language, text] : found.source.subtitles) tracks.emplace_back(language, text);
    std::ranges::sort(tracks);
    CHECK(tracks == std::vector<std::pair<std::string, std::string>>{{"de", "WEBVTT\n\nby the site"},
                                                                     {"en", "WEBVTT\n\nby a person"}});
    CHECK(found.subtitle_requests == 4);
    CHECK(found.site == reason::rate_limited);  // the site asks for fewer requests, and still the video is found
    CHECK(std::ranges::count_if(found.warnings, [](const std::string& warning) {
              return warning.find("no subtitles in fr") != std::string::npos;
          }) == 1);
}

TEST_CASE("video and audio apart are chosen by default, one file for both on request", "[youtube]")
{
    youtube site;
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), site.options());
    auto one_options = site.options();
    one_options.format = "b[ext=mp4]";
    yt_dlp one_resolver(io.get_executor(), one_options);
    auto silent_options = site.options();
    silent_options.with_audio = false;
    yt_dlp silent_resolver(io.get_executor(), silent_options);

    const resolved_video one = run_awaitable(io, one_resolver.resolve("-bcdefghijk"));
    const resolved_video pair = run_awaitable(io, resolver.resolve("-bcdefghijk"));
    const resolved_video silent = run_awaitable(io, silent_resolver.resolve("-bcdefghijk"));

    REQUIRE(one.source.files.size() == 1);
    const auto& file = std::get<remote_file>(one.source.files[0]);
    CHECK_THAT(file.url, Catch::Matchers::EndsWith("itag=18"));
    CHECK(file.expires == std::chrono::system_clock::from_time_t(1893456000));
    CHECK(file.proxy == site.options().proxy);
    CHECK(one.duration == 60s);
    REQUIRE(pair.source.files.size() == 2);
    CHECK_THAT(std::get<remote_file>(pair.source.files[0]).url, Catch::Matchers::EndsWith("itag=134"));
    CHECK_THAT(std::get<remote_file>(pair.source.files[1]).url, Catch::Matchers::EndsWith("itag=140"));
    REQUIRE(silent.source.files.size() == 1);
    CHECK_THAT(std::get<remote_file>(silent.source.files[0]).url, Catch::Matchers::EndsWith("itag=134"));
}

TEST_CASE("of video and audio apart and one file for both, that of fewer bytes is chosen", "[youtube]")
{
    // Where the site does not say how many bytes a format has, its bit rate does: the stand-in's are all alike.
    const json sizes{{"-smallerone", {{"bytes", {{"18", 1999}}}}},
                     {"-equalsizes", {{"bytes", {{"18", 2000}}}}},
                     {"-unsaidsize", {{"bytes", {{"18", nullptr}, {"134", nullptr}, {"140", nullptr}}}}}};
    youtube site(sizes);
    const reelpipe::test::temp_folder folder;
    reelpipe::test::write_file(folder / "yt-dlp",
                               "#!/bin/sh\nexec /usr/bin/python3 -m yt_dlp --no-check-certificates "
                               "--extractor-args \"youtube:player_client=" +
                                   site.client() + ";player_skip=webpage,configs,js,initial_data\" \"$@\"\n");
    std::filesystem::permissions(folder / "yt-dlp", std::filesystem::perms::owner_all);
    yt_dlp_options options = site.options();
    const bool is_warm = GENERATE(true, false);
    CAPTURE(is_warm);
    if (!is_warm) {
        options.yt_dlp = folder / "yt-dlp";
        options.parameters.clear();
    }
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), options);
    const auto files_of = [&](const std::string& video) {
        return run_awaitable(io, resolver.resolve(video)).source.files;
    };

    const auto smaller = files_of("-smallerone"), equal = files_of("-equalsizes"), unsaid = files_of("-unsaidsize");

    REQUIRE(smaller.size() == 1);
    CHECK_THAT(std::get<remote_file>(smaller[0]).url, Catch::Matchers::EndsWith("itag=18"));
    REQUIRE(equal.size() == 2);
    CHECK_THAT(std::get<remote_file>(equal[0]).url, Catch::Matchers::EndsWith("itag=134"));
    CHECK_THAT(std::get<remote_file>(equal[1]).url, Catch::Matchers::EndsWith("itag=140"));
    REQUIRE(unsaid.size() == 1);
    CHECK_THAT(std::get<remote_file>(unsaid[0]).url, Catch::Matchers::EndsWith("itag=18"));
}

TEST_CASE("what YouTube says of a video it does not play becomes its reason", "[youtube]")
{
    const char* const error = "ERROR";
    const char* const unplayable = "UNPLAYABLE";
    const char* const login = "LOGIN_REQUIRED";
    std::vector<refusal> refusals{
        {login, "Sign in to confirm you\xe2\x80\x99re not a bot", "This helps protect our community. Learn more",
         reason::bot_check},
        {unplayable, "Video unavailable",
         "This content isn\xe2\x80\x99t available, try again later. Your account has been rate-limited by YouTube",
         reason::rate_limited},
        {unplayable, "The page needs to be reloaded.", nullptr, reason::network},
        {unplayable, "The following content is not available on this app.", "Watch on the latest version of YouTube.",
         reason::network},
        {login, "Sign in to confirm your age", "This video may be inappropriate for some users.",
         reason::age_restricted},
        {login, "Private video", "Sign in if you've been granted access to this video", reason::private_video},
        {unplayable, "Join this channel to get access to members-only content like this video", nullptr,
         reason::members_only},
        {unplayable, "This video requires payment to watch.", nullptr, reason::paid},
        {unplayable, "Video unavailable", "The uploader has not made this video available in your country",
         reason::geo_blocked},
        {error, "Video unavailable",
         "This video is no longer available because the YouTube account associated with this video has been "
         "terminated.",
         reason::account_closed},
        {error, "Video unavailable", "This video is no longer available due to a copyright claim by Someone",
         reason::copyright},
        {error, "This video has been removed for violating YouTube's Terms of Service.", nullptr, reason::policy},
        {error, "Video unavailable", "This video has been removed by the uploader", reason::removed},
        {"LIVE_STREAM_OFFLINE", "Premieres in 4 hours", nullptr, reason::not_yet},
        {unplayable, "This live stream recording is not available.", nullptr, reason::removed},
        {unplayable, "We're processing this video. Check back later.", nullptr, reason::processing},
        {unplayable, "Video unavailable", "Playback on other websites has been disabled by the video owner",
         reason::refused},
        {error, "Video unavailable", "This video is not available in your country", reason::geo_blocked},
        {error, "An error occurred. Please try again later.", nullptr, reason::network},
        {error, "Something went wrong", nullptr, reason::network},
        // names of others say nothing
        {unplayable, "Video unavailable",
         "This video contains content from Captcha Sign In Rental Ltd, who has blocked it on copyright grounds",
         reason::copyright},
        {error, "Video unavailable",
         "This video is no longer available due to a copyright claim by HTTP Error 429 GmbH. Captcha",
         reason::copyright},
        {error, "This video is unavailable", nullptr, reason::needs_javascript},  // or really so, see below
        {error, "Video unavailable", nullptr, reason::unavailable},
        {login, "Please sign in", nullptr, reason::login_required},
    };
    json replies = json::object();
    for (std::size_t i = 0; i < refusals.size(); ++i) {
        replies[id_of(i)] = {{"status", refusals[i].status}, {"reason", refusals[i].said}};
        if (refusals[i].more) replies[id_of(i)]["subreason"] = refusals[i].more;
    }
    youtube site(replies);
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), site.options());
    const auto versions = run_awaitable(io, resolver.load());
    const bool runs_scripts = !versions.wants_scripts || !versions.scripts.empty();

    for (std::size_t i = 0; i < refusals.size(); ++i) {
        const source_error failed = refusal_of(io, resolver, id_of(i));
        if (runs_scripts && refusals[i].expected == reason::needs_javascript)
            refusals[i].expected = reason::unavailable;
        CAPTURE(failed.what(), static_cast<int>(failed.why()), static_cast<int>(refusals[i].expected));
        CHECK(failed.why() == refusals[i].expected);
        CHECK_FALSE((failed.facts().site && is_final(failed.why())));
        CHECK_THAT(failed.what(), Catch::Matchers::ContainsSubstring(id_of(i)));
    }
}

TEST_CASE("trouble with the site as a whole is no video's fault", "[youtube]")
{
    const std::string crashing =
        R"({"playabilityStatus": {"status": "OK"}, "videoDetails": {"videoId": "crashes-it-", "title": 5}, )"
        R"("streamingData": {"formats": [{"itag": 18, "url": "http://127.0.0.1/v", "mimeType": 5}]}})";
    youtube site(json{{"limited-429", {{"http", 429}, {"headers", {{"Retry-After", "7"}}}}},
                      {"refused-403", {{"http", 403}}},
                      {"broken--500", {{"http", 500}}},
                      {"poisoned-id", {{"as", "abcdefghijk"}}},
                      {"hung-up----", {{"close", true}}},
                      {"consentpage", {{"body", "<html>Before you continue to YouTube</html>"}}},
                      {"emptyobject", {{"body", "{}"}}},
                      {"emptyreply-", {{"body", ""}}},
                      {"crashes-it-", {{"body", crashing}}},
                      {"no-formats-", {{"empty", true}}}});
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), site.options());
    const auto why = [&](const char* video) {
        const source_error failed = refusal_of(io, resolver, video);
        UNSCOPED_INFO(video << ": " << static_cast<int>(failed.why()) << ": " << failed.what());
        return failed.why();
    };

    CHECK(why("limited-429") == reason::rate_limited);
    CHECK(why("refused-403") == reason::blocked);
    CHECK(why("broken--500") == reason::network);
    CHECK(why("poisoned-id") == reason::blocked);
    CHECK(why("hung-up----") == reason::network);
    CHECK(why("consentpage") == reason::network);
    CHECK(why("emptyobject") == reason::network);
    CHECK(why("emptyreply-") == reason::network);
    CHECK(why("crashes-it-") == reason::extractor_outdated);
    CHECK(why("no-formats-") == reason::no_format);
    CHECK(why("short") == reason::bad_input);
}

TEST_CASE("what YouTube protects or withholds is told from what is not there", "[youtube]")
{
    youtube site(json{{"protected--", {{"drm", true}}},
                      {"withheld---", {{"withheld", true}}},
                      {"nothingleft", {{"withheld", true}, {"alone", true}}}});
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), site.options());

    CHECK(refusal_of(io, resolver, "protected--").why() == reason::drm);
    const resolved_video left = run_awaitable(io, resolver.resolve("withheld---"));
    REQUIRE(left.source.files.size() == 1);
    CHECK_THAT(std::get<remote_file>(left.source.files[0]).url, Catch::Matchers::EndsWith("itag=18"));
    const source_error nothing = refusal_of(io, resolver, "nothingleft");
    // Newer versions warn of formats without a URL, older ones say nothing of them.
    const bool is_told = std::ranges::any_of(nothing.facts().warnings, [](const std::string& warning) {
        return warning.find("missing a ") != std::string::npos;
    });
    CAPTURE(nothing.what(), nothing.facts().warnings);
    CHECK(nothing.why() == (is_told ? reason::no_direct_url : reason::no_format));
}

TEST_CASE("signatures that yt-dlp cannot read are its own fault, not the videos'", "[youtube]")
{
    youtube site(json{{"signed-----", {{"signed", true}}}});
    asio::io_context io{1};
    auto options = site.options();
    json parameters = json::parse(options.parameters);
    parameters["extractor_args"]["youtube"] = {{"player_client", {"web"}},
                                               {"player_skip", {"webpage", "configs", "initial_data"}}};
    options.parameters = parameters.dump();
    yt_dlp resolver(io.get_executor(), options);

    const source_error failed = refusal_of(io, resolver, "signed-----");

    CAPTURE(failed.what(), failed.facts().warnings);
    CHECK(failed.why() == reason::extractor_outdated);
}

TEST_CASE("replies for other videos and untrusted certificates are no video's fault", "[youtube]")
{
    youtube site(json{{"poisoned-id", {{"as", "abcdefghijk"}}}});
    asio::io_context io{1};
    yt_dlp resolver(io.get_executor(), site.options());
    const source_error poisoned = refusal_of(io, resolver, "poisoned-id");
    CAPTURE(poisoned.what());
    CHECK(poisoned.why() == reason::blocked);

    auto strict = site.options();
    json parameters = json::parse(strict.parameters);
    parameters["nocheckcertificate"] = false;
    strict.parameters = parameters.dump();
    yt_dlp careful(io.get_executor(), strict);
    const source_error untrusted = refusal_of(io, careful, "abcdefghijk");
    CAPTURE(untrusted.what(), untrusted.facts().warnings);
    CHECK(untrusted.why() == reason::no_network);
}

TEST_CASE("a proxy that is down is a network that is down", "[youtube]")
{
    youtube site;
    asio::io_context io{1};
    auto options = site.options();
    options.proxy = "http://127.0.0.1:9";
    yt_dlp resolver(io.get_executor(), options);

    CHECK(refusal_of(io, resolver, "abcdefghijk").why() == reason::no_network);
}

TEST_CASE("a site whose name cannot be resolved is a network that is down", "[youtube]")
{
    asio::io_context io{1};
    yt_dlp_options options;
    options.url_base = "http://no-such-site.invalid/watch?v=";
    yt_dlp resolver(io.get_executor(), options);

    const source_error failed = refusal_of(io, resolver, "abcdefghijk");
    CAPTURE(failed.what());
    CHECK(failed.why() == reason::no_network);
}
