#include "pipeline/download_report.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace reelpipe {

namespace {

std::string text_of(standing how, const clip_record* record)
{
    const bool has_message = record && !record->message.empty();
    switch (how) {
        case standing::stored:
            return has_message ? record->message : "Downloaded";
        case standing::exists:
            return "Exists";
        case standing::failed:
            return record && record->failed ? failure_line(*record->failed, record->message) : "Failed";
        case standing::pending:
        case standing::repeated:
            break;
    }
    return "Not reached";
}

}  // namespace

std::string failure_line(reason why, const std::string& message)
{
    return message.empty() ? std::string(explain(why)) : fmt::format("{}: {}", to_string(why), message);
}

void write_report(const std::filesystem::path& path, work_list& clips, const store::trim_format& format)
{
    const std::filesystem::path unfinished = path.string() + ".part";
    std::ofstream file(unfinished);
    const char* before = "[\n";
    clips.visit([&](const clip_request& clip, standing how, const clip_record* record) {
        const bool good = how == standing::stored || how == standing::exists;
        // Texts of sites may hold anything; what is no UTF-8 is replaced rather than refused.
        const auto entry = nlohmann::json::array({store::clip_id(clip, format), good, text_of(how, record)});
        file << before << entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        before = ",\n";
    });
    file << (*before == '[' ? "[]\n" : "\n]\n");
    file.close();
    if (!file) throw std::system_error(errno, std::generic_category(), "write the report " + unfinished.string());
    std::filesystem::rename(unfinished, path);
}

}  // namespace reelpipe
