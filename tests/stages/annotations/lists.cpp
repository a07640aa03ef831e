#include "stages/annotations/lists.hpp"

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

namespace reelpipe::test {

using annotations::row;
using annotations::row_error;

std::vector<row> rows_of(std::string_view content, const annotations::list_options& options)
{
    const temp_folder folder;
    const auto path = folder / "list.csv";
    write_file(path, content);
    annotations::list_reader list(path.string(), options);
    std::vector<row> all;
    while (auto next = list.next()) all.push_back(std::move(*next));
    return all;
}

std::vector<clip_request> clips_of(std::string_view content, const annotations::list_options& options)
{
    std::vector<clip_request> clips;
    for (const row& each : rows_of(content, options)) {
        if (const auto* wrong = std::get_if<row_error>(&each.content)) FAIL(each.line << ": " << wrong->message);
        clips.push_back(std::get<clip_request>(each.content));
    }
    return clips;
}

std::vector<std::string> complaints_of(std::string_view content, const annotations::list_options& options)
{
    std::vector<std::string> all;
    for (const row& each : rows_of(content, options))
        if (const auto* wrong = std::get_if<row_error>(&each.content))
            all.push_back(std::to_string(each.line) + ": " + wrong->message);
    return all;
}

std::string refusal_of(std::string_view content, const annotations::list_options& options)
{
    try {
        rows_of(content, options);
    } catch (const annotations::not_a_list& refused) {
        return refused.what();
    }
    return "accepted";
}

}  // namespace reelpipe::test
