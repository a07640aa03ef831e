#include "pipeline/label_folders.hpp"

#include "stages/store/clip_name.hpp"

namespace reelpipe {

namespace {

// Its letters and digits, in small letters.
std::string letters_of(std::string_view text)
{
    std::string letters;
    for (const char c : text) {
        const bool is_capital = c >= 'A' && c <= 'Z', is_small = c >= 'a' && c <= 'z', is_digit = c >= '0' && c <= '9';
        if (is_capital) letters += static_cast<char>(c - 'A' + 'a');
        if (is_small || is_digit || static_cast<unsigned char>(c) >= 0x80) letters += c;
    }
    return letters;
}

}  // namespace

bool is_folder_of(std::string_view folder, std::string_view label)
{
    if (label.empty()) return false;
    return folder == store::label_folder(label) || letters_of(folder) == letters_of(label);
}

void label_folders::add(std::string_view label)
{
    if (label.empty() || are_too_many_) return;
    names_.insert(letters_of(label));
    names_.insert(letters_of(store::label_folder(label)));
    if (names_.size() <= max_labels) return;
    names_.clear();
    are_too_many_ = true;
}

bool label_folders::contains(std::string_view folder) const
{
    const std::string letters = letters_of(folder);
    return !letters.empty() && names_.contains(letters);
}

}  // namespace reelpipe
