#ifndef REELPIPE_FOLDER_PAGE_PAGE_FILES_HPP
#define REELPIPE_FOLDER_PAGE_PAGE_FILES_HPP

#include <string_view>

// The files of this folder, and the library that draws their charts, as they are in the program.
namespace reelpipe::page {

extern const std::string_view html;    // a template: {{name}} stands for a part
extern const std::string_view style;   // CSS
extern const std::string_view script;  // JavaScript
extern const std::string_view chart_library, chart_license;

}  // namespace reelpipe::page

#endif
