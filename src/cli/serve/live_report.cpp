#include "cli/serve/live_report.hpp"

#include <fmt/format.h>

#include <exception>

#include "cli/own_program.hpp"
#include "reelpipe/folder_page.hpp"

namespace reelpipe::cli {

using namespace std::chrono_literals;

http::response live_report::page()
try {
    if (html_.empty() || clock::now() - made_ > 10s) {
        html_ = page_on({.folder = folder_, .worker = own_program()}).html;
        made_ = clock::now();
    }
    http::response found = http::plain(200, html_, "text/html; charset=utf-8");
    found.brings_policy = true;
    return found;
} catch (const std::exception& e) {
    return http::plain(503, fmt::format("there is no report yet: {}\n", e.what()));
}

}  // namespace reelpipe::cli
