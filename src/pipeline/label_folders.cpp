#include "pipeline/label_folders.hpp"

#include <utility>

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

void label_folders::add(std::string_view label)
{
    if (names_.size() == max_labels) return;
    names_.insert(store::label_folder(label));
    if (std::string letters = letters_of(label); !letters.empty()) letters_.insert(std::move(letters));
    if (names_.size() == max_labels) letters_.clear();
}

bool label_folders::is_of(std::string_view folder, std::string_view label) const
{
    if (folder == store::label_folder(label) || folder == label) return true;
    const std::string letters = letters_of(label);
    return !letters.empty() && letters == letters_of(folder) && !names_.contains(std::string(folder));
}

bool label_folders::contains(std::string_view folder) const
{
    if (names_.size() == max_labels) return false;
    return names_.contains(std::string(folder)) || letters_.contains(letters_of(folder));
}

}  // namespace reelpipe
