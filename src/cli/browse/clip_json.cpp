#include "cli/browse/clip_json.hpp"

#include <string>

#include "cli/browse/clip_key.hpp"
#include "cli/serve/http.hpp"

namespace reelpipe::cli {

using nlohmann::ordered_json;

ordered_json json_of(const clip_numbers& all)
{
    ordered_json labels = ordered_json::array(), reasons = ordered_json::array();
    for (const auto& each : all.labels)
        labels.push_back({{"key", http::encoded(each.label)},
                          {"label", each.label},
                          {"stored", each.stored},
                          {"failed", each.failed},
                          {"pending", each.pending}});
    for (const auto& each : all.reasons)
        reasons.push_back({{"reason", to_string(each.why)}, {"clips", each.clips}, {"meaning", explain(each.why)}});
    return {{"stored", all.stored},   {"failed", all.failed},        {"pending", all.pending},
            {"shorter", all.shorter}, {"labels", std::move(labels)}, {"reasons", std::move(reasons)}};
}

ordered_json json_of(const std::optional<clip_marks::mark>& mark)
{
    return mark ? ordered_json{{"note", mark->note}, {"at", mark->at}} : ordered_json();
}

ordered_json json_of(const clip_row& row, const std::optional<clip_marks::mark>& mark)
{
    ordered_json one{{"key", key_of(row.clip)}, {"id", row.id}, {"label", row.clip.label}};
    if (row.failed) {
        one["reason"] = to_string(*row.failed);
        one["message"] = row.message.substr(0, 300);
    } else {
        one["duration_s"] = row.duration_s;
        one["missing_s"] = row.missing_s;
        one["width"] = row.width;
        one["height"] = row.height;
    }
    one["mark"] = json_of(mark);
    return one;
}

}  // namespace reelpipe::cli
