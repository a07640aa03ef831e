#include "stages/resolve/reply.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>
#include <utility>

#include "stages/resolve/cookies.hpp"
#include "stages/resolve/json_fields.hpp"
#include "stages/resolve/source_json.hpp"
#include "stages/resolve/web_url.hpp"

namespace reelpipe::resolve {

namespace {

using simdjson::dom::object;

std::optional<bool> truth_in(object from, std::string_view key)
{
    bool value = false;
    if (from.at_key(key).get(value)) return std::nullopt;
    return value;
}

std::vector<std::string> texts_in(object from, std::string_view key)
{
    std::vector<std::string> all;
    simdjson::dom::array array;
    if (from.at_key(key).get(array)) return all;
    for (const simdjson::dom::element each : array) {
        std::string_view text;
        if (!each.get(text)) all.emplace_back(text);
    }
    return all;
}

// A reply that is an object; `parser` owns what comes out.
object parsed(simdjson::dom::parser& parser, std::string_view line)
{
    object root;
    const simdjson::error_code error = parser.parse(line.data(), line.size()).get(root);
    if (error) throw malformed_reply(std::string("a resolver worker's reply: ") + simdjson::error_message(error));
    return root;
}

source_error no_format_error(const std::string& why) { return {reason::no_format, why}; }

bool is_playlist(const std::string& protocol) { return protocol == "m3u8" || protocol == "m3u8_native"; }

bool is_direct(object format)
{
    const std::string protocol = text_in(format, "protocol").value_or("");
    return protocol == "http" || protocol == "https" || is_playlist(protocol);
}

// A format without a URL for its bytes.
media_file read_indirect(object format, const std::string& proxy)
{
    object whole;
    if (!format.at_key("download").get(whole)) return yt_dlp_file{simdjson::minify(whole), proxy};
    const std::string name = "format " + text_in(format, "format_id").value_or("?");
    const std::string protocol = text_in(format, "protocol").value_or("");
    if (protocol.empty()) throw no_format_error(name + " has no protocol");
    throw source_error(reason::no_direct_url,
                       name + " comes over '" + protocol + "', and only yt-dlp itself can download it");
}

media_file read_file(object format, const std::string& proxy)
{
    if (!is_direct(format)) return read_indirect(format, proxy);
    std::string url = text_in(format, "url").value_or("");
    url.resize(std::min(url.size(), url.find('#')));  // yt-dlp hides notes to itself there
    if (!is_web_url(url))
        throw no_format_error("format " + text_in(format, "format_id").value_or("?") + " has no http(s) URL");

    remote_file file;
    read_headers(format, "http_headers", file);
    if (const auto cookies = text_in(format, "cookies"); cookies && is_one_line(*cookies))
        file.cookies = cookie_header(*cookies, url);
    object wishes;
    if (!format.at_key("downloader_options").get(wishes)) {
        const double chunk = number_in(wishes, "http_chunk_size").value_or(0);
        if (chunk >= 1 && chunk < static_cast<double>(file.max_range))
            file.max_range = static_cast<std::uint64_t>(chunk);
    }
    file.available_at = moment(number_in(format, "available_at"));
    file.expires = expiry_of(url);
    file.proxy = proxy;
    file.url = std::move(url);
    if (is_playlist(text_in(format, "protocol").value_or(""))) return hls_playlist{std::move(file)};
    return file;
}

std::optional<std::chrono::seconds> read_retry_after(object root)
{
    // In seconds, or as a date that nobody needs to the second: then the caller's own back-off is as good.
    const std::string text = text_in(root, "retry_after").value_or("");
    unsigned seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return std::chrono::seconds(seconds);
}

// yt-dlp asks its users to tell its makers; ours are told what to do by the reason.
std::string without_appeal(std::string text)
{
    const std::size_t appeal = text.find("; please report this issue on");
    if (appeal != std::string::npos) text.resize(appeal);
    return text;
}

unsigned number_of_requests(object root, std::string_view key)
{
    constexpr double most = 100;  // a worker may say anything
    return static_cast<unsigned>(std::clamp(number_in(root, key).value_or(0), 0.0, most));
}

source_error read_failure(object root, error_context around)
{
    // yt-dlp gives up a runtime for which it finds no solver script, and says so at the first video only.
    around.runs_scripts = truth_in(root, "scripts").value_or(around.runs_scripts);
    failure_facts facts;
    facts.warnings = texts_in(root, "warnings");
    facts.retry_after = read_retry_after(root);
    facts.player_requests = number_of_requests(root, "player_requests");
    if (const auto status = number_in(root, "status"); status && *status >= 100 && *status < 1000)
        facts.status = static_cast<int>(*status);
    ytdlp_error said;
    said.text = text_in(root, "msg").value_or("");
    said.exception = text_in(root, "exc").value_or("");
    said.expected = truth_in(root, "expected");
    said.status = facts.status;
    said.warnings = facts.warnings;
    facts.site = site_trouble(said.text, facts.warnings);
    const reason why = reason_for(said, around);
    if (why == reason::network) facts.fault = fault_in(said);
    return {why, without_appeal(std::move(said.text)), std::move(facts)};
}

void refuse_live(object root)
{
    const std::string status = text_in(root, "live_status").value_or("");
    if (status == "is_live" || status == "post_live") throw source_error(reason::live, "a live stream: " + status);
    if (status == "is_upcoming") throw source_error(reason::not_yet, "a live stream that has not begun");
}

// One file with everything, or one with the frames and one with the audio.
struct choice {
    std::vector<object> formats{};
    bool is_direct = true;          // the bytes of all of them can be asked for
    double height = 0;              // 0: unknown
    std::optional<double> bytes{};  // of the whole files
};

choice read_choice(const simdjson::dom::element& from)
{
    simdjson::dom::array formats;
    if (from.get(formats)) throw malformed_reply("a resolver worker's reply has a choice without formats");
    choice all{.bytes = 0};
    for (const simdjson::dom::element each : formats) {
        object format;
        if (each.get(format)) throw malformed_reply("a resolver worker's reply has a format that is no object");
        all.formats.push_back(format);
        all.is_direct = all.is_direct && is_direct(format);
        all.height = std::max(all.height, number_in(format, "height").value_or(0));
        std::optional<double> bytes = number_in(format, "filesize");
        if (!bytes) bytes = number_in(format, "filesize_approx");  // of the bit rate, where that is known
        if (all.bytes && bytes)
            *all.bytes += *bytes;
        else
            all.bytes.reset();
    }
    return all;
}

// Direct, then higher frames, or fewer bytes of equal ones. What nobody knows does not decide.
bool is_better(const choice& one, const choice& other)
{
    if (one.is_direct != other.is_direct) return one.is_direct;
    if (one.height > 0 && other.height > 0 && one.height != other.height) return one.height > other.height;
    return one.bytes && other.bytes && *one.bytes < *other.bytes;
}

// The first one, unless another is better.
choice best_choice(object root)
{
    simdjson::dom::array choices;
    if (root.at_key("choices").get(choices)) throw malformed_reply("a resolver worker's reply offers nothing");
    std::optional<choice> best;
    for (const simdjson::dom::element each : choices) {
        choice next = read_choice(each);
        if (!best || is_better(next, *best)) best = std::move(next);
    }
    return best.value_or(choice{});
}

resolved_video read_media(object root, const std::string& proxy)
{
    refuse_live(root);
    resolved_video found;
    const choice best = best_choice(root);
    for (const object& format : best.formats) found.source.files.emplace_back(read_file(format, proxy));
    if (found.source.files.empty() || found.source.files.size() > 2)
        throw no_format_error("the selection is " + std::to_string(found.source.files.size()) +
                              " files; only one, or one for video and one for audio, can be used");
    constexpr double max_seconds = 240 * 3600;
    if (const auto seconds = number_in(root, "duration"); seconds && *seconds > 0 && *seconds <= max_seconds)
        found.duration = std::chrono::milliseconds(std::llround(*seconds * 1000));
    found.warnings = texts_in(root, "warnings");
    found.player_requests = number_of_requests(root, "player_requests");
    found.source.subtitles = subtitles_in(root);
    found.subtitle_requests = number_of_requests(root, "subtitle_requests");
    object described;
    if (!root.at_key("metadata").get(described)) found.metadata = simdjson::minify(described);
    found.site = site_trouble("", found.warnings);
    return found;
}

std::variant<resolved_video, source_error> read_outcome(object root, const error_context& around,
                                                        const std::string& proxy)
{
    const auto ok = truth_in(root, "ok");
    if (!ok) throw malformed_reply("a resolver worker's reply does not say whether it found something");
    if (!*ok) return read_failure(root, around);
    try {
        return read_media(root, proxy);
    } catch (const source_error& unusable) {
        return unusable;
    }
}

}  // namespace

yt_dlp_versions parse_hello(std::string_view line)
{
    simdjson::dom::parser parser;
    const object root = parsed(parser, line);
    const auto ready = truth_in(root, "ready");
    if (!ready) throw malformed_reply("a resolver worker begins with something else than its versions");
    if (!*ready) {
        if (const auto name = text_in(root, "extractor")) throw no_such_extractor(*name);
        const std::string said = text_in(root, "msg").value_or("no reason given");
        if (truth_in(root, "selector").value_or(false)) throw bad_selector(said);
        const bool missing = truth_in(root, "missing").value_or(false);
        throw source_error(reason::resolver_missing,
                           (missing ? "Python cannot import yt_dlp (" : "yt-dlp does not start with these settings (") +
                               said + ")" + (missing ? "; install it with: apt-get install yt-dlp" : ""));
    }
    simdjson::dom::array runtimes;
    return {.yt_dlp = text_in(root, "yt_dlp").value_or("?"),
            .python = text_in(root, "python").value_or("?"),
            .scripts = texts_in(root, "js"),
            .wants_scripts = !root.at_key("js").get(runtimes),
            .unfit = texts_in(root, "unfit"),
            .has_solver = truth_in(root, "solver").value_or(false),
            .clients = texts_in(root, "clients"),
            .unknown_options = texts_in(root, "unknown")};
}

reply parse_reply(std::string_view line, std::uint64_t id, const error_context& around, const std::string& proxy)
{
    simdjson::dom::parser parser;
    const object root = parsed(parser, line);
    if (number_in(root, "id") != static_cast<double>(id))
        throw malformed_reply("a resolver worker answers another request than the one it was sent");
    return {read_outcome(root, around, proxy), truth_in(root, "last").value_or(false)};
}

void check_download(std::string_view line, std::uint64_t id, const error_context& around)
{
    simdjson::dom::parser parser;
    const object root = parsed(parser, line);
    if (number_in(root, "id") != static_cast<double>(id))
        throw malformed_reply("a resolver worker answers another request than the one it was sent");
    const auto ok = truth_in(root, "ok");
    if (!ok) throw malformed_reply("a resolver worker's reply does not say whether it downloaded anything");
    if (*ok) return;
    const int of_disk = static_cast<int>(number_in(root, "errno").value_or(0));
    if (of_disk == EFBIG) throw source_error(reason::too_large, "yt-dlp was to download more than the limit");
    if (of_disk == ENOSPC || of_disk == EDQUOT)
        throw std::system_error(of_disk, std::generic_category(), "yt-dlp writes a temporary file");
    const source_error failed = read_failure(root, around);
    const std::string said = failed.what();
    failure_facts facts = failed.facts();
    facts.fault = site_fault::none;  // it is of the host of the media
    if (text_in(root, "exc") == "NotDownloaded")
        throw source_error(said.starts_with("refused: ") ? reason::refused : reason::no_direct_url, said, facts);
    // The video was found, so whatever else was said is no verdict on it.
    throw source_error(is_site_trouble(failed.why()) ? failed.why() : reason::network, said, facts);
}

}  // namespace reelpipe::resolve
