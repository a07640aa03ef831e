#include "cli/json_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/printing.hpp"

namespace reelpipe::cli {

using nlohmann::ordered_json;

namespace {

ordered_json event(const char* name)
{
    const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto ms = now.time_since_epoch().count() % 1000;
    return {{"time",
             fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms)},
            {"event", name}};
}

void write_line(std::FILE* file, const ordered_json& line)
{
    // Texts of sites may hold anything; what is no UTF-8 is replaced rather than refused.
    print(file, line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n");
    std::fflush(file);
}

const char* word_of(clip_outcome::status how)
{
    switch (how) {
        case clip_outcome::status::stored:
            return "stored";
        case clip_outcome::status::exists:
            return "exists";
        case clip_outcome::status::failed:
            return "failed";
    }
    return "";
}

}  // namespace

const char* severity_word(severity how)
{
    switch (how) {
        case severity::note:
            return "note";
        case severity::warning:
            return "warning";
        case severity::error:
            return "error";
    }
    return "";
}

json_log::json_log(const std::filesystem::path& path) : file_(std::fopen(path.c_str(), "ae"))
{
    if (!file_)
        throw usage_error(
            fmt::format("--log-json {}: {}; choose a file that can be written", path.string(), std::strerror(errno)));
}

void json_log::message(severity how, const std::string& text)
{
    ordered_json line = event("message");
    line["severity"] = severity_word(how);
    line["text"] = text;
    write_line(file_.get(), line);
}

void json_log::outcome(const clip_outcome& clip)
{
    ordered_json line = event("clip");
    line["id"] = clip.id;
    line["video"] = clip.clip.video;
    line["start"] = in_seconds(clip.clip.wanted.start);
    line["end"] = in_seconds(clip.clip.wanted.end);
    line["label"] = clip.clip.label;
    line["outcome"] = word_of(clip.how);
    if (clip.why) {
        line["reason"] = to_string(*clip.why);
        line["class"] = to_string(class_of(*clip.why));
    }
    if (!clip.message.empty()) line["message"] = clip.message;
    line["attempts"] = clip.attempts;
    if (!clip.why) {
        line["bytes"] = clip.bytes;
        line["frames"] = clip.frames;
        line["duration_s"] = clip.duration_s;
        if (clip.copied > 0) line["copied"] = clip.copied;
        if (!clip.encoded_because.empty()) line["encoded_because"] = clip.encoded_because;
        line["streams"] = clip.streams;
    }
    line["fetched"] = clip.fetched;
    line["resolve_s"] = clip.resolve_s;
    line["fetch_s"] = clip.fetch_s;
    line["cut_s"] = clip.cut_s;
    line["verify_s"] = clip.verify_s;
    line["store_s"] = clip.store_s;
    write_line(file_.get(), line);
}

void json_log::end(const download_summary& s, int status)
{
    ordered_json line = event("end");
    line["status"] = status;
    line["clips"] = s.totals.clips;
    line["stored"] = s.totals.stored;
    line["exists"] = s.totals.exists;
    line["shorter"] = s.totals.shorter;
    line["failed"] = s.totals.failed;
    line["pending"] = s.pending;
    line["fetched"] = s.totals.fetched;
    line["elapsed_s"] = s.totals.elapsed_s;
    ordered_json failures = ordered_json::object();
    for (const auto& [why, count] : s.totals.failures) failures[std::string(to_string(why))] = count;
    line["failures"] = std::move(failures);
    if (s.stopped_by) {
        line["stopped_by"] = to_string(*s.stopped_by);
        line["stop_message"] = s.stop_message;
    }
    write_line(file_.get(), line);
}

}  // namespace reelpipe::cli
