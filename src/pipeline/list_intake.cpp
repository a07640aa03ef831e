#include "pipeline/list_intake.hpp"

#include <fmt/format.h>

#include <string>
#include <system_error>
#include <unordered_set>

#include "stages/annotations/list_reader.hpp"

namespace reelpipe {

namespace {

// Decides which rows are wanted.
class row_filter {
public:
    explicit row_filter(const download_options& options)
        : options_(options), labels_(options.labels.begin(), options.labels.end())
    {
    }

    bool passes(const clip_request& clip) const
    {
        if (!options_.split.empty() && clip.split != options_.split) return false;
        return labels_.empty() || labels_.contains(clip.label);
    }

private:
    const download_options& options_;
    std::unordered_set<std::string> labels_;
};

std::uint64_t read_list(const std::string& name, const row_filter& filter, const download_options& options,
                        work_list& wanted)
try {
    std::uint64_t bad_rows = 0;
    annotations::list_reader list(name);
    while (const std::optional<annotations::row> row = list.next()) {
        if (const auto* wrong = std::get_if<annotations::row_error>(&row->content)) {
            ++bad_rows;
            if (options.on_message)
                options.on_message(severity::warning,
                                   fmt::format("{}:{}: {}; row skipped", list.name(), row->line, wrong->message));
            continue;
        }
        const auto& clip = std::get<clip_request>(row->content);
        if (!filter.passes(clip)) continue;
        if (options.limit != 0 && wanted.rows() == options.limit) break;
        wanted.add(clip);
    }
    return bad_rows;
} catch (const annotations::not_a_list& e) {
    throw usage_error(e.what());
} catch (const std::system_error& e) {
    throw usage_error(e.what());
}

}  // namespace

std::uint64_t read_lists(const download_options& options, work_list& wanted)
{
    if (options.lists.empty()) throw usage_error("no annotation list was named");
    const row_filter filter(options);
    std::uint64_t bad_rows = 0;
    for (const std::string& name : options.lists) bad_rows += read_list(name, filter, options, wanted);
    return bad_rows;
}

}  // namespace reelpipe
