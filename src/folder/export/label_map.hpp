#ifndef REELPIPE_FOLDER_EXPORT_LABEL_MAP_HPP
#define REELPIPE_FOLDER_EXPORT_LABEL_MAP_HPP

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "reelpipe/export.hpp"

namespace reelpipe {

// The labels of an export: their indices, and what their folders are called.
class label_map {
public:
    // The indices are those of the options' file, else those of the labels.json that the output has, else the places in
    // `of_folder`, which is sorted. Throws usage_error: a file is no such map, two of them differ, or a label of the
    // folder is in none.
    label_map(const export_options&, const std::vector<std::string>& of_folder);

    const std::vector<std::string>& labels() const { return labels_; }  // by index

    // Nothing without a label.
    std::optional<std::size_t> index_of(const std::string& label) const;

    // As the layout spells it. Labels that a layout would give one folder get folders that differ. Without a label, the
    // folder for such clips.
    const std::string& folder_of(std::optional<std::size_t> index) const;

    // The labels of these indices that get another index from a loader that sorts the folders and counts them.
    std::size_t renumbered(const std::set<std::optional<std::size_t>>& present) const;

    // [{"index": 0, "label": "a b", "folder": "a_b"}, …], a line for each.
    std::string json() const;

private:
    void take_folder_names(export_layout);

    std::vector<std::string> labels_{}, folders_{};
    std::vector<std::size_t> by_name_{};  // indices, in the order of the labels
    std::string without_label_{};
};

// Where an output keeps its label map.
std::filesystem::path labels_file_in(const std::filesystem::path& output);

// A text in a list whose lines are parted by white space, as its readers have it: no space, no other end of a line.
std::string without_spaces(std::string_view name);

}  // namespace reelpipe

#endif
