#include "pipeline/download_report.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "reelpipe/download.hpp"

namespace reelpipe {

namespace {

// Texts of sites may hold anything; what is no UTF-8 is replaced rather than refused.
std::string as_json(std::string_view text)
{
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string_view word_of(standing how)
{
    switch (how) {
        case standing::stored:
            return "Downloaded";
        case standing::exists:
            return "Exists";
        case standing::failed:
            return "Failed";
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

void check_report_place(const std::filesystem::path& path)
{
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    std::error_code unknown;
    const bool is_folder = std::filesystem::is_directory(path, unknown);
    if (!is_folder && access(folder.c_str(), W_OK | X_OK) == 0) return;
    throw usage_error(fmt::format("report {}: {}; name a file that can be written", path.string(),
                                  is_folder ? "is a folder" : std::strerror(errno)));
}

void write_report(const std::filesystem::path& path, work_list& clips, const store::trim_format& format)
{
    const std::filesystem::path unfinished = path.string() + ".part";
    std::ofstream file(unfinished);
    const char* before = "[\n";
    clips.visit([&](const clip_request& clip, standing how, std::string_view remark) {
        const bool good = how == standing::stored || how == standing::exists;
        file << fmt::format("{}[{},{},{}]", before, as_json(store::clip_id(clip, format)), good,
                            as_json(remark.empty() ? word_of(how) : remark));
        before = ",\n";
    });
    file << (*before == '[' ? "[]\n" : "\n]\n");
    file.close();
    if (!file) throw std::system_error(errno, std::generic_category(), "write the report " + unfinished.string());
    std::filesystem::rename(unfinished, path);
}

}  // namespace reelpipe
