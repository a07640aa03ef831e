#ifndef REELPIPE_CLI_BROWSE_PAGE_FILES_HPP
#define REELPIPE_CLI_BROWSE_PAGE_FILES_HPP

#include <string_view>

// The files of the page that shows the clips of a folder, as they are in the program.
namespace reelpipe::cli::browse_page {

extern const std::string_view html, style, script;

}  // namespace reelpipe::cli::browse_page

#endif
