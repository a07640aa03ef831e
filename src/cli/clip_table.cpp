#include "cli/clip_table.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "reelpipe/clip_rows.hpp"

#include "cli/printing.hpp"
#include "reelpipe/csv_field.hpp"

namespace reelpipe::cli {

namespace {

using nlohmann::ordered_json;

double rounded(double value) { return std::round(value * 1e6) / 1e6; }

// The columns of both formats; a value that there is none of is null.
ordered_json columns_of(const clip_row& row)
{
    ordered_json all{{"id", row.id},
                     {"video", row.clip.video},
                     {"label", row.clip.label},
                     {"label_index", nullptr},
                     {"split", row.clip.split},
                     {"start", rounded(in_seconds(row.clip.wanted.start))},
                     {"end", rounded(in_seconds(row.clip.wanted.end))},
                     {"outcome", row.failed ? "failed" : "stored"},
                     {"reason", nullptr},
                     {"class", nullptr},
                     {"message", row.message},
                     {"attempts", row.attempts},
                     {"recorded", row.recorded}};
    if (row.label_index) all["label_index"] = *row.label_index;
    if (row.failed) {
        all["reason"] = to_string(*row.failed);
        all["class"] = to_string(class_of(*row.failed));
    }
    for (const char* name : {"file", "bytes", "frames", "fps", "duration_s", "missing_s", "codec", "width", "height",
                             "audio", "packets", "source", "sha256", "video_sha256"})
        all[name] = nullptr;
    all["title"] = row.title;
    all["channel"] = row.channel;
    all["upload_date"] = row.upload_date;
    all["license"] = row.license;
    if (row.failed) return all;
    all["file"] = row.file.string();
    all["bytes"] = row.bytes;
    all["frames"] = row.frames;
    if (row.duration_s > 0) all["fps"] = std::round(static_cast<double>(row.frames) / row.duration_s * 1e3) / 1e3;
    all["duration_s"] = rounded(row.duration_s);
    all["missing_s"] = rounded(row.missing_s);
    all["codec"] = row.codec;
    all["width"] = row.width;
    all["height"] = row.height;
    all["audio"] = row.audio;
    if (row.packets > 0) all["packets"] = row.packets;
    if (!row.source.empty()) all["source"] = row.source;
    if (!row.file_hash.empty()) all["sha256"] = row.file_hash;
    if (!row.video_hash.empty()) all["video_sha256"] = row.video_hash;
    return all;
}

std::string text_of(const ordered_json& value)
{
    return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void write_csv_line(std::ostream& to, const std::vector<std::string>& fields)
{
    to << fmt::format("{}\n", fmt::join(fields, ","));
}

void write_row(std::ostream& to, const clip_row& row, table_format format)
{
    const ordered_json columns = columns_of(row);
    if (format == table_format::jsonl) {
        to << text_of(columns) << '\n';
        return;
    }
    std::vector<std::string> fields;
    for (const ordered_json& value : columns)
        fields.push_back(value.is_null()     ? ""
                         : value.is_string() ? csv_field(value.get_ref<const std::string&>())
                                             : text_of(value));
    write_csv_line(to, fields);
}

// Gives the number of clips that were to be read and could not.
std::uint64_t write_rows(std::ostream& to, const std::filesystem::path& folder, table_format format,
                         const std::optional<clip_hashing>& hashing)
{
    clip_row_reader rows(folder, hashing);
    std::uint64_t unreadable = 0;
    if (format == table_format::csv) {
        std::vector<std::string> names;
        const ordered_json columns = columns_of({});
        for (const auto& [name, value] : columns.items()) names.push_back(name);
        write_csv_line(to, names);
    }
    while (const std::optional<clip_row> row = rows.next()) {
        write_row(to, *row, format);
        if (!row->unreadable.empty()) ++unreadable;
    }
    to.flush();
    return unreadable;
}

}  // namespace

std::uint64_t write_clip_table(const std::filesystem::path& folder, const std::filesystem::path& file,
                               table_format format, const std::optional<clip_hashing>& hashing)
{
    if (file == "-") {
        line_printer lines(stdout);
        std::ostream out(&lines);
        return write_rows(out, folder, format, hashing);
    }
    const std::filesystem::path unfinished = file.string() + ".part";
    std::ofstream to(unfinished);
    std::uint64_t unreadable = 0;
    if (to) unreadable = write_rows(to, folder, format, hashing);
    to.close();
    if (!to) throw std::system_error(errno, std::generic_category(), "write " + unfinished.string());
    std::filesystem::rename(unfinished, file);
    return unreadable;
}

}  // namespace reelpipe::cli
