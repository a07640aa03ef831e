#include "stages/resolve/source_json.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "stages/resolve/json_fields.hpp"
#include "stages/resolve/web_url.hpp"

namespace reelpipe::resolve {

namespace {

using simdjson::dom::element;
using simdjson::dom::object;

media_file made_of(remote_file file, bool is_playlist)
{
    if (is_playlist) return hls_playlist{std::move(file)};
    return file;
}

std::string checked_url(std::optional<std::string> url)
{
    if (!url) throw malformed_source("no \"url\"");
    url->resize(std::min(url->size(), url->find('#')));
    if (!is_web_url(*url)) throw malformed_source("'" + *url + "' is not an http(s) URL");
    return std::move(*url);
}

media_file file_of(object from)
{
    remote_file file;
    file.url = checked_url(text_in(from, "url"));
    read_headers(from, "headers", file);
    if (const auto proxy = text_in(from, "proxy")) file.proxy = *proxy;
    if (const double bytes = number_in(from, "max_range").value_or(0);
        bytes >= 1 && bytes < static_cast<double>(file.max_range))
        file.max_range = static_cast<std::uint64_t>(bytes);
    file.available_at = moment(number_in(from, "available_at"));
    file.expires = moment(number_in(from, "expires"));
    if (!file.expires) file.expires = expiry_of(file.url);
    if (bool said = false; !from.at_key("public_only").get(said)) file.public_only = said;
    bool is_playlist = names_playlist(file.url);
    if (bool said = false; !from.at_key("hls").get(said)) is_playlist = said;
    return made_of(std::move(file), is_playlist);
}

media_file file_of(element from, std::string_view name)
{
    object members;
    if (!from.get(members)) return file_of(members);
    std::string_view url;
    if (from.get(url)) throw malformed_source("\"" + std::string(name) + "\" is neither a URL nor an object");
    remote_file file;
    file.url = checked_url(std::string(url));
    file.expires = expiry_of(file.url);
    const bool is_playlist = names_playlist(file.url);
    return made_of(std::move(file), is_playlist);
}

double seconds_since_1970(std::chrono::system_clock::time_point at)
{
    return std::chrono::duration<double>(at.time_since_epoch()).count();
}

nlohmann::json written_file(const remote_file& file, bool is_playlist)
{
    nlohmann::json made{{"url", file.url}, {"hls", is_playlist}, {"max_range", file.max_range}};
    for (const std::string& line : file.headers) {
        const std::size_t colon = line.find(": ");
        if (colon != std::string::npos) made["headers"][line.substr(0, colon)] = line.substr(colon + 2);
    }
    if (!file.cookies.empty()) made["headers"]["Cookie"] = file.cookies;
    if (file.public_only) made["public_only"] = true;
    if (!file.proxy.empty()) made["proxy"] = file.proxy;
    if (file.available_at) made["available_at"] = seconds_since_1970(*file.available_at);
    if (file.expires) made["expires"] = seconds_since_1970(*file.expires);
    return made;
}

// The longest is as the worker has it.
bool is_part_of_a_name(std::string_view language)
{
    const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
    return !language.empty() && language.size() <= 40 && std::ranges::all_of(language, fits);
}

}  // namespace

std::vector<subtitle_track> subtitles_in(object from)
{
    std::vector<subtitle_track> found;
    object tracks;
    if (from.at_key("subtitles").get(tracks)) return found;
    for (const auto& [language, content] : tracks) {
        std::string_view text;
        if (is_part_of_a_name(language) && !content.get(text))
            found.push_back({std::string(language), std::string(text)});
    }
    return found;
}

media_source read_source(object from)
{
    media_source source{.files = {}, .subtitles = subtitles_in(from)};
    element frames;
    element audio;
    const bool is_pair = !from.at_key("video").get(frames);
    if (!is_pair) {
        source.files.push_back(file_of(from));
        return source;
    }
    source.files.push_back(file_of(frames, "video"));
    if (!from.at_key("audio").get(audio) && !audio.is_null()) source.files.push_back(file_of(audio, "audio"));
    return source;
}

std::string written(const media_source& source)
{
    nlohmann::json made = nlohmann::json::object();
    for (std::size_t i = 0; i < source.files.size(); ++i) {
        const char* const name = i == 0 ? "video" : "audio";
        if (const auto* const file = std::get_if<remote_file>(&source.files[i]))
            made[name] = written_file(*file, false);
        else if (const auto* const list = std::get_if<hls_playlist>(&source.files[i]))
            made[name] = written_file(list->playlist, true);
        else
            return {};
    }
    for (const subtitle_track& track : source.subtitles) made["subtitles"][track.language] = track.text;
    return made.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace reelpipe::resolve
