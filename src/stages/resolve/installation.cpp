#include "stages/resolve/installation.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "reelpipe/video_source.hpp"

namespace reelpipe::resolve {

namespace {

std::filesystem::path find_in_path(const char* program)
{
    const char* const path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (folder.empty()) continue;
        const std::filesystem::path candidate = std::filesystem::path(folder) / program;
        std::error_code unreadable;
        if (std::filesystem::is_regular_file(candidate, unreadable) && access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    return {};
}

// The Python of "#!/usr/bin/python3" or "#!/usr/bin/env python3"; nothing for any other first line.
std::optional<std::string> interpreter_of(const std::string& first_line)
{
    if (!first_line.starts_with("#!")) return std::nullopt;
    std::istringstream words(first_line.substr(2));
    std::string program;
    words >> program;
    if (std::filesystem::path(program).filename() == "env") words >> program;
    if (!std::filesystem::path(program).filename().string().starts_with("python")) return std::nullopt;
    return program;
}

std::string head_of(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string head(256, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(file.gcount()));
    return head;
}

bool is_binary(const std::filesystem::path& path) { return head_of(path).starts_with("\177ELF"); }

// The installation that the program at `path` belongs to, read from the program; nothing if it is not Python's.
std::optional<installation> read_program(const std::filesystem::path& path)
{
    const std::string first_line = head_of(path);
    constexpr std::string_view zip_mark = "PK\x03\x04";
    const std::size_t end = first_line.find('\n');
    const std::size_t content = first_line.starts_with("#!") && end != std::string::npos ? end + 1 : 0;
    const bool is_zip = std::string_view(first_line).substr(content).starts_with(zip_mark);
    const std::optional<std::string> interpreter = interpreter_of(first_line.substr(0, end));
    if (!interpreter && !is_zip) return std::nullopt;
    installation found;
    if (interpreter) found.python = *interpreter;
    if (is_zip) found.module = std::filesystem::absolute(path);
    return found;
}

installation find_named(const std::filesystem::path& yt_dlp)
{
    installation found;
    std::error_code unreadable;
    if (std::filesystem::is_directory(yt_dlp, unreadable)) {
        found.module = std::filesystem::absolute(yt_dlp);
        return found;
    }
    if (!std::filesystem::is_regular_file(yt_dlp, unreadable))
        throw source_error(reason::resolver_missing, "there is no yt-dlp at " + yt_dlp.string());
    if (const auto program = read_program(yt_dlp)) return *program;
    if (access(yt_dlp.c_str(), X_OK) == 0) {
        found.program = std::filesystem::absolute(yt_dlp);
        return found;
    }
    throw source_error(
        reason::resolver_missing,
        yt_dlp.string() + " is neither a program nor a Python module; name a program, a zipapp or the module's folder");
}

// A Python that the user named is asked for the module before a program that brings its own.
installation find_any(bool python_is_named)
{
    const std::filesystem::path program = find_in_path("yt-dlp");
    if (program.empty()) return {};
    installation found = read_program(program).value_or(installation{});
    if (!python_is_named && is_binary(program)) found.program = std::filesystem::absolute(program);
    return found;
}

}  // namespace

installation find_installation(const std::filesystem::path& yt_dlp, const std::string& python)
{
    installation found = yt_dlp.empty() ? find_any(!python.empty()) : find_named(yt_dlp);
    if (!python.empty()) found.python = python;
    return found;
}

}  // namespace reelpipe::resolve
