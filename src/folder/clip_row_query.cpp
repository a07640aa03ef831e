#include "folder/clip_row_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "ledger/schema.hpp"
#include "stages/store/clip_name.hpp"

namespace reelpipe {

namespace {

// The run that came to an outcome says how it spelled the times in the name.
constexpr const char* row_columns =
    "SELECT c.video, c.start, c.end, c.label, c.reason, c.message, c.attempts, c.recorded, c.bytes, c.modified_ns,"
    " c.frames, c.duration_s, c.streams,"
    " coalesce(json_extract(r.options, '$.\"--trim-format\"'),"
    "  (SELECT value FROM output_option WHERE name = '--trim-format'), '%06d'), {}, {}, {}, {}"
    " FROM clip c LEFT JOIN run r ON r.id = c.run";

// Empty where only the warnings of its resolver were kept.
constexpr const char* metadata_of_video = "(SELECT metadata FROM video WHERE id = c.video)";

void read_metadata(std::string_view json, clip_row& row)
{
    if (json.empty()) return;
    const nlohmann::json all = nlohmann::json::parse(json, nullptr, false);
    const auto text_of = [&all](const char* name) {
        const auto found = all.is_object() ? all.find(name) : all.end();
        return all.is_object() && found != all.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    row.title = text_of("title");
    row.channel = text_of("channel");
    if (row.channel.empty()) row.channel = text_of("uploader");
    row.upload_date = text_of("upload_date");
    row.license = text_of("license");
}

// "h264 320x180, audio"
void read_streams(std::string_view text, clip_row& row)
{
    constexpr std::string_view with_audio = ", audio";
    row.audio = text.ends_with(with_audio);
    if (row.audio) text.remove_suffix(with_audio.size());
    const std::size_t space = text.find(' ');
    row.codec = text.substr(0, space);
    if (space == std::string_view::npos) return;
    text.remove_prefix(space + 1);
    const std::size_t cross = std::min(text.find('x'), text.size());
    std::from_chars(text.data(), text.data() + cross, row.width);
    if (cross < text.size()) std::from_chars(text.data() + cross + 1, text.data() + text.size(), row.height);
}

}  // namespace

std::string clip_row_query(int version)
{
    return fmt::format(row_columns, version >= oldest_with_attempts() ? "c.missing_s" : "0",
                       version >= oldest_with_splits() ? "c.split" : "''",
                       version >= oldest_with_sources() ? "c.packets, c.source" : "0, ''",
                       version >= oldest_with_splits() ? metadata_of_video : "''");
}

clip_row read_clip_row(const statement& from)
{
    clip_row row{
        .clip = {.video = from.text(0),
                 .wanted = {std::chrono::microseconds(from.integer(1)), std::chrono::microseconds(from.integer(2))},
                 .label = from.text(3),
                 .split = from.text(15)}};
    const store::trim_format trim(from.view(13));
    row.id = store::clip_id(row.clip, trim);
    row.message = from.text(5);
    row.attempts = static_cast<unsigned>(from.integer(6));
    row.recorded = from.text(7);
    read_metadata(from.view(18), row);
    if (!from.is_null(4)) {
        row.failed = reason_from(from.view(4)).value_or(reason::unknown);
        return row;
    }
    row.file = store::clip_name(row.clip, trim);
    row.bytes = static_cast<std::uint64_t>(from.integer(8));
    row.modified_ns = from.integer(9);
    row.frames = from.integer(10);
    row.duration_s = from.number(11);
    row.missing_s = from.number(14);
    read_streams(from.view(12), row);
    row.packets = from.integer(16);
    row.source = from.text(17);
    return row;
}

}  // namespace reelpipe
