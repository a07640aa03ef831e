#include "stages/resolve/worker_settings.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace reelpipe::resolve {

namespace {

// `b` is a file with video and audio, `bv` and `ba` have one of them. A `?` lets through what the site does not
// tell.
//
// Separate streams and one file for both are offered, and the one of fewer bytes is taken once both are known. If they
// are equal, it is the first: its index is a few KB at the head, while that of one file grows with the video's length.
// A playlist is the last resort.
std::string default_format(int max_height, bool with_audio, bool fallback)
{
    const std::string height = "[height<=" + std::to_string(max_height) + "]";
    const std::string any_height = "[height<=?" + std::to_string(max_height) + "]";
    const std::string http = "[protocol^=http]";
    const std::string frames = "bv" + http + "[ext=mp4][vcodec^=avc1]" + height;
    const std::string one = "b" + http + "[ext=mp4][vcodec^=?avc1]" + any_height;
    const std::string apart = with_audio ? frames + "+ba" + http + "[ext=m4a]" : frames;
    const std::string any_apart = with_audio ? "bv" + http + height + "+ba" + http : "bv" + http + height;
    const std::string playlist = "b[protocol^=m3u8]";
    const auto both = [](const std::string& first, const std::string& second) {
        return "(" + first + "," + second + ")";
    };
    std::string direct = both(apart, one) + "/" + both(any_apart, "b" + http + any_height) + "/b" + http + "/" +
                         playlist + any_height + "/" + playlist;
    if (!fallback) return direct;
    const std::string of_any_protocol = with_audio ? "bv" + any_height + "+ba" : "bv" + any_height;
    return direct + "/" + of_any_protocol + "/b" + any_height + "/b";
}

nlohmann::json parameters_of(const yt_dlp_options& options)
{
    if (options.parameters.empty()) return nlohmann::json::object();
    nlohmann::json parameters = nlohmann::json::parse(options.parameters, nullptr, false);
    if (!parameters.is_object()) throw std::invalid_argument("yt-dlp's parameters are not a JSON object");
    return parameters;
}

}  // namespace

void check_parameters(const yt_dlp_options& options) { parameters_of(options); }

std::string selector_of(const yt_dlp_options& options)
{
    if (!options.format.empty()) return options.format;
    return default_format(options.max_height, options.with_audio, options.fallback);
}

std::string settings_of(const yt_dlp_options& options, const installation& where)
{
    return nlohmann::json{
        {"module", where.module.string()},     {"format", selector_of(options)},  {"proxy", options.proxy},
        {"cookies", options.cookies.string()}, {"cache", options.cache.string()}, {"extractors", options.extractors},
        {"metadata", options.metadata},        {"subtitles", options.subtitles},  {"public_only", options.public_only},
        {"fallback", options.fallback},        {"calls", options.worker_calls},   {"memory", options.worker_bytes},
        {"parameters", parameters_of(options)}}
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace reelpipe::resolve
