#include "stages/store/clip_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <stdexcept>

#include "stages/store/stable_hash.hpp"

namespace reelpipe::store {

namespace {

constexpr std::size_t max_name_bytes = 255;  // bytes, NAME_MAX of the usual file systems
constexpr std::size_t widest_number = 32;

bool is_safe(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f && c != '/' && c != '\\' && c != '%';
}

std::string escaped(std::string_view text, bool is_taken = false)
{
    std::string name;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool stands_out = i == 0 && (text[i] == '.' || is_taken);
        if (is_safe(text[i]) && !stands_out)
            name += text[i];
        else
            name += fmt::format("%{:02X}", static_cast<unsigned char>(text[i]));
    }
    return name;
}

// A name that is too long is cut and told apart by its hash.
std::string bounded(std::string name, std::size_t limit)
{
    if (name.size() <= limit) return name;
    const std::string mark = fmt::format("~{:016x}", stable_hash(name));
    std::size_t cut = limit - mark.size();
    while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xc0u) == 0x80u) --cut;  // not inside a UTF-8 sequence
    return name.substr(0, cut) + mark;
}

}  // namespace

trim_format::trim_format(std::string_view format)
{
    const auto refuse = [format] {
        throw std::invalid_argument(
            fmt::format("trim format '{}': expected text with one integer conversion, such as %06d", format));
    };
    const std::size_t percent = format.find('%');
    const std::size_t conversion = format.find_first_not_of("0123456789", percent + 1);
    if (percent == format.npos || conversion == format.npos || (format[conversion] != 'd' && format[conversion] != 'i'))
        refuse();
    before_ = format.substr(0, percent);
    after_ = format.substr(conversion + 1);
    if (before_.size() + after_.size() > widest_number || !std::ranges::all_of(before_ + after_, is_safe)) refuse();

    const std::string_view width = format.substr(percent + 1, conversion - percent - 1);
    if (width.starts_with('0')) fill_ = '0';
    if (!width.empty()) {
        const auto [end, error] = std::from_chars(width.data(), width.data() + width.size(), width_);
        if (error != std::errc{} || width_ > widest_number) refuse();
    }
}

std::string trim_format::operator()(std::chrono::microseconds time) const
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    std::string number = std::to_string(seconds.count());
    if (number.size() < width_) number.insert(0, width_ - number.size(), fill_);
    if (const auto rest = time - seconds; rest.count() != 0) {
        number += fmt::format(".{:06}", rest.count());
        number.erase(number.find_last_not_of('0') + 1);
    }
    return before_ + number + after_;
}

std::string clip_id(const clip_request& clip, const trim_format& format)
{
    return fmt::format("{}_{}_{}", clip.video, format(clip.wanted.start), format(clip.wanted.end));
}

bool is_reserved(std::string_view label)
{
    static constexpr std::array<std::string_view, 9> names{"download_report.json",
                                                           "download_report.json.part",
                                                           "download_report_shorter.json",
                                                           "download_report_shorter.json.part",
                                                           "dataset.json",
                                                           "dataset.json.part",
                                                           "marks.csv",
                                                           "marks.csv.part",
                                                           "reelpipe.toml"};
    const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::any_of(names,
                               [&](std::string_view name) { return std::ranges::equal(label, name, {}, small); });
}

std::string safe_name(std::string_view text, std::string_view ending)
{
    return bounded(escaped(text), max_name_bytes - ending.size()).append(ending);
}

std::string label_folder(std::string_view label)
{
    return label.empty() ? "test" : bounded(escaped(label, is_reserved(label)), max_name_bytes);
}

std::string clip_name(const clip_request& clip, const trim_format& format)
{
    return fmt::format("{}/{}", label_folder(clip.label), safe_name(clip_id(clip, format), ".mp4"));
}

std::filesystem::path name_beside(const std::filesystem::path& clip, std::string_view ending)
{
    return clip.parent_path() / bounded(clip.stem().string(), max_name_bytes - ending.size()).append(ending);
}

}  // namespace reelpipe::store
