#include "stages/annotations/list_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "stages/annotations/formats/formats.hpp"
#include "stages/annotations/list_head.hpp"
#include "stages/annotations/list_input.hpp"

namespace reelpipe::annotations {

namespace {

// Those that ask for more come first.
const std::array formats{&keyed_json_format, &json_lines_format, &audioset_format, &panda_format, &csv_format,
                         &url_format,        &vggsound_format,   &ava_format,      &name_format};

// Advice about other files that people hand over, which are told by their first bytes. Empty: not a known kind.
std::string known_mistake(std::string_view start)
{
    const auto begins = [start](std::string_view text) { return start.starts_with(text); };
    if (begins("PAR1"))
        return "it is a Parquet file; convert it: python3 -c \"import pandas; "
               "pandas.read_parquet('LIST').to_csv('list.csv', index=False)\"";
    if (begins("PK\x03\x04")) return "it is a ZIP archive or a spreadsheet; unpack it, or save it as CSV in UTF-8";
    if (begins("\xff\xfe") || begins("\xfe\xff")) return "it is text in UTF-16; save it as CSV in UTF-8";
    if (begins("<!DOCTYPE") || begins("<!doctype") || begins("<html") || begins("<HTML"))
        return "it is a web page, as a server sends it in place of a file; fetch the list itself";
    if (begins("version https://git-lfs")) return "it is the pointer of a Git LFS file; fetch it with `git lfs pull`";
    if (begins("\x80\x04") || begins("\x80\x03")) return "it is a Python pickle, which is not read; convert it to CSV";
    constexpr std::size_t tar_mark = 257;
    if (start.size() > tar_mark && start.substr(tar_mark).starts_with("ustar"))
        return "it is a tar archive; unpack it and name the list in it";
    return {};
}

[[noreturn]] void refuse(const std::string& name, const std::string& why)
{
    throw not_a_list(fmt::format("{} is not an annotation list: {}", name, why));
}

[[noreturn]] void refuse_unknown(const std::string& name, const list_head& head)
{
    refuse(name, fmt::format("line {}, {}, names no columns such as youtube_id,time_start,time_end,label or "
                             "video-id,start-time,end-time, and is not a row of a known list: no column holds video "
                             "ids. Say what the columns are, such as --columns id=1,start=2,end=3,label=4, or what the "
                             "list is: --list-format {}",
                             head.line_number, in_quotes(head.line), fmt::join(format_names(), ", ")));
}

const format& named_format(const std::string& name)
{
    for (const format* each : formats)
        if (each->name == name) return *each;
    throw std::invalid_argument(
        fmt::format("there is no list format '{}'; there are {}", name, fmt::join(format_names(), ", ")));
}

const format* recognised(const list_head& head, const list_options& options)
{
    for (const format* each : formats)
        if (each->fits(head, options)) return each;
    return nullptr;
}

// Other formats say themselves where their ids and times are.
void check_columns(const std::string& name, const format& found, const list_options& options)
{
    if (!options.columns.empty() && &found != &csv_format && &found != &json_lines_format)
        refuse(name, fmt::format("--columns explains tables and JSON lines, and this {} {}; leave --columns out",
                                 options.format.empty() ? "looks like" : "is to be read as", found.looks));
}

const format& format_of(const std::string& name, const list_head& head, const list_options& options)
{
    if (const std::string mistake = known_mistake(head.start); !mistake.empty()) refuse(name, mistake);
    if (head.line_number == 0)
        refuse(name, "it is empty; a list has a header such as youtube_id,time_start,time_end,label");
    if (!is_text(head.line)) refuse(name, "it is not text in UTF-8");
    const format* const found = recognised(head, options);
    if (options.format.empty()) {
        if (!found) refuse_unknown(name, head);
        check_columns(name, *found, options);
        return *found;
    }
    const format& named = named_format(options.format);
    check_columns(name, named, options);
    if (!named.fits(head, options) && found)
        refuse(name, fmt::format("line {}, {}, is not of the format '{}': this looks like {}, which --list-format {} "
                                 "reads, or none at all",
                                 head.line_number, in_quotes(head.line), named.name, found->looks, found->name));
    return named;
}

}  // namespace

class list_reader::implementation {
public:
    implementation(std::string name, list_options options)
        : options_(std::move(options)), input_(name), sink_(options_.youtube_ids)
    {
        const list_head head = read_head(input_);
        if (options_.columns_if_unknown) {
            // Objects of JSON lines say one by one whether they explain themselves.
            const format* const by_content = recognised(head, {.ids_suffice = options_.ids_suffice});
            if (by_content && by_content != &json_lines_format) options_.columns.clear();
        }
        const format& found = format_of(name, head, options_);
        if (options_.cc_only && found.name != csv_format.name)
            refuse(name,
                   fmt::format("this looks like {}, which does not say which videos have a Creative Commons license",
                               found.looks));
        rows_ = found.open(input_, head, options_);
    }

    std::optional<row> next()
    {
        std::vector<row_content>& contents = sink_.contents();
        while (given_ == contents.size()) {
            contents.clear();
            given_ = 0;
            const std::optional<std::uint64_t> line = rows_->next(sink_);
            if (!line) return std::nullopt;
            line_ = *line;
        }
        return row{line_, std::move(contents[given_++])};
    }

    const std::string& name() const { return input_.name(); }

private:
    list_options options_;
    list_input input_;
    row_sink sink_;
    std::unique_ptr<row_source> rows_;
    std::uint64_t line_ = 0;
    std::size_t given_ = 0;  // of what the sink holds
};

list_reader::list_reader(std::string name, list_options options)
    : implementation_(std::make_unique<implementation>(std::move(name), std::move(options)))
{
}
list_reader::list_reader(list_reader&&) noexcept = default;
list_reader& list_reader::operator=(list_reader&&) noexcept = default;
list_reader::~list_reader() = default;

std::optional<row> list_reader::next() { return implementation_->next(); }
const std::string& list_reader::name() const { return implementation_->name(); }

std::vector<std::string_view> format_names()
{
    std::vector<std::string_view> names;
    for (const format* each : formats) names.push_back(each->name);
    return names;
}

}  // namespace reelpipe::annotations
