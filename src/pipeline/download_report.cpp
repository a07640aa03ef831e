#include "pipeline/download_report.hpp"

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace reelpipe {

namespace {

const char* fallback_message(standing how)
{
    switch (how) {
        case standing::stored:
            return "Downloaded";
        case standing::exists:
            return "Exists";
        case standing::failed:
            return "Failed";
        case standing::pending:
            return "Not reached";
    }
    return "";
}

}  // namespace

void write_report(const std::filesystem::path& path, work_list& clips, const store::trim_format& format)
{
    const std::filesystem::path unfinished = path.string() + ".part";
    std::ofstream file(unfinished);
    const char* before = "[\n";
    clips.visit([&](const clip_request& clip, standing how, const std::string& message) {
        const bool good = how == standing::stored || how == standing::exists;
        const std::string text = message.empty() ? fallback_message(how) : message;
        // Texts of sites may hold anything; what is no UTF-8 is replaced rather than refused.
        const auto entry = nlohmann::json::array({store::clip_id(clip, format), good, text});
        file << before << entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        before = ",\n";
    });
    file << (*before == '[' ? "[]\n" : "\n]\n");
    file.close();
    if (!file) throw std::system_error(errno, std::generic_category(), "write the report " + unfinished.string());
    std::filesystem::rename(unfinished, path);
}

}  // namespace reelpipe
