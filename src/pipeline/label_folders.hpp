#ifndef REELPIPE_PIPELINE_LABEL_FOLDERS_HPP
#define REELPIPE_PIPELINE_LABEL_FOLDERS_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>

namespace reelpipe {

// The folders of the labels of some lists. Tools differ in case, and in what they write for blanks and signs, so a
// folder is that of every label with the same letters and digits, unless it has exactly the name of another one's.
// Threads: one at a time.
class label_folders {
public:
    void add(std::string_view label);

    bool is_of(std::string_view folder, std::string_view label) const;

    // True if it is the folder of one of the labels. Of more labels than anybody trains on, none is known.
    bool contains(std::string_view folder) const;

private:
    static constexpr std::size_t max_labels = 100'000;

    std::unordered_set<std::string> names_, letters_;
};

}  // namespace reelpipe

#endif
