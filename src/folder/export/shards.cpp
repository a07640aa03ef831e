#include "folder/export/shards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "folder/frame_index.hpp"
#include "reelpipe/usage_error.hpp"
#include "stages/resolve/archive_reader.hpp"
#include "stages/store/clip_name.hpp"
#include "stages/store/stable_hash.hpp"

namespace reelpipe {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr std::size_t max_description = 1u << 20;
constexpr std::string_view ending = ".tar";

double in_six_digits(double value) { return std::round(value * 1e6) / 1e6; }

std::string description_of(const clip_row& row, const std::string& split, std::optional<std::size_t> label_index)
{
    ordered_json all{{"id", row.id},
                     {"video", row.clip.video},
                     {"label", row.clip.label},
                     {"label_index", nullptr},
                     {"split", split},
                     {"start", in_six_digits(in_seconds(row.clip.wanted.start))},
                     {"end", in_six_digits(in_seconds(row.clip.wanted.end))},
                     {"frames", row.frames},
                     {"duration_s", in_six_digits(row.duration_s)},
                     {"codec", row.codec},
                     {"width", row.width},
                     {"height", row.height},
                     {"audio", row.audio}};
    if (label_index) all["label_index"] = *label_index;
    for (const auto& [name, text] : {std::pair("title", &row.title), std::pair("channel", &row.channel),
                                     std::pair("upload_date", &row.upload_date), std::pair("license", &row.license)})
        if (!text->empty()) all[name] = *text;
    return all.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string prefix_of(const std::string& split)
{
    return split.empty() ? "clips-" : store::safe_name(split.substr(0, 100)) + "-";
}

// The number of a shard's name.
std::optional<std::uint64_t> number_in(std::string_view name, std::string_view prefix)
{
    if (!name.starts_with(prefix) || !name.ends_with(ending)) return std::nullopt;
    const std::string_view digits = name.substr(prefix.size(), name.size() - prefix.size() - ending.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.size() < 6 || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

std::string content_of(resolve::archive_reader& member)
{
    std::string text;
    for (;;) {
        const std::span<const std::byte> some = member.read();
        if (some.empty()) return text;
        if (text.size() + some.size() > max_description) throw resolve::archive_error("too large", true);
        text.append(reinterpret_cast<const char*>(some.data()), some.size());
    }
}

}  // namespace

struct shards::open_shard {
    explicit open_shard(const fs::path& temporary, store::way_to_name way)
        : file(temporary, way), tar(file.descriptor())
    {
    }

    store::output_file file;
    tar_writer tar;
    std::uint64_t clips = 0, bytes = 0;
};

struct shards::split_shards {
    std::uint64_t next = 0;            // the number of the shard that is being made, or would be
    std::vector<clip_hash> present{};  // sorted: the clips of the shards that were there
    std::unique_ptr<open_shard> open{};
};

shards::shards(const export_options& options, fs::path temporary, store::way_to_name way)
    : options_(options), temporary_(std::move(temporary)), way_(way)
{
}

shards::~shards() = default;

shards::clip_hash shards::hash_of(const std::string& id, const std::string& label)
{
    const std::string name = label + '\n' + id;
    return {store::stable_hash(name), store::stable_hash("again " + name)};
}

bool shards::has(const clip_row& row, const std::string& split)
{
    return std::ranges::binary_search(of(split).present, hash_of(row.id, row.clip.label));
}

shards::split_shards& shards::of(const std::string& split)
{
    const std::string prefix = prefix_of(split);
    const auto [found, is_new] = by_prefix_.try_emplace(prefix);
    if (is_new) read_names(prefix, found->second);
    return found->second;
}

void shards::read_names(const std::string& prefix, split_shards& known) const
{
    for (const fs::directory_entry& entry : fs::directory_iterator(options_.output)) {
        const std::optional<std::uint64_t> number = number_in(entry.path().filename().string(), prefix);
        if (!number) continue;
        known.next = std::max(known.next, *number + 1);
        read_clips(entry.path(), known.present);
    }
    std::ranges::sort(known.present);
}

void shards::read_clips(const fs::path& shard, std::vector<clip_hash>& present) const
try {
    using enum resolve::archive_reader::place;
    resolve::archive_reader members(shard);
    for (auto at = members.advance(); at != end; at = members.advance()) {
        const bool is_description = members.name().ends_with(".json") && !members.name().ends_with(frame_index_ending);
        if (at != member || !is_description) continue;
        const ordered_json one = ordered_json::parse(content_of(members));
        present.push_back(hash_of(one.at("id"), one.at("label")));
    }
} catch (const std::runtime_error& e) {
    throw usage_error(fmt::format("{}: it is no shard that an export made ({}); choose another output, or move it away",
                                  shard.string(), e.what()));
} catch (const ordered_json::exception&) {
    throw usage_error(
        fmt::format("{}: it is no shard that an export made; choose another output, or move it away", shard.string()));
}

void shards::add(const clip_row& row, const std::string& split, std::optional<std::size_t> label_index, int clip,
                 const std::map<std::string, std::string>& beside)
{
    split_shards& all = of(split);
    if (!all.open) all.open = std::make_unique<open_shard>(temporary_, way_);
    open_shard& shard = *all.open;
    const std::string key = fmt::format("{:06}_{:06}", all.next, shard.clips);  // a key must not hold a dot
    const std::int64_t modified_s = row.modified_ns / 1'000'000'000;
    shard.tar.add_file(key + ".mp4", modified_s, clip, row.bytes);
    shard.tar.add(key + ".json", modified_s, description_of(row, split, label_index));
    for (const auto& [ending_of_file, content] : beside) shard.tar.add(key + ending_of_file, modified_s, content);
    shard.bytes += row.bytes;
    if (++shard.clips >= options_.shard_clips || shard.bytes >= options_.shard_bytes) place(prefix_of(split), all);
}

void shards::place(const std::string& prefix, split_shards& all)
{
    open_shard& shard = *all.open;
    shard.tar.finish();
    const std::string name = fmt::format("{}{:06}{}", prefix, all.next, ending);
    if (!shard.file.place(options_.output / name))
        throw std::system_error(std::make_error_code(std::errc::file_exists),
                                fmt::format("another program made {} meanwhile", (options_.output / name).string()));
    if (options_.on_message)
        options_.on_message(severity::note, fmt::format("{}: {} clips, {:.1f} MB", name, shard.clips,
                                                        static_cast<double>(shard.bytes) / 1e6));
    ++count_;
    ++all.next;
    all.open.reset();
}

void shards::finish()
{
    for (auto& [prefix, all] : by_prefix_)
        if (all.open) place(prefix, all);
}

}  // namespace reelpipe
