#include "pipeline/label_choice.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "reelpipe/usage_error.hpp"
#include "stages/annotations/csv_line.hpp"

namespace reelpipe {

namespace {

constexpr std::size_t max_answers = 100'000;  // as many labels as anybody has; what is beyond is looked up each time

bool is_pattern(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

std::vector<std::string> lines_of(const std::string& file)
{
    std::ifstream in(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        if (lines.empty() && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);  // a byte order mark
        while (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) lines.push_back(line);
    }
    if (lines.empty())
        throw usage_error(fmt::format("labels @{}: {}", file,
                                      in.eof() ? "the file is empty; it has a label a line" : std::strerror(errno)));
    return lines;
}

}  // namespace

label_choice::label_choice(const std::vector<std::string>& words)
{
    for (const std::string& text : words) {
        if (!text.starts_with('@')) {
            words_.push_back(word_of(text));
            continue;
        }
        for (std::string& line : lines_of(text.substr(1))) words_.push_back({.whole = line, .parts = {{.text = line}}});
    }
}

label_choice::word label_choice::word_of(const std::string& text)
{
    annotations::csv_line csv;
    word made{.whole = text};
    if (text.empty()) throw usage_error("--labels names no label");
    if (!csv.split(text)) throw usage_error(fmt::format("labels {}: a quote is left open", text));
    for (std::size_t i = 0; i < csv.fields(); ++i)
        if (!csv[i].empty()) made.parts.push_back({.text = std::string(csv[i]), .is_pattern = is_pattern(csv[i])});
    if (made.parts.empty()) throw usage_error("--labels names no label");
    return made;
}

bool label_choice::contains(std::string_view label)
{
    const auto known = answers_.find(std::string(label));
    if (known != answers_.end()) return known->second;
    const bool answer = look_up(label);
    if (answers_.size() < max_answers) answers_.emplace(label, answer);
    return answer;
}

bool label_choice::look_up(std::string_view label)
{
    const std::string text(label);
    bool found = false;
    for (word& each : words_) {
        if (each.whole == text) found = each.whole_was_seen = true;
        for (part& p : each.parts)
            if (p.text == text || (p.is_pattern && fnmatch(p.text.c_str(), text.c_str(), 0) == 0))
                found = p.was_seen = true;
    }
    return found;
}

std::vector<std::string> label_choice::unseen() const
{
    std::vector<std::string> texts;
    for (const word& each : words_)
        for (const part& p : each.parts)
            if (!each.whole_was_seen && !p.was_seen) texts.push_back(p.text);
    return texts;
}

bool label_choice::saw_any() const
{
    return std::ranges::any_of(words_, [](const word& each) {
        return each.whole_was_seen || std::ranges::any_of(each.parts, &part::was_seen);
    });
}

}  // namespace reelpipe
