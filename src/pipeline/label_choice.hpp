#ifndef REELPIPE_PIPELINE_LABEL_CHOICE_HPP
#define REELPIPE_PIPELINE_LABEL_CHOICE_HPP

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace reelpipe {

// The labels that the user has chosen.
//
// Each word is a label as it stands in the list, or several with commas between them, where one that holds a comma is
// quoted ("bird chirping, tweeting"); with '*', '?' or '[...]' in it, a label is a pattern as of a shell. "@FILE"
// stands for the lines of a file, a label each, which are no patterns.
class label_choice {
public:
    // Throws usage_error: a file cannot be read, or a word names no label.
    explicit label_choice(const std::vector<std::string>& words);

    bool is_empty() const { return words_.empty(); }  // then all labels are chosen

    // Remembers what was found.
    bool contains(std::string_view label);

    // The chosen labels and patterns that fit no label which was asked about.
    std::vector<std::string> unseen() const;
    bool saw_any() const;

private:
    struct part {
        std::string text{};
        bool is_pattern = false;
        bool was_seen = false;
    };
    struct word {
        std::string whole{};
        bool whole_was_seen = false;
        std::vector<part> parts{};
    };

    bool look_up(std::string_view label);
    static word word_of(const std::string& text);

    std::vector<word> words_;
    std::unordered_map<std::string, bool> answers_;  // to labels that were asked about
};

}  // namespace reelpipe

#endif
