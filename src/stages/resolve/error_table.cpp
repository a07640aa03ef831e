#include "stages/resolve/error_table.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <regex>
#include <string_view>
#include <vector>

namespace reelpipe::resolve {

namespace {

// The condition of a rule, besides its text.
enum class only {
    always,
    site_said_so,  // not for errors that the extractor did not foresee: those say nothing final about a video
    unforeseen,    // only for such errors
    geo_error,     // yt-dlp's own class for it will do, whatever the text
    with_scripts,  // yt-dlp could run the scripts of the site
    behind_proxy,
    youtube_video,
    no_urls,            // a warning says that formats were left out, as they have no URL or want a token
    no_solution,        // a warning says that they were, as a script of the site was not understood
    reply_for_another,  // a warning says that the reply was for another video
    status_429,         // in a warning
    status_403,
    no_way_to_the_site,
};

struct rule {
    std::string_view pattern;  // ECMAScript, matched anywhere in the normalised text, which is in lower case
    reason why;
    only when = only::always;
};

using enum reason;

// Tried from the top, the first that fits decides; so the order matters: what speaks of the address comes before what
// speaks of the video, the particular before the general. Patterns have no unbounded repetition, which bounds the
// recursion of std::regex.
// clang-format off
constexpr std::array rules{
    rule{"confirm you.?re not a bot",                                           bot_check},
    rule{"content isn.?t available, try again later|rate-limited by youtube",   rate_limited},
    rule{"http error 429|too many requests|requiring a captcha",                rate_limited},
    rule{"all player responses are invalid|ip is likely being blocked",         blocked},
    // the player that yt-dlp pretends to be was turned away; another attempt may use another one
    rule{"the page needs to be reloaded",                                       network},
    rule{"not available on this app|watch on the latest version",               network},
    rule{"an error occurred.{0,20}try again later|something went wrong",        network},
    rule{"confirm your age|age-restricted|inappropriate for some users",        age_restricted},
    rule{"private video|video is private",                                      private_video,  only::site_said_so},
    rule{"members-only|join this channel|members on level",                     members_only,   only::site_said_so},
    rule{"music premium members|requires payment|rental",                       paid,           only::site_said_so},
    rule{"(made this video available|blocked it|not available) in your (country|region)|not available from your location|geo.?restrict", geo_blocked},
    rule{"",                                                                    geo_blocked,    only::geo_error},
    rule{"account associated with this video has been terminated|closed their (youtube )?account", account_closed, only::site_said_so},
    rule{"copyright claim|blocked it on copyright grounds|third-party notifications of copyright", copyright, only::site_said_so},
    rule{"removed for violating|community guidelines|terms of service|policy on ", policy,      only::site_said_so},
    rule{"removed by the (uploader|user)|has been removed|no longer available|does ?n.t exist|isn.t available anymore", removed, only::site_said_so},
    rule{"premieres? (in|will begin)|live event will begin|is_upcoming|offline\\.", not_yet},
    rule{"live stream recording is not available",                              removed,        only::site_said_so},
    rule{"drm protected",                                                       drm},
    rule{"unsupported url|no suitable extractor",                               extractor_outdated, only::youtube_video},
    rule{"incomplete youtube id|truncated|unsupported url|not a valid url|no suitable extractor", bad_input, only::site_said_so},
    rule{"processing this video|check back later",                              processing},
    rule{"playback on other websites has been disabled",                        refused},
    rule{"this video is (not available|unavailable)",                           unavailable,    only::with_scripts},
    rule{"this video is (not available|unavailable)",                           needs_javascript},
    rule{"video unavailable",                                                   unavailable,    only::site_said_so},
    rule{"sign in|login required|registered users|cookies",                     login_required},
    rule{"requested format is not available|only images are available|no video formats found", extractor_outdated, only::no_solution},
    rule{"requested format is not available|only images are available|no video formats found", no_direct_url, only::no_urls},
    rule{"no video formats found",                                              blocked,        only::reply_for_another},
    rule{"requested format is not available|only images are available|no video formats found", no_format},
    rule{"several videos or none where one is expected",                        no_format},
    rule{"n challenge solving failed|signature (solving|extraction) failed|javascript runtime", extractor_outdated},
    rule{"http error (404|410)",                                                gone},
    rule{"api page: http error 403",                                            blocked},
    rule{"http error 403",                                                      refused},
    // a proxy that is down refuses connections like any other host
    rule{"connection (reset|refused)",                                          no_network,     only::behind_proxy},
    rule{"http error (400|408|5\\d\\d)|timed out|connection (reset|refused)|incompleteread|eof occurred|remote end closed", network},
    rule{"name or service not known|temporary failure in name resolution|network is unreachable|certificate_verify|unable to connect to proxy", no_network},
    rule{"failed to extract any player response",                               no_network,     only::no_way_to_the_site},
    rule{"failed to extract any player response",                               rate_limited,   only::status_429},
    rule{"failed to extract any player response",                               blocked,        only::status_403},
    // a page of consent, or nothing at all, where the player's reply is expected
    rule{"failed to parse json|incomplete data received|failed to extract any player response",          network},
    rule{"unable to extract|unable to parse|please report this issue",          extractor_outdated, only::unforeseen},
    rule{"",                                                                    extractor_outdated, only::unforeseen},
};
// clang-format on

const std::vector<std::regex>& compiled()
{
    static const std::vector<std::regex> all = [] {
        std::vector<std::regex> made;
        for (const rule& each : rules) made.emplace_back(each.pattern.begin(), each.pattern.end());
        return made;
    }();
    return all;
}

void replace_all(std::string& text, std::string_view what, std::string_view by)
{
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
        text.replace(at, what.size(), by);
}

// "[youtube] dQw4w9WgXcQ: what happened": the id is foreign text.
void drop_origin(std::string& text)
{
    const std::size_t id = text.find("] ");
    if (!text.starts_with('[') || id == std::string::npos) return;
    const std::size_t said = text.find(' ', id + 2);
    if (said != std::string::npos && text[said - 1] == ':') text.erase(0, said + 1);
}

// Names that others chose, in sentences of the site: they may hold any word of the table.
void drop_names(std::string& text)
{
    struct sentence {
        std::string_view before, behind;  // the name; nothing behind: it reaches to the end
    };
    constexpr std::array sentences{sentence{"copyright claim by ", ""},
                                   sentence{"claimants include", ""},
                                   sentence{"members on level", ""},
                                   sentence{"unsupported url: ", ""},
                                   sentence{"contains content from ", " blocked it "},
                                   sentence{"contains content from ", ". it is not available"}};
    for (const sentence& each : sentences) {
        const std::size_t at = text.find(each.before);
        if (at == std::string::npos) continue;
        const std::size_t begin = at + each.before.size();
        const std::size_t end = each.behind.empty() ? text.size() : text.rfind(each.behind);
        if (end != std::string::npos && end > begin) text.erase(begin, end - begin);
    }
}

// Without the parts that are no statement: prefixes, colours, names, and advice that names words of the table.
std::string normalised(std::string text)
{
    constexpr std::size_t most = 16u << 10;
    if (text.size() > most) text.resize(most);
    for (std::size_t at = 0; (at = text.find("\x1b[", at)) != std::string::npos;)
        text.erase(at, std::min(text.find('m', at), text.size() - 1) - at + 1);
    if (text.starts_with("ERROR: ")) text.erase(0, 7);
    drop_origin(text);
    for (const std::string_view advice : {" Use --cookies", ". See  https://"})
        if (const std::size_t at = text.find(advice); at != std::string::npos) text.resize(at);
    replace_all(text, "\xe2\x80\x99", "'");
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    drop_names(text);
    return text;
}

bool any_contains(std::span<const std::string> normalised_texts, std::initializer_list<std::string_view> words)
{
    return std::ranges::any_of(normalised_texts, [&](const std::string& text) {
        return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
    });
}

std::vector<std::string> normalised(std::span<const std::string> texts)
{
    std::vector<std::string> all;
    for (const std::string& text : texts) all.push_back(normalised(text));
    return all;
}

bool fits(only when, const ytdlp_error& said, std::span<const std::string> warnings, const error_context& around)
{
    const bool unforeseen = said.expected == false;
    switch (when) {
        case only::always:
            return true;
        case only::site_said_so:
            return !unforeseen;
        case only::unforeseen:
            return unforeseen && !said.status;
        case only::geo_error:
            return said.exception == "GeoRestrictedError";
        case only::with_scripts:
            return around.runs_scripts && !unforeseen &&
                   !any_contains(warnings, {"challenge solving failed", "signature solving failed",
                                            "no supported javascript runtime"});
        case only::behind_proxy:
            return around.behind_proxy;
        case only::youtube_video:
            return around.is_youtube_video;
        case only::no_urls:
            return any_contains(warnings, {"require a gvs po token", "missing a url"});
        case only::no_solution:
            return any_contains(
                warnings, {"n challenge solving failed", "signature solving failed", "signature extraction failed"});
        case only::reply_for_another:
            return any_contains(warnings, {"got player response for video"});
        case only::status_429:
            return any_contains(warnings, {"http error 429", "too many requests"});
        case only::status_403:
            return any_contains(warnings, {"http error 403"});
        case only::no_way_to_the_site:
            return any_contains(warnings, {"name or service not known", "temporary failure in name resolution",
                                           "network is unreachable", "certificate_verify"}) ||
                   // A site that hangs up behind a proxy is told in the same words by urllib3.
                   (any_contains(warnings, {"to connect to proxy"}) &&
                    !any_contains(warnings, {"remote end closed"})) ||
                   (around.behind_proxy && any_contains(warnings, {"connection refused", "connection reset"}));
    }
    return false;
}

}  // namespace

reason reason_for(const ytdlp_error& said, const error_context& around)
{
    const std::string text = normalised(said.text);
    const std::vector<std::string> warnings = normalised(said.warnings);
    for (std::size_t i = 0; i < rules.size(); ++i)
        if (fits(rules[i].when, said, warnings, around) && std::regex_search(text, compiled()[i])) return rules[i].why;
    return unknown;
}

site_fault fault_in(const ytdlp_error& said)
{
    static const std::regex unconnected(
        "connection refused|timed out while connecting|connection to .{1,200} timed out");
    static const std::regex useless(
        "http error 5\\d\\d|timed out|connection reset|incompleteread|eof occurred|remote end closed|"
        "failed to extract any player response|failed to parse json|incomplete data received");
    const std::string text = normalised(said.text);
    if (std::regex_search(text, unconnected)) return site_fault::no_connection;
    return std::regex_search(text, useless) ? site_fault::server_error : site_fault::none;
}

std::optional<reason> site_trouble(const std::string& text, std::span<const std::string> warnings)
{
    std::vector<std::string> all = normalised(warnings);
    all.push_back(normalised(text));
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (!is_site_trouble(rules[i].why) || rules[i].when != only::always) continue;
        for (const std::string& each : all)
            if (std::regex_search(each, compiled()[i])) return rules[i].why;
    }
    return std::nullopt;
}

}  // namespace reelpipe::resolve
