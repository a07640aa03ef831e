#include "folder/export/files_beside.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <system_error>

#include "folder/frame_index.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_languages = 200;  // more than any site has; for each, a file is looked for beside each clip

// "en", "zh-Hans"
bool is_language(std::string_view text)
{
    return !text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) &&
           std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
}

// The languages of the files CLIP.LANGUAGE.vtt. What cannot be looked at has none.
void add_languages(const fs::path& labelled, std::set<std::string>& languages)
{
    std::error_code stopped;
    for (fs::directory_iterator each(labelled, stopped), end; !stopped && each != end; each.increment(stopped)) {
        const fs::path name = each->path().filename();
        if (name.extension() != ".vtt" || languages.size() == max_languages) continue;
        const std::string language = name.stem().extension().string();
        if (!language.empty() && is_language(std::string_view(language).substr(1))) languages.insert(language);
    }
}

}  // namespace

std::vector<std::string> endings_beside_clips(const fs::path& folder)
{
    std::set<std::string> languages;  // with the dot
    std::error_code none;
    for (const fs::directory_entry& each : fs::directory_iterator(folder))
        if (!each.is_symlink(none) && each.is_directory(none)) add_languages(each.path(), languages);
    std::vector<std::string> endings{std::string(frame_index_ending)};
    for (const std::string& language : languages) endings.push_back(language + ".vtt");
    return endings;
}

}  // namespace reelpipe
