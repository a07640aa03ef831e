#ifndef REELPIPE_PIPELINE_LABEL_FOLDERS_HPP
#define REELPIPE_PIPELINE_LABEL_FOLDERS_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>

namespace reelpipe {

// True if this is a name for the folder of the label: tools differ in case, and in what they write for blanks and
// signs.
bool is_folder_of(std::string_view folder, std::string_view label);

// The folders that the labels of some lists may have. Threads: one at a time.
class label_folders {
public:
    void add(std::string_view label);

    // True if it is the folder of one of the labels. Of more labels than anybody trains on, none is known.
    bool contains(std::string_view folder) const;

private:
    static constexpr std::size_t max_labels = 100'000;

    std::unordered_set<std::string> names_;
    bool are_too_many_ = false;
};

}  // namespace reelpipe

#endif
