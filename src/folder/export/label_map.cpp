#include "folder/export/label_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>
#include <utility>

#include "reelpipe/usage_error.hpp"
#include "stages/store/clip_name.hpp"
#include "stages/store/stable_hash.hpp"

namespace reelpipe {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr std::uintmax_t max_map_bytes = 64u << 20;

std::string content_of(const fs::path& file)
{
    std::error_code wrong;
    const std::uintmax_t bytes = fs::file_size(file, wrong);
    std::ifstream from(file, std::ios::binary);
    std::ostringstream text;
    if (!wrong && bytes > 0 && bytes <= max_map_bytes) text << from.rdbuf();
    if (wrong || !from || bytes > max_map_bytes)
        throw usage_error(fmt::format("label map {}: it cannot be read as a list of labels", file.string()));
    return text.str();
}

std::vector<std::string> labels_a_line(const fs::path& file)
{
    std::vector<std::string> labels;
    std::istringstream lines(content_of(file));
    for (std::string line; std::getline(lines, line);) {
        if (labels.empty() && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);  // a byte order mark
        if (line.ends_with('\r')) line.pop_back();
        labels.push_back(line);
    }
    return labels;
}

std::vector<std::string> labels_of_export(const fs::path& file)
try {
    std::vector<std::string> labels;
    for (const ordered_json& each : ordered_json::parse(content_of(file))) {
        if (each.at("index") != labels.size()) throw usage_error("");
        labels.push_back(each.at("label"));
    }
    return labels;
} catch (const std::exception&) {
    throw usage_error(
        fmt::format("{} is not the label map of an export, and is not replaced; choose another output, or remove it",
                    file.string()));
}

std::string replaced(std::string text, std::string_view what, std::string_view by)
{
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
        text.replace(at, what.size(), by);
    return text;
}

std::string folder_name(const std::string& label, export_layout layout)
{
    using enum export_layout;
    std::string name = label;
    if (layout == torchvision) std::erase_if(name, [](char c) { return c == '\'' || c == '(' || c == ')'; });
    if (layout == torchvision || layout == mmaction2 || layout == slowfast)
        name = without_spaces(store::safe_name(replaced(name, " ", "_")));
    else
        name = store::safe_name(name);
    return name;
}

}  // namespace

std::string without_spaces(std::string_view name)
{
    std::string text(name);
    // What Python's splitlines() takes for the end of a line, beyond the control bytes that no safe name has.
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> gaps{
        {{" ", "%20"}, {"\xc2\x85", "%C2%85"}, {"\xe2\x80\xa8", "%E2%80%A8"}, {"\xe2\x80\xa9", "%E2%80%A9"}}};
    for (const auto& [gap, escaped] : gaps) text = replaced(text, gap, escaped);
    return text;
}

fs::path labels_file_in(const fs::path& output) { return output / "labels.json"; }

label_map::label_map(const export_options& options, const std::vector<std::string>& of_folder)
{
    const fs::path before = labels_file_in(options.output);
    const bool has_map = !options.label_map.empty();
    if (has_map) labels_ = labels_a_line(options.label_map);
    if (fs::exists(before)) {
        std::vector<std::string> earlier = labels_of_export(before);
        if (has_map && earlier != labels_)
            throw usage_error(
                fmt::format("{} has other labels than {}; indices never change in an output, so choose another one",
                            before.string(), options.label_map.string()));
        labels_ = std::move(earlier);
    } else if (!has_map) {
        labels_ = of_folder;
    }
    by_name_.resize(labels_.size());
    std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
    std::ranges::sort(by_name_, {}, [this](std::size_t i) -> const std::string& { return labels_[i]; });
    const auto twice =
        std::ranges::adjacent_find(by_name_, {}, [this](std::size_t i) -> const std::string& { return labels_[i]; });
    if (twice != by_name_.end())
        throw usage_error(
            fmt::format("label map {}: the label '{}' is there twice", options.label_map.string(), labels_[*twice]));
    for (const std::string& label : of_folder)
        if (!index_of(label))
            throw usage_error(fmt::format(
                "the label '{}' has no index: {} does not name it; {}", label,
                (has_map ? options.label_map : before).string(),
                has_map ? "add a line for it" : "choose another output, and name all labels with --label-map"));
    take_folder_names(options.layout);
}

void label_map::take_folder_names(export_layout layout)
{
    using enum export_layout;
    without_label_ = layout == activitynet ? "test" : layout == fiftyone ? "_unlabeled" : "_unlabelled";
    std::set<std::string> taken;
    if (layout != activitynet) taken.insert(without_label_);
    folders_.resize(labels_.size());
    for (const std::size_t i : by_name_) {
        std::string name = folder_name(labels_[i], layout);
        if (name.empty() || taken.contains(name))
            name = store::safe_name(fmt::format("{}~{:016x}", name.substr(0, 200), store::stable_hash(labels_[i])));
        taken.insert(name);
        folders_[i] = std::move(name);
    }
}

std::optional<std::size_t> label_map::index_of(const std::string& label) const
{
    const auto found = std::ranges::lower_bound(by_name_, label, {},
                                                [this](std::size_t i) -> const std::string& { return labels_[i]; });
    if (found == by_name_.end() || labels_[*found] != label) return std::nullopt;
    return *found;
}

const std::string& label_map::folder_of(std::optional<std::size_t> index) const
{
    return index ? folders_[*index] : without_label_;
}

std::size_t label_map::renumbered(const std::set<std::optional<std::size_t>>& present) const
{
    std::map<std::string, std::optional<std::size_t>> sorted;
    for (const std::optional<std::size_t>& index : present) sorted.emplace(folder_of(index), index);
    std::size_t others = 0, place = 0;
    for (const auto& [folder, index] : sorted) {
        if (index && *index != place) ++others;
        ++place;
    }
    return others;
}

std::string label_map::json() const
{
    std::string text = "[";
    for (std::size_t i = 0; i < labels_.size(); ++i) {
        const ordered_json one{{"index", i}, {"label", labels_[i]}, {"folder", folders_[i]}};
        text += (i == 0 ? "\n" : ",\n") + one.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    }
    return text + "\n]\n";
}

}  // namespace reelpipe
