#include "folder/manifest/manifest_line.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace reelpipe {

using nlohmann::ordered_json;

namespace {

constexpr int manifest_version = 1;
constexpr double max_manifest_time_s = 1e9;

std::string line_of(const ordered_json& object)
{
    return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json object_in(std::string_view line)
{
    ordered_json object = ordered_json::parse(line, nullptr, false);
    if (!object.is_object()) throw bad_manifest_line("it is no JSON object");
    return object;
}

double seconds_of(std::chrono::microseconds time) { return std::round(in_seconds(time) * 1e6) / 1e6; }

std::chrono::microseconds time_of(const ordered_json& seconds)
{
    const auto value = seconds.get<double>();
    if (!(std::abs(value) <= max_manifest_time_s)) throw bad_manifest_line("a time is out of range");
    return std::chrono::microseconds(std::llround(value * 1e6));
}

}  // namespace

std::string manifest_head() { return line_of({{"reelpipe_manifest", manifest_version}}); }

std::string manifest_line(const manifest_clip& c)
{
    ordered_json object{{"video", c.clip.video},
                        {"start", seconds_of(c.clip.wanted.start)},
                        {"end", seconds_of(c.clip.wanted.end)},
                        {"label", c.clip.label},
                        {"split", c.clip.split},
                        {"outcome", c.failed ? "failed" : "stored"}};
    if (c.failed) {
        object["reason"] = to_string(*c.failed);
        return line_of(object);
    }
    object["bytes"] = c.bytes;
    object["frames"] = c.frames;
    object["duration_s"] = std::round(c.duration_s * 1e6) / 1e6;
    object["streams"] = c.streams;
    if (!c.unreadable.empty()) object["unreadable"] = c.unreadable;
    if (c.file_hash.empty()) return line_of(object);
    object["packets"] = c.packets;
    object["sha256"] = c.file_hash;
    object["video_sha256"] = c.video_hash;
    return line_of(object);
}

std::string manifest_end(const manifest_summary& s)
{
    return line_of({{"stored", s.stored}, {"failed", s.failed}, {"unreadable", s.unreadable}, {"digest", s.digest}});
}

void check_manifest_head(std::string_view line)
{
    const ordered_json object = object_in(line);
    const auto version = object.find("reelpipe_manifest");
    if (version == object.end() || !version->is_number_integer()) throw bad_manifest_line("it is no manifest");
    if (*version != manifest_version)
        throw bad_manifest_line(
            fmt::format("its version is {}, and this reelpipe reads {}", version->dump(), manifest_version));
}

bool is_manifest_end(std::string_view line) { return object_in(line).contains("digest"); }

manifest_clip clip_in_manifest(std::string_view line)
try {
    const ordered_json object = object_in(line);
    manifest_clip c{.clip = {.video = object.at("video"),
                             .wanted = {time_of(object.at("start")), time_of(object.at("end"))},
                             .label = object.at("label"),
                             .split = object.value("split", "")}};
    if (object.at("outcome") == "failed") {
        c.failed = reason_from(object.at("reason").get<std::string>()).value_or(reason::unknown);
        return c;
    }
    if (object.at("outcome") != "stored") throw bad_manifest_line("the outcome is neither stored nor failed");
    c.bytes = object.at("bytes");
    c.frames = object.at("frames");
    c.duration_s = object.at("duration_s");
    c.streams = object.at("streams");
    c.unreadable = object.value("unreadable", "");
    c.packets = object.value("packets", std::uint64_t{0});
    c.file_hash = object.value("sha256", "");
    c.video_hash = object.value("video_sha256", "");
    return c;
} catch (const ordered_json::exception& e) {
    throw bad_manifest_line(fmt::format("it does not describe a clip: {}", e.what()));
}

}  // namespace reelpipe
