#include "folder/export/files_beside.hpp"

#include <set>
#include <system_error>

#include "folder/frame_index.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_languages = 100;  // for each of them, a file is looked for beside each clip

// The languages of the files CLIP.LANGUAGE.vtt.
void add_languages(const fs::path& labelled, std::set<std::string>& languages)
{
    std::error_code none;
    for (const fs::directory_entry& each : fs::directory_iterator(labelled, none)) {
        const fs::path name = each.path().filename();
        if (name.extension() != ".vtt" || languages.size() == max_languages) continue;
        if (const std::string language = name.stem().extension().string(); !language.empty())
            languages.insert(language);
    }
}

}  // namespace

std::vector<std::string> endings_beside_clips(const fs::path& folder)
{
    std::set<std::string> languages;  // with the dot
    for (const fs::directory_entry& each : fs::directory_iterator(folder))
        if (each.is_directory()) add_languages(each.path(), languages);
    std::vector<std::string> endings{std::string(frame_index_ending)};
    for (const std::string& language : languages) endings.push_back(language + ".vtt");
    return endings;
}

}  // namespace reelpipe
