#include "batch/shaping.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "folder/shaping_options.hpp"

namespace reelpipe {

std::map<std::string, std::string> shaping_values(const download_options& options)
{
    std::map<std::string, std::string> all = nlohmann::json::parse(shaping_options_json(options));
    all.erase("--yt-dlp-option");  // it is kept for the reader, and clips do not depend on it
    return all;
}

std::vector<std::string> differences_of(const std::map<std::string, std::string>& before,
                                        const std::map<std::string, std::string>& now)
{
    std::vector<std::string> all;
    for (const auto& [name, value] : now)
        if (const auto was = before.find(name); was == before.end() || was->second != value)
            all.push_back(
                fmt::format("{} was '{}' and is now '{}'", name, was == before.end() ? "" : was->second, value));
    return all;
}

}  // namespace reelpipe
