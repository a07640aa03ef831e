#include "reelpipe/folder_page.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <ctime>
#include <map>
#include <random>
#include <string_view>
#include <utility>

#include "folder/clip_census.hpp"
#include "folder/contact_sheet.hpp"
#include "folder/ledger_report.hpp"
#include "folder/page/page_files.hpp"
#include "folder/page_data.hpp"
#include "folder/readable_ledger.hpp"
#include "isolation/clip_workers.hpp"
#include "ledger/schema.hpp"
#include "reelpipe/pipeline.hpp"

namespace reelpipe {

namespace {

std::string escaped(std::string_view text)
{
    std::string html;
    for (const char c : text) {
        if (c == '&')
            html += "&amp;";
        else if (c == '<')
            html += "&lt;";
        else if (c == '>')
            html += "&gt;";
        else if (c == '"')
            html += "&quot;";
        else
            html += c;
    }
    return html;
}

// JSON that can stand in a script element: nothing in it ends the element.
std::string embeddable(const nlohmann::ordered_json& data)
{
    const std::string json = data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    std::string text;
    text.reserve(json.size());
    for (const char c : json)
        if (c == '<')
            text += "\\u003c";
        else
            text += c;
    return text;
}

// Nobody who wrote a label or a message could know it, so no script or style that they brought along runs.
std::string random_word()
{
    std::random_device random;
    std::string word;
    for (int i = 0; i < 4; ++i) word += fmt::format("{:08x}", random());
    return word;
}

std::string utc_now()
{
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

// What is read where no script runs.
std::string summary_of(const folder_report& report)
{
    std::uint64_t failed = 0;
    for (const folder_report::failures& group : report.failed) failed += group.count;
    std::string html =
        fmt::format("<p>{} clips stored, {:.1f} MB; {} failed; {} shorter than asked for.</p>\n", report.stored,
                    static_cast<double>(report.bytes) / 1e6, failed, report.shorter.size());
    html +=
        "<table><caption>Failures by reason</caption>\n<thead><tr><th scope=\"col\">Clips</th><th "
        "scope=\"col\">Reason</th><th scope=\"col\">What it means</th><th scope=\"col\">Example</th></tr></thead>\n";
    for (const folder_report::failures& group : report.failed)
        html += fmt::format("<tr><td>{}</td><th scope=\"row\">{}</th><td>{}</td><td>{}: {}</td></tr>\n", group.count,
                            to_string(group.why), escaped(explain(group.why)), escaped(group.example),
                            escaped(group.message.substr(0, 300)));
    return html + "</table>\n";
}

// Replaces each {{name}} of the template by its part.
std::string filled(std::string_view page, const std::map<std::string_view, std::string_view>& parts)
{
    std::string text;
    for (;;) {
        const std::size_t open = page.find("{{");
        const std::size_t close = page.find("}}", open == std::string_view::npos ? page.size() : open);
        text += page.substr(0, open);
        if (close == std::string_view::npos) return text;
        text += parts.at(page.substr(open + 2, close - open - 2));
        page.remove_prefix(close + 2);
    }
}

struct chosen_frames {
    std::vector<clip_census::stored_clip> clips{};
    std::vector<sheet_frame> frames{};
    std::string trouble{};  // why there are none
};

chosen_frames frames_for(const clip_census& census, const folder_page_options& options)
{
    chosen_frames chosen;
    if (options.worker.empty() || options.frames == 0) return chosen;
    try {
        clip_workers(options.worker, std::chrono::seconds(60)).try_to_start();
    } catch (const worker_unavailable& e) {
        chosen.trouble = e.what();
        return chosen;
    }
    chosen.clips = census.odd;
    chosen.clips.insert(chosen.clips.end(), census.drawn.begin(), census.drawn.end());
    chosen.frames = take_stills(options.folder, options.worker, chosen.clips);
    return chosen;
}

folder_page page_of(database db, const folder_page_options& options)
{
    db.execute("BEGIN");  // one state of the ledger, whatever a run writes meanwhile
    folder_report report = read_report(db);
    if (version_of(db) < oldest_with_attempts())
        throw usage_error("it was written by an earlier reelpipe; the next download brings it up to date");
    clip_census census = take_census(db, {.drawn = options.frames});
    const chosen_frames chosen = frames_for(census, options);

    nlohmann::ordered_json data = page_data(db, report, std::move(census), chosen.clips, chosen.frames);
    const std::string folder = options.folder.string();
    data["folder"] = folder;
    data["made"] = utc_now();
    data["reelpipe"] =
        fmt::format("{}.{}.{}", REELPIPE_VERSION / 10000, REELPIPE_VERSION / 100 % 100, REELPIPE_VERSION % 100);
    data["sheet_trouble"] = chosen.trouble;
    const std::string title = escaped(folder), summary = summary_of(report), word = random_word(),
                      json = embeddable(data), license = escaped(page::chart_license);
    std::string html = filled(page::html, {{"nonce", word},
                                           {"title", title},
                                           {"style", page::style},
                                           {"summary", summary},
                                           {"library", page::chart_library},
                                           {"license", license},
                                           {"script", page::script},
                                           {"data", json}});
    return {.report = std::move(report), .html = std::move(html)};
}

}  // namespace

folder_page page_on(const folder_page_options& options)
try {
    return page_of(readable_ledger(options.folder), options);
} catch (const std::exception& e) {
    throw about_ledger(options.folder, e);
}

}  // namespace reelpipe
