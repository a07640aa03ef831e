#include "folder/download_report.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "folder/atomic_file.hpp"
#include "reelpipe/usage_error.hpp"

namespace reelpipe {

namespace {

// Texts of sites may hold anything; what is no UTF-8 is replaced rather than refused.
std::string as_json(std::string_view text)
{
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string_view word_of(row_status how)
{
    switch (how) {
        case row_status::stored:
            return "Downloaded";
        case row_status::exists:
            return "Exists";
        case row_status::failed:
            return "Failed";
        case row_status::pending:
        case row_status::repeated:
            break;
    }
    return "Not reached";
}

struct line {
    clip_request clip;
    row_status how;
    std::string note;
};

std::string text_of(const std::vector<line>& lines, const store::trim_format& format)
{
    std::string text;
    for (const auto& [clip, how, note] : lines) {
        const bool good = how == row_status::stored || how == row_status::exists;
        text += (text.empty() ? "" : ",\n") +
                report_line(store::clip_id(clip, format), good, note.empty() ? word_of(how) : note);
    }
    return text;
}

}  // namespace

std::string report_line(std::string_view id, bool is_stored, std::string_view note)
{
    return fmt::format("[{},{},{}]", as_json(id), is_stored, as_json(note));
}

std::string shorter_line(std::string_view id, const segment& wanted, double missing_s)
{
    return fmt::format("[{},{},{:.3f}]", as_json(id), in_seconds(wanted.end - wanted.start), missing_s);
}

std::string failure_line(reason why, const std::string& message)
{
    return message.empty() ? std::string(explain(why)) : fmt::format("{}: {}", to_string(why), message);
}

void check_report_place(const std::filesystem::path& path)
{
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    std::error_code unknown;
    const std::filesystem::file_status there = std::filesystem::symlink_status(path, unknown);
    const char* wrong = nullptr;
    if (is_directory(there))
        wrong = "is a folder";
    else if (exists(there) && !is_regular_file(there))
        wrong = "is not a regular file";
    else if (access(folder.c_str(), W_OK | X_OK) != 0)
        wrong = std::strerror(errno);
    if (wrong) throw usage_error(fmt::format("report {}: {}; name a file that can be written", path.string(), wrong));
}

void write_report(const std::filesystem::path& path, work_list& clips, const store::trim_format& format)
{
    atomic_file file(path);
    const char* before = "[\n";
    std::vector<line> lines;
    std::future<std::string> text;  // of the lines before these: clips are read while others become text
    const auto write_text = [&] {
        if (text.valid()) file.write(std::exchange(before, ",\n") + text.get());
    };
    const auto pass_on = [&] {
        write_text();
        text = std::async(std::launch::async, text_of, std::exchange(lines, {}), std::cref(format));
    };
    clips.visit([&](const clip_request& clip, row_status how, std::string_view note) {
        lines.push_back({clip, how, std::string(note)});
        if (lines.size() == work_list::page_size) pass_on();
    });
    if (!lines.empty()) pass_on();
    write_text();
    file.write(*before == '[' ? "[]\n" : "\n]\n");
    file.end();
}

std::filesystem::path shorter_list_beside(const std::filesystem::path& report)
{
    return report.parent_path() / (report.stem().string() + "_shorter" + report.extension().string());
}

void write_shorter_list(const std::filesystem::path& path, work_list& clips, const store::trim_format& format)
{
    std::string text;
    clips.visit_shorter([&](const clip_request& clip, double missing_s) {
        text += (text.empty() ? "[\n" : ",\n") + shorter_line(store::clip_id(clip, format), clip.wanted, missing_s);
    });
    if (text.empty()) {
        std::filesystem::remove(path);
        return;
    }
    atomic_file file(path);
    file.write(text + "\n]\n");
    file.end();
}

}  // namespace reelpipe
