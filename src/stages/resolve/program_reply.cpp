#include "stages/resolve/program_reply.hpp"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>

#include "stages/resolve/reply.hpp"

namespace reelpipe::resolve {

namespace {

using nlohmann::json;

const json& member(const json& of, const char* name)
{
    static const json nothing;
    const auto found = of.is_object() ? of.find(name) : of.end();
    return of.is_object() && found != of.end() ? *found : nothing;
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

json refusal_of(std::string said)
{
    json reply{{"ok", false}};
    std::smatch status;
    if (std::regex_search(said, status, std::regex("HTTP Error ([1-5][0-9][0-9])")))
        reply["status"] = std::stoi(status[1].str());
    else if (said.find("please report this issue") != std::string::npos)
        reply["expected"] = false;
    reply["msg"] = std::move(said);
    return reply;
}

// This and what follows, down to media_of(), is in worker.py, too, for a yt-dlp that is a module: they give the same of
// the same. Older versions split a single file into fragments that are byte ranges of it.
bool is_one_file(const json& format)
{
    const std::string whole = text_of(member(format, "url")) + "&range=";
    const json& fragments = member(format, "fragments");
    return member(format, "protocol") == "http_dash_segments" &&
           text_of(member(format, "container")).ends_with("_dash") &&
           std::all_of(fragments.begin(), fragments.end(),
                       [&](const json& part) { return text_of(member(part, "url")).starts_with(whole); });
}

json files_of(const json& chosen)
{
    const json& parts = member(chosen, "requested_formats");
    json files = parts.is_array() && !parts.empty() ? parts : json::array({chosen});
    for (json& each : files)
        if (is_one_file(each)) each["protocol"] = "https";
    return files;
}

bool is_list(const json& info)
{
    const std::string type = text_of(member(info, "_type"));
    return type == "playlist" || type == "multi_video";
}

// The video itself, or a list that does not hold just one.
const json& only_entry(const json& info)
{
    const json* found = &info;
    while (is_list(*found) && member(*found, "entries").size() == 1) found = &member(*found, "entries").front();
    return *found;
}

json kept_of(const json& from, std::initializer_list<const char*> names)
{
    json kept = json::object();
    for (const char* name : names)
        if (!member(from, name).is_null()) kept[name] = member(from, name);
    return kept;
}

json bounded(json value)
{
    constexpr std::size_t most_of_a_list = 200, most_of_a_text = 16u << 10;
    if (value.is_array()) {
        if (value.size() > most_of_a_list) value.erase(value.begin() + most_of_a_list, value.end());
        for (json& each : value) each = bounded(std::move(each));
    }
    if (value.is_string()) {
        auto& text = value.get_ref<std::string&>();
        text.resize(std::min(text.size(), most_of_a_text));
    }
    return value;
}

json description_of(const json& video)
{
    json kept =
        kept_of(video, {"title", "channel", "channel_id", "uploader", "upload_date", "duration", "categories", "tags",
                        "license", "description", "chapters", "language", "age_limit", "view_count", "format_id"});
    for (json& each : kept) each = bounded(std::move(each));
    kept["formats"] = json::array();
    for (const json& each : bounded(member(video, "formats")))
        kept["formats"].push_back(kept_of(
            each, {"format_id", "ext", "protocol", "vcodec", "acodec", "width", "height", "fps", "tbr", "filesize"}));
    return kept;
}

json media_of(const json& whole)
{
    const json& info = only_entry(whole);
    if (is_list(info)) return refusal_of("the page offers several videos or none where one is expected");
    json choices = json::array();
    const json& all = member(info, "requested_downloads");
    if (all.is_array() && all.size() > 1)
        for (const json& each : all) choices.push_back(files_of(each));
    else
        choices.push_back(files_of(info));
    return {{"ok", true},
            {"duration", member(info, "duration")},
            {"live_status", member(info, "live_status")},
            {"choices", std::move(choices)}};
}

// True for lines that --print-traffic adds. They hold cookies, which nobody may read.
bool is_traffic(std::string_view line)
{
    return line.starts_with("send: ") || line.starts_with("reply: ") || line.starts_with("header: ");
}

// The error at the end of a traceback, behind the indented lines; `at` is in one of the last of these.
std::string error_behind(std::string_view traceback, std::size_t at)
{
    do at = std::min(traceback.find('\n', at), traceback.size() - 1) + 1;
    while (traceback.substr(at).starts_with(' '));
    return std::string(traceback.substr(at, 2000));
}

}  // namespace

std::string reply_of_program(std::string_view printed, std::uint64_t id, bool with_metadata)
{
    constexpr std::string_view warning = "WARNING: ";
    constexpr std::string_view error = "ERROR: ";
    constexpr std::string_view pause = "header: Retry-After: ";
    constexpr std::string_view player_request = "send: b'POST /youtubei/v1/player";
    unsigned player_requests = 0;
    std::string retry_after, said;
    json warnings = json::array();
    std::optional<std::string> refusal;
    json info;
    for (std::size_t begin = 0; begin < printed.size();) {
        const std::size_t end = std::min(printed.find('\n', begin), printed.size());
        const std::string_view line = printed.substr(begin, end - begin);
        begin = end + 1;
        if (line.starts_with(warning))
            warnings.push_back(line.substr(warning.size()));
        else if (line.starts_with(error))
            refusal = std::string(line);
        else if (line.starts_with('{'))
            info = json::parse(line, nullptr, false);
        else if (line.starts_with(pause))
            retry_after = line.substr(pause.size());
        else if (line.starts_with(player_request))
            ++player_requests;
        else if (!is_traffic(line))
            said.append(line) += '\n';
    }
    if (!info.is_object() && !refusal) {
        if (const std::size_t at = said.rfind("in build_format_selector"); at != said.npos)
            throw source_error(reason::resolver_missing, "yt-dlp does not take --format: " + error_behind(said, at));
        throw malformed_reply("the resolver said neither what it found nor why not: " + said.substr(0, 2000));
    }
    json reply = info.is_object() ? media_of(info) : refusal_of(*refusal);
    if (!retry_after.empty()) reply["retry_after"] = retry_after.substr(0, retry_after.find('\r'));
    reply["id"] = id;
    if (with_metadata && info.is_object()) reply["metadata"] = description_of(only_entry(info));
    reply["player_requests"] = player_requests;
    reply["warnings"] = std::move(warnings);
    return reply.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace reelpipe::resolve
