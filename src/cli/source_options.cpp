#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/choice.hpp"
#include "cli/download_options.hpp"

namespace reelpipe::cli {

namespace {

// "Name: value", as it goes out.
std::string header_line(const std::string& text)
{
    const auto colon = text.find(':');
    const auto value = colon == text.npos ? text.npos : text.find_first_not_of(" \t", colon + 1);
    const bool is_clean = text.find_first_of("\r\n") == text.npos && text.find_first_of(" \t") > colon;
    if (colon == 0 || value == text.npos || !is_clean)
        throw CLI::ValidationError("--header", "'" + text.substr(0, colon) + "' is not a header NAME:VALUE");
    return text.substr(0, colon) + ": " + text.substr(value);
}

// "KEY=JSON", laid over those before it.
void add_parameter(std::string& parameters, const std::string& text)
{
    const auto sign = text.find('=');
    const std::string key = text.substr(0, sign);
    const nlohmann::json value =
        sign == text.npos ? nlohmann::json() : nlohmann::json::parse(text.substr(sign + 1), nullptr, false);
    if (sign == text.npos || sign == 0 || value.is_discarded())
        throw CLI::ValidationError("--yt-dlp-option",
                                   "'" + key + "' is not followed by = and a value in JSON; text needs double quotes");
    nlohmann::json all = parameters.empty() ? nlohmann::json::object() : nlohmann::json::parse(parameters);
    all[key] = value;
    parameters = all.dump();
}

// Keys do not belong on a command line, which everybody on the machine can read. The names are those of Amazon's own
// tools.
void read_keys(s3_access& access)
{
    const auto read = [](std::string& value, const char* name) {
        const char* const text = std::getenv(name);
        if (text && *text) value = text;
    };
    read(access.access_key, "AWS_ACCESS_KEY_ID");
    read(access.secret_key, "AWS_SECRET_ACCESS_KEY");
    read(access.session_token, "AWS_SESSION_TOKEN");
    read(access.region, "AWS_DEFAULT_REGION");
    read(access.region, "AWS_REGION");
    read(access.endpoint, "AWS_ENDPOINT_URL");
}

// "300/h" or "300".
double parse_rate(const char* option, const std::string& text)
{
    char* end = nullptr;
    const double rate = std::strtod(text.c_str(), &end);
    const std::string unit(end);
    if (end == text.c_str() || !(rate >= 0 && rate < 1e9) || !(unit.empty() || unit == "/h"))
        throw CLI::ValidationError(option, "'" + text + "' is not a rate such as 200/h; 0 means unlimited");
    return rate;
}

}  // namespace

void add_source_options(CLI::App& command, source_options& o)
{
    constexpr const char* group = "Source";
    command
        .add_option_function<std::string>(
            "--source",
            [&o](const std::string& name) {
                o.name = name;
                if (name.starts_with("s3://")) read_keys(o.s3);
            },
            "youtube; a URL such as https://mirror/{id}.mp4 or .m3u8; {id} alone if the ids are URLs; a folder of "
            "videos named by id; clips:FOLDER for clips of other tools, named ID_START_END.mp4; archive:FILE for tar "
            "and "
            "zip files of videos or such clips, with * and ? for several; s3://BUCKET/KEY with {id} in the key, and "
            "keys "
            "in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or a file of URLs with one JSON object a line: {\"id\": "
            "..., \"url\": ...}")
        ->default_str(o.name)
        ->run_callback_for_default(false)
        ->option_text("WHERE")
        ->group(group);
    command.add_option("--url-base", o.url_base, "what precedes the id in the URL of a page")
        ->capture_default_str()
        ->option_text("URL")
        ->group(group);
    command
        .add_option("--format", o.format,
                    "yt-dlp format selector. Of alternatives separated by commas, the one with the greatest height is "
                    "taken, at equal heights the one with fewer bytes (default: H.264 as separate video and audio or "
                    "as one file, HLS if there is nothing else)")
        ->option_text("SELECTOR")
        ->group(group);
    command
        .add_option_function<std::vector<std::string>>(
            "--header",
            [&o](const std::vector<std::string>& all) {
                for (const std::string& each : all) o.headers.push_back(header_line(each));
            },
            "header to send with each request, for URL templates and files of URLs; repeatable. A host that a redirect "
            "leads to gets only User-Agent, Referer, Origin and those that begin with Accept or Sec-Fetch-")
        ->option_text("NAME:VALUE")
        ->allow_extra_args(false)
        ->group(group);
    command.add_option("--max-height", o.max_height, "largest height of the video, in pixels")
        ->capture_default_str()
        ->option_text("N")
        ->group(group);
    command.add_option("--cookies", o.cookies, "cookies for yt-dlp, in Netscape format")
        ->check(CLI::ExistingFile)
        ->option_text("FILE")
        ->group(group);
    command
        .add_option("--proxy", o.proxies,
                    "proxy for pages and media. Repeat it for several proxies: each has its own quota, cookies and "
                    "workers, and a video is fetched through the proxy that found it")
        ->option_text("URL")
        ->allow_extra_args(false)
        ->group(group);
    command
        .add_option_function<std::string>(
            "--resolve-rate", [&o](const std::string& text) { o.resolve_rate = parse_rate("--resolve-rate", text); },
            "videos an hour to ask for, per proxy (default: 240 for YouTube, which blocks guests at about 300; "
            "unlimited elsewhere)")
        ->option_text("N/h")
        ->group(group);
    command
        .add_option_function<std::string>(
            "--player-rate", [&o](const std::string& text) { o.player_rate = parse_rate("--player-rate", text); },
            "instead of --resolve-rate: player requests an hour, per proxy, which is what YouTube counts. A video "
            "takes "
            "one to three of them, as yt-dlp says after each")
        ->option_text("N/h")
        ->group(group);
    add_seconds(command, "--max-wait", o.max_wait, "how long to wait for a block to end; 0: end the run at once")
        ->group(group);
    add_seconds(command, "--block-pause", o.block_pause,
                "pause before the first probe of a block; it doubles with each failed probe (default: 10 s to 15 min, "
                "depending on the block)")
        ->default_str("")
        ->group(group);
    command
        .add_option("--yt-dlp", o.yt_dlp,
                    "yt-dlp to use: program, zipapp or module folder. A program without a Python module costs a new "
                    "process per video")
        ->option_text("PATH")
        ->group(group);
    command.add_option("--python", o.python, "Python that runs yt-dlp")->option_text("PATH")->group(group);
    command
        .add_option_function<std::vector<std::string>>(
            "--yt-dlp-option",
            [&o](const std::vector<std::string>& all) {
                for (const std::string& each : all) add_parameter(o.yt_dlp_parameters, each);
            },
            "parameter of yt-dlp's class YoutubeDL as KEY=JSON, repeatable, such as "
            "'extractor_args={\"youtube\": {\"player_client\": [\"visionos\"]}}'. The ledger keeps it without tokens "
            "and "
            "passwords")
        ->option_text("KEY=JSON")
        ->allow_extra_args(false)
        ->group(group);
    command
        .add_option(
            "--yt-dlp-cache", o.yt_dlp_cache,
            "folder in which yt-dlp keeps what it fetches for itself, such as the solver script (default: it keeps "
            "nothing)")
        ->option_text("DIR")
        ->group(group);
    command
        .add_flag(
            "--metadata", o.metadata,
            "keep what the site says of each video in the ledger: title, channel, date, categories, tags, license, "
            "description, chapters, and the formats that it offers. It costs no further request")
        ->group(group);
    command
        .add_option("--subtitles", o.subtitles,
                    "store what is said in each clip beside it, as CLIP.LANGUAGE.vtt with times of the clip. Languages "
                    "as yt-dlp "
                    "names them: 'en', 'en,de', 'en.*'. Each track costs a request, which counts as a video does")
        ->option_text("LANGS")
        ->group(group);
    add_choice<fallback_choice>(command, "--fallback", o.fallback,
                                {{"none", fallback_choice::none}, {"yt-dlp", fallback_choice::yt_dlp}},
                                "for videos whose bytes no URL gives, as they come in pieces or over a protocol of the "
                                "site's own. none: their clips fail. yt-dlp: it downloads the whole video into the "
                                "temporary folder, which takes room for 2 GiB, or for --tmp-limit if that is less")
        ->group(group);
    command
        .add_option(
            "--extractors", o.extractors,
            "yt-dlp's extractors to use, by name: 'vimeo', 'dailymotion,generic', or all (default: YouTube, and "
            "pages with a <video>)")
        ->option_text("NAMES")
        ->group(group);
    command
        .add_option("--resolvers", o.resolvers,
                    "videos to ask for at a time, each in a yt-dlp process (1-64; default: 2 for YouTube, 8 for other "
                    "sites)")
        ->check(CLI::Range(1, 64))
        ->default_str("")
        ->option_text("N")
        ->group(group);
}

}  // namespace reelpipe::cli
