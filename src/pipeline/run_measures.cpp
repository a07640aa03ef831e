#include "pipeline/run_measures.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "media/content_hash.hpp"
#include "stages/verify/verify.hpp"

namespace reelpipe {

using nlohmann::ordered_json;

namespace {

std::string text_of(const ordered_json& object)
{
    return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

double to_milliseconds(double seconds) { return std::round(seconds * 1e3) / 1e3; }

}  // namespace

std::string measures_json(const progress& totals, const report& ended, const fetch_options& fetch)
{
    ordered_json stages = ordered_json::array();
    for (const stage_stats& s : ended.stages)
        stages.push_back({{"name", s.name},
                          {"workers", s.workers},
                          {"in", s.in},
                          {"out", s.out},
                          {"failed", s.failed},
                          {"busy_s", to_milliseconds(s.busy_s)},
                          {"idle_s", to_milliseconds(s.starved_s)},
                          {"blocked_s", to_milliseconds(s.blocked_s)}});
    const stage_stats* const slowest = bottleneck(ended.stages);
    return text_of({{"wall_s", to_milliseconds(ended.wall_s)},
                    {"fetched", totals.fetched},
                    {"jobs", totals.jobs},
                    {"connections", fetch.connections},
                    {"limit_rate", fetch.rate_limit},
                    {"resolves_per_hour", totals.resolves_per_hour},
                    {"bottleneck", slowest ? slowest->name : ""},
                    {"stages", stages}});
}

namespace {

std::vector<std::string> names_of_lists(const wanted_options& wanted)
{
    return wanted.like.empty() ? wanted.lists : std::vector{wanted.like.string()};
}

}  // namespace

std::string lists_json(const wanted_options& wanted) { return text_of(ordered_json(names_of_lists(wanted))); }

std::vector<list_record> hashed_lists(const wanted_options& wanted)
{
    std::vector<list_record> all;
    for (const std::string& name : names_of_lists(wanted)) {
        list_record& one = all.emplace_back(list_record{.name = name});
        std::error_code unknown;
        if (name == "-" || !std::filesystem::is_regular_file(name, unknown)) continue;
        one.sha256 = media::in_hexadecimal(media::content_hash(verify::clip_file(name).descriptor()));
    }
    return all;
}

std::vector<stage_stats> sum_of(std::vector<stage_stats> first, const std::vector<stage_stats>& second)
{
    for (std::size_t i = 0; i < std::min(first.size(), second.size()); ++i) {
        stage_stats& all = first[i];
        all.in += second[i].in;
        all.out += second[i].out;
        all.failed += second[i].failed;
        all.retried += second[i].retried;
        all.filtered += second[i].filtered;
        all.busy_s += second[i].busy_s;
    }
    return first;
}

}  // namespace reelpipe
