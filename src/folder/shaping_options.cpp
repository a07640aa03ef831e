#include "folder/shaping_options.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "reelpipe/usage_error.hpp"
#include "stages/resolve/parameters.hpp"

namespace reelpipe {

namespace {

struct shaping_option {
    const char* name;  // as the command line spells it
    std::string (*value)(const download_options&);
};

std::string word_of(cut_mode mode)
{
    switch (mode) {
        case cut_mode::lossless:
            return "lossless";
        case cut_mode::smart:
            return "smart";
        case cut_mode::encode:
            break;
    }
    return "encode";
}

// clang-format off
constexpr std::array shaping_options{
    shaping_option{"--cut",          [](const download_options& o) { return word_of(o.cut.mode); }},
    shaping_option{"--preset",       [](const download_options& o) { return o.cut.preset; }},
    shaping_option{"--tune",         [](const download_options& o) { return o.cut.tune; }},
    shaping_option{"--crf",          [](const download_options& o) { return std::to_string(o.cut.crf); }},
    shaping_option{"--gop",          [](const download_options& o) { return std::to_string(o.cut.gop); }},
    shaping_option{"--bframes",      [](const download_options& o) { return o.cut.b_frames ? std::to_string(*o.cut.b_frames) : ""; }},
    shaping_option{"--pix-fmt",      [](const download_options& o) { return o.cut.pixel_format; }},
    shaping_option{"--x264-params",  [](const download_options& o) { return o.cut.x264_params; }},
    shaping_option{"--range",        [](const download_options& o) { return std::string(o.cut.limited_range ? "tv" : "source"); }},
    shaping_option{"--short-side",   [](const download_options& o) { return std::to_string(o.cut.short_side); }},
    shaping_option{"--pixels",       [](const download_options& o) { return std::string(o.cut.square_pixels ? "square" : "source"); }},
    shaping_option{"--mod",          [](const download_options& o) { return std::to_string(o.cut.multiple); }},
    shaping_option{"--fps",          [](const download_options& o) { return o.cut.frame_rate; }},
    shaping_option{"--filter",       [](const download_options& o) { return o.cut.filter; }},
    shaping_option{"--audio",        [](const download_options& o) { return std::string(o.cut.audio == audio_choice::none ? "none" : o.cut.audio == audio_choice::aac ? "aac" : "copy"); }},
    shaping_option{"--keep-corrupt", [](const download_options& o) { return std::string(o.cut.keep_corrupt ? "yes" : "no"); }},
    shaping_option{"--reproducible", [](const download_options& o) { return std::string(o.cut.reproducible ? "yes" : "no"); }},
    shaping_option{"--trim-format",  [](const download_options& o) { return o.output.trim_format; }},
};
// clang-format on

bool has_clips(database& db)
{
    statement any = db.prepare("SELECT 1 FROM clip WHERE reason IS NULL LIMIT 1");
    return any.step();
}

bool remembers_any(database& db)
{
    statement any = db.prepare("SELECT 1 FROM output_option LIMIT 1");
    return any.step();
}

std::string remembered_value(database& db, const shaping_option& option)
{
    statement get = db.prepare("SELECT value FROM output_option WHERE name = ?1");
    get.bind(std::string_view(option.name));
    return get.step() ? get.text(0) : option.value({});
}

}  // namespace

void remember_shaping_options(database& db, const std::map<std::string, std::string>& values)
{
    db.execute("SAVEPOINT remember; DELETE FROM output_option");  // who calls may be in a transaction
    statement put = db.prepare("INSERT INTO output_option VALUES(?1, ?2)");
    for (const auto& [name, value] : values) {
        put.bind(name, value);
        put.run();
    }
    db.execute("RELEASE remember");
}

void agree_on_shaping_options(database& db, const download_options& options)
{
    if (!has_clips(db) || !remembers_any(db)) {
        std::map<std::string, std::string> values;
        for (const shaping_option& option : shaping_options) values[option.name] = option.value(options);
        remember_shaping_options(db, values);
        return;
    }
    if (options.output.mixed) return;
    std::vector<std::string> differences;
    for (const shaping_option& option : shaping_options) {
        const std::string before = remembered_value(db, option), wanted = option.value(options);
        if (before != wanted)
            differences.push_back(fmt::format("{} was '{}' and is now '{}'", option.name, before, wanted));
    }
    if (differences.empty()) return;
    throw usage_error(fmt::format(
        "the clips in {} were made with other options: {}; use the same options, another folder, or --mixed",
        options.output.folder.string(), fmt::join(differences, ", ")));
}

std::string shaping_options_json(const download_options& options)
{
    nlohmann::json all = nlohmann::json::object();
    for (const shaping_option& option : shaping_options) all[option.name] = option.value(options);
    // For the reader of the ledger; clips do not depend on it.
    const std::string parameters = resolve::without_secrets(options.source.yt_dlp_parameters);
    if (!parameters.empty()) all["--yt-dlp-option"] = parameters;
    return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace reelpipe
