#ifndef REELPIPE_CLI_SERVE_PAGE_FILES_HPP
#define REELPIPE_CLI_SERVE_PAGE_FILES_HPP

#include <string_view>

// The files of the page that follows a run, as they are in the program.
namespace reelpipe::cli::page {

extern const std::string_view html, style, script;

}  // namespace reelpipe::cli::page

#endif
