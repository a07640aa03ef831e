#include "folder/page_data.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/schema.hpp"

namespace reelpipe {

using json = nlohmann::ordered_json;

namespace {

constexpr std::size_t max_labels = 2000, max_hosts = 200, max_kinds = 12, max_shorter = 500;
constexpr std::size_t max_text = 160;  // bytes of a name that somebody else has chosen

std::string shown(std::string_view text) { return std::string(text.substr(0, max_text)); }

double rounded(double value) { return std::round(value * 1e3) / 1e3; }

json to_json(const histogram& h)
{
    return {{"first", rounded(h.first)}, {"step", rounded(h.step)},   {"counts", h.counts},
            {"more", h.has_more_above},  {"least", rounded(h.least)}, {"median", rounded(h.median)},
            {"most", rounded(h.most)}};
}

json to_json(const time_series& series)
{
    json at = json::array(), stored = json::array(), failed = json::array(), fetched = json::array();
    for (const clip_census::moment& each : series.steps) {
        at.push_back(each.at);
        stored.push_back(each.stored);
        failed.push_back(each.failed);
        fetched.push_back(each.fetched);
    }
    return {{"seconds", series.seconds}, {"at", at}, {"stored", stored}, {"failed", failed}, {"fetched", fetched}};
}

// The most frequent kinds, and the rest as one.
json kinds_of(const std::map<std::string, std::uint64_t>& counts)
{
    std::vector<std::pair<std::string, std::uint64_t>> all(counts.begin(), counts.end());
    std::ranges::sort(all, [](const auto& a, const auto& b) { return a.second > b.second; });
    json kinds = json::array();
    std::uint64_t rest = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (i < max_kinds)
            kinds.push_back({shown(all[i].first), all[i].second});
        else
            rest += all[i].second;
    if (rest > 0) kinds.push_back({"others", rest});
    return kinds;
}

json failures_of(const folder_report& report)
{
    json failures = json::array();
    for (const folder_report::failures& group : report.failed)
        failures.push_back({{"reason", to_string(group.why)},
                            {"class", to_string(class_of(group.why))},
                            {"count", group.count},
                            {"meaning", explain(group.why)},
                            {"final", is_final(group.why)},
                            {"example", shown(group.example)},
                            {"message", shown(group.message)}});
    return failures;
}

json shorter_of(const folder_report& report)
{
    std::vector<folder_report::shorter_clip> all = report.shorter;
    const std::size_t count = std::min(all.size(), max_shorter);
    std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(count), std::ranges::greater{},
                              &folder_report::shorter_clip::missing_s);
    json clips = json::array();
    for (std::size_t i = 0; i < count; ++i) clips.push_back({shown(all[i].id), rounded(all[i].missing_s)});
    return {{"count", all.size()}, {"clips", clips}};
}

// Texts that many clips share stand there once; a row has their numbers.
class text_numbers {
public:
    std::size_t operator()(std::string text)
    {
        const auto [found, is_new] = numbers_.emplace(std::move(text), numbers_.size());
        if (is_new) texts_.push_back(found->first);
        return found->second;
    }
    const json& texts() const { return texts_; }

private:
    std::map<std::string, std::size_t> numbers_{};
    json texts_ = json::array();
};

json failed_clips_of(const clip_census& census, std::uint64_t all)
{
    text_numbers text;
    json rows = json::array();
    for (const clip_census::failed_clip& clip : census.failures)
        rows.push_back({text(clip.reason), shown(clip.id), text(shown(clip.label)), text(clip.message), clip.attempts,
                        clip.recorded, clip.run});
    return {{"all", all}, {"texts", text.texts()}, {"rows", rows}};
}

json labels_of(const clip_census& census, const std::map<std::string, std::uint64_t>& pending)
{
    struct line {
        std::string name;
        std::uint64_t stored, failed, pending;
    };
    std::vector<line> all;
    for (const auto& [name, counts] : census.labels) {
        const auto left = pending.find(name);
        all.push_back({name, counts.stored, counts.failed, left == pending.end() ? 0 : left->second});
    }
    for (const auto& [name, clips] : pending)
        if (!census.labels.contains(name)) all.push_back({name, 0, 0, clips});
    std::ranges::sort(all, [](const line& a, const line& b) {
        return std::pair(b.failed + b.pending, std::string_view(a.name)) <
               std::pair(a.failed + a.pending, std::string_view(b.name));
    });
    json rows = json::array();
    for (std::size_t i = 0; i < std::min(all.size(), max_labels); ++i)
        rows.push_back({shown(all[i].name), all[i].stored, all[i].failed, all[i].pending});
    return {{"all", all.size()}, {"rows", rows}};
}

json hosts_in(database& db)
{
    statement all = db.prepare("SELECT name, videos, bytes, fetch_s, failed FROM host ORDER BY videos + failed DESC");
    json rows = json::array();
    std::size_t count = 0;
    for (; all.step(); ++count)
        if (count < max_hosts)
            rows.push_back(
                {shown(all.view(0)), all.integer(1), all.integer(2), rounded(all.number(3)), all.integer(4)});
    return {{"all", count}, {"rows", rows}};
}

std::map<std::string, std::uint64_t> pending_in(database& db)
{
    std::map<std::string, std::uint64_t> pending;
    statement all = db.prepare("SELECT label, clips FROM pending");
    while (all.step()) pending[all.text(0)] = static_cast<std::uint64_t>(all.integer(1));
    return pending;
}

// The lists of runs, by when they started, for those runs that the report has.
json runs_of(database& db, const folder_report& report, bool has_measures)
{
    json runs = json::array();
    for (const folder_report::run& run : report.runs)
        runs.push_back({{"started", run.started},
                        {"ended", run.ended},
                        {"ending", run.ending},
                        {"outcomes", run.outcomes},
                        {"reelpipe", run.reelpipe},
                        {"resolver", run.resolver}});
    if (!has_measures) return runs;
    statement all = db.prepare("SELECT lists FROM run ORDER BY id DESC LIMIT ?1");
    all.bind(static_cast<std::int64_t>(runs.size()));
    for (std::size_t i = 0; i < runs.size() && all.step(); ++i) {
        runs[i]["lists"] = json::parse(all.view(0), nullptr, false);
        if (runs[i]["lists"].is_discarded()) runs[i].erase("lists");
    }
    return runs;
}

// What the latest run that measured its stages measured, and the number of runs.
void add_measures(json& data, database& db)
{
    statement count = db.prepare("SELECT count(*) FROM run");
    count.step();
    data["all_runs"] = count.integer(0);
    statement last = db.prepare(
        "SELECT started, measured FROM run WHERE json_valid(measured) AND measured ->> '$.wall_s' > 0 ORDER BY id DESC"
        " LIMIT 1");
    if (last.step()) data["measured_run"] = {{"started", last.text(0)}, {"measured", json::parse(last.view(1))}};
}

json sheet_of(const std::vector<clip_census::stored_clip>& clips, const std::vector<sheet_frame>& frames)
{
    json sheet = json::array();
    for (std::size_t i = 0; i < clips.size(); ++i)
        sheet.push_back({{"clip", shown(clips[i].id)},
                         {"label", shown(clips[i].label)},
                         {"file", clips[i].file},
                         {"streams", shown(clips[i].streams)},
                         {"duration_s", rounded(clips[i].duration_s)},
                         {"oddity", clips[i].oddity},
                         {"width", frames[i].image.width},
                         {"height", frames[i].image.height},
                         {"jpeg", frames[i].image.jpeg},
                         {"error", shown(frames[i].error)}});
    return sheet;
}

// The least of 1, 2 and 5 times a power of ten that is not less.
double round_step(double step)
{
    const double power = std::pow(10, std::floor(std::log10(step)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (step <= factor * power * (1 + 1e-9)) return factor * power;
    return 10 * power;
}

}  // namespace

histogram histogram_of(std::vector<float> values)
{
    constexpr double steps = 20, usual = 0.995;  // the share of values that the scale is made for
    histogram h;
    if (values.empty()) return h;
    std::ranges::sort(values);
    h.least = values.front();
    h.median = values[values.size() / 2];
    h.most = values.back();
    const double high = values[static_cast<std::size_t>(static_cast<double>(values.size() - 1) * usual)];
    const double smallest_step = std::max(h.median * 1e-3, 1e-3);
    h.step = round_step(std::max((high - h.least) / steps, smallest_step));
    h.first = std::floor(h.least / h.step + 1e-6) * h.step;
    const auto step_of = [&](double value) { return static_cast<std::size_t>((value - h.first) / h.step + 1e-6); };
    h.counts.resize(step_of(high) + 1);
    for (const float value : values) {
        h.has_more_above = h.has_more_above || step_of(value) >= h.counts.size();
        ++h.counts[std::min(step_of(value), h.counts.size() - 1)];
    }
    return h;
}

time_series series_of(std::vector<clip_census::moment> moments)
{
    constexpr std::array<std::int64_t, 16> nice{1,   2,    5,    10,   30,    60,    120,   300,
                                                600, 1800, 3600, 7200, 14400, 28800, 43200, 86400};
    constexpr std::int64_t most = 150, pause = 600;  // steps; seconds
    std::erase_if(moments, [](const clip_census::moment& each) { return each.at <= 0; });
    time_series series;
    if (moments.empty()) return series;
    std::ranges::sort(moments, {}, &clip_census::moment::at);
    std::int64_t busy_s = 0;
    for (std::size_t i = 1; i < moments.size(); ++i) busy_s += std::min(moments[i].at - moments[i - 1].at, pause);
    series.seconds =
        *std::ranges::find_if(nice, [&](std::int64_t s) { return s * most >= busy_s || s == nice.back(); });
    for (const clip_census::moment& each : moments) {
        const std::int64_t begin = each.at / series.seconds * series.seconds;
        const bool is_near = !series.steps.empty() && begin - series.steps.back().at <= std::max(pause, series.seconds);
        while (is_near && series.steps.back().at < begin)
            series.steps.push_back({.at = series.steps.back().at + series.seconds});
        if (!is_near) series.steps.push_back({.at = begin});
        clip_census::moment& step = series.steps.back();
        step.stored += each.stored;
        step.failed += each.failed;
        step.fetched += each.fetched;
    }
    return series;
}

json page_data(database& db, const folder_report& report, clip_census census,
               const std::vector<clip_census::stored_clip>& clips, const std::vector<sheet_frame>& frames)
{
    const bool has_measures = version_of(db) >= oldest_with_hosts();
    std::uint64_t failed = 0;
    for (const folder_report::failures& group : report.failed) failed += group.count;
    std::uint64_t left = 0;
    const auto pending = has_measures ? pending_in(db) : std::map<std::string, std::uint64_t>{};
    for (const auto& [label, clips_left] : pending) left += clips_left;
    json data{{"totals",
               {{"stored", report.stored},
                {"failed", failed},
                {"pending", left},
                {"shorter", report.shorter.size()},
                {"bytes", census.bytes},
                {"frames", report.frames},
                {"duration_s", rounded(census.duration_s)},
                {"videos", census.videos},
                {"silent", census.silent},
                {"copied_clips", report.copies.clips},
                {"copied_frames", report.copies.copied}}},
              {"failures", failures_of(report)},
              {"shorter", shorter_of(report)},
              {"traffic",
               {{"fetched", census.fetched}, {"fetched_of_known", census.fetched_of_known}, {"whole", census.whole}}},
              {"stages",
               {{"resolve", rounded(census.resolve_s)},
                {"fetch", rounded(census.fetch_s)},
                {"cut", rounded(census.cut_s)},
                {"verify", rounded(census.verify_s)},
                {"store", rounded(census.store_s)}}}};
    data["time"] = to_json(series_of(std::move(census.moments)));
    data["labels"] = labels_of(census, pending);
    data["lengths"] = to_json(histogram_of(std::move(census.lengths_s)));
    data["sizes"] = to_json(histogram_of(std::move(census.kilobytes)));
    data["frame_rates"] = to_json(histogram_of(std::move(census.frame_rates)));
    data["frame_sizes"] = kinds_of(census.frame_sizes);
    data["codecs"] = kinds_of(census.codecs);
    if (has_measures) data["hosts"] = hosts_in(db);
    data["sheet"] = sheet_of(clips, frames);
    data["failed_clips"] = failed_clips_of(census, failed);
    data["options"] = report.options;
    data["runs"] = runs_of(db, report, has_measures);
    if (has_measures) add_measures(data, db);
    return data;
}

}  // namespace reelpipe
