#ifndef REELPIPE_STAGES_RESOLVE_INSTALLATION_HPP
#define REELPIPE_STAGES_RESOLVE_INSTALLATION_HPP

#include <filesystem>
#include <string>

namespace reelpipe::resolve {

// Which Python to start, and where it finds the module yt_dlp if not by itself.
struct installation {
    std::string python = "python3";
    std::filesystem::path module{};
    std::filesystem::path program{};  // one that holds no module that a Python could import; then there is no Python
};

// `yt_dlp` and `python` as in yt_dlp_options. The first line of the program yt-dlp names the interpreter that has the
// module, which need not be the python3 of PATH: think of pipx, or of several Pythons. A binary brings its own. Throws
// source_error (resolver_missing) for a path that is neither a program nor holds the module.
installation find_installation(const std::filesystem::path& yt_dlp, const std::string& python);

}  // namespace reelpipe::resolve

#endif
