#ifndef REELPIPE_CLI_BROWSE_CLIP_JSON_HPP
#define REELPIPE_CLI_BROWSE_CLIP_JSON_HPP

#include <nlohmann/json.hpp>
#include <optional>

#include "reelpipe/clip_marks.hpp"
#include "reelpipe/clip_pages.hpp"

namespace reelpipe::cli {

// What the page is told, as JSON. Texts stand there as they are: the page has to show them as texts.
nlohmann::ordered_json json_of(const clip_numbers&);
nlohmann::ordered_json json_of(const clip_row&, const std::optional<clip_marks::mark>&);
nlohmann::ordered_json json_of(const std::optional<clip_marks::mark>&);

}  // namespace reelpipe::cli

#endif
