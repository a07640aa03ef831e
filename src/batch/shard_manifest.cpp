#include "batch/shard_manifest.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "batch/plan_row.hpp"

namespace reelpipe {

using nlohmann::ordered_json;

namespace {

constexpr int manifest_version = 1;
constexpr std::size_t max_line_bytes = 1 << 20;

std::string line_of(const ordered_json& object)
{
    return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

double rounded(double seconds) { return std::round(seconds * 1e6) / 1e6; }

std::string head_line(const shard_head& h)
{
    ordered_json failures = ordered_json::object();
    for (const auto& [why, count] : h.failures) failures[std::string(to_string(why))] = count;
    return line_of({{"reelpipe_shard", manifest_version},
                    {"plan", h.plan},
                    {"shard", h.shard},
                    {"attempt", h.attempt},
                    {"host", h.host},
                    {"finished", h.finished},
                    {"clips", h.clips},
                    {"stored", h.stored},
                    {"failed", h.failed},
                    {"transient", h.transient},
                    {"bytes", h.bytes},
                    {"failures", failures}});
}

std::string clip_line(const shard_clip& c)
{
    const clip_outcome& o = c.outcome;
    ordered_json line{{"video", o.clip.video},
                      {"start_us", o.clip.wanted.start.count()},
                      {"end_us", o.clip.wanted.end.count()},
                      {"label", o.clip.label},
                      {"split", o.clip.split},
                      {"attempts", o.attempts}};
    if (o.how == clip_outcome::status::failed) {
        line["reason"] = to_string(o.why.value_or(reason::unknown));
        line["message"] = o.message;
        return line_of(line);
    }
    line["bytes"] = o.bytes;
    line["modified_ns"] = c.modified_ns;
    line["frames"] = o.frames;
    line["duration_s"] = rounded(o.duration_s);
    line["missing_s"] = rounded(o.missing_s);
    line["streams"] = o.streams;
    line["packets"] = o.packets;
    line["source"] = o.source;
    line["copied"] = o.copied;
    line["encoded_because"] = o.encoded_because;
    line["fetched"] = o.fetched;
    line["whole"] = o.whole;
    for (const auto& [name, seconds] :
         {std::pair{"resolve_s", o.resolve_s}, std::pair{"fetch_s", o.fetch_s}, std::pair{"cut_s", o.cut_s},
          std::pair{"verify_s", o.verify_s}, std::pair{"store_s", o.store_s}})
        line[name] = rounded(seconds);
    if (!c.sha256.empty()) line["sha256"] = c.sha256;
    return line_of(line);
}

// The fields of a line, each of which has to be there.
class fields {
public:
    // Lives until the parser reads the next line.
    fields(simdjson::dom::parser& parser, std::string_view line)
    {
        simdjson::dom::element all;
        if (parser.parse(line.data(), line.size()).get(all) || all.get(object_))
            throw bad_shard_manifest("a line is no JSON object");
    }

    bool has(std::string_view name) const { return object_[name].error() == simdjson::SUCCESS; }
    std::string text(std::string_view name) const { return std::string(get<std::string_view>(name)); }
    std::int64_t integer(std::string_view name) const { return get<std::int64_t>(name); }
    std::uint64_t count(std::string_view name) const { return get<std::uint64_t>(name); }
    double number(std::string_view name) const { return get<double>(name); }

    // Calls `visit` with the name and value of each member.
    template <class Visit> void each_count(std::string_view name, Visit visit) const
    {
        for (const auto& [key, value] : get<simdjson::dom::object>(name)) {
            std::uint64_t count = 0;
            if (value.get(count)) throw bad_shard_manifest(fmt::format("'{}' has no counts", name));
            visit(key, count);
        }
    }

private:
    template <class T> T get(std::string_view name) const
    {
        T value{};
        if (object_[name].get(value)) throw bad_shard_manifest(fmt::format("a line has no good '{}'", name));
        return value;
    }

    simdjson::dom::object object_;
};

shard_head head_in(const fields& all, const batch_plan& plan, std::uint32_t shard)
{
    if (!all.has("reelpipe_shard") || all.count("reelpipe_shard") != manifest_version)
        throw bad_shard_manifest("it is no manifest of a shard, or one of a later reelpipe");
    shard_head h{.plan = all.text("plan"),
                 .shard = static_cast<std::uint32_t>(all.count("shard")),
                 .attempt = all.text("attempt"),
                 .host = all.text("host"),
                 .finished = all.integer("finished"),
                 .clips = all.count("clips"),
                 .stored = all.count("stored"),
                 .failed = all.count("failed"),
                 .transient = all.count("transient"),
                 .bytes = all.count("bytes")};
    if (h.plan != plan.id) throw bad_shard_manifest("it is of another plan");
    if (h.shard != shard) throw bad_shard_manifest(fmt::format("it is of shard {}", h.shard));
    if (h.stored > h.clips || h.failed != h.clips - h.stored || h.transient > h.failed)
        throw bad_shard_manifest("its counts contradict each other");
    constexpr std::int64_t end_of_times = 253'402'300'800;  // the year 10000, in seconds since 1970
    if (h.finished <= 0 || h.finished >= end_of_times) throw bad_shard_manifest("it was finished at no time");
    all.each_count("failures", [&h](std::string_view name, std::uint64_t count) {
        h.failures[reason_from(name).value_or(reason::unknown)] += count;
    });
    return h;
}

shard_clip clip_in(const fields& all)
{
    shard_clip c;
    clip_outcome& o = c.outcome;
    o.clip = {.video = all.text("video"),
              .wanted = {std::chrono::microseconds(all.integer("start_us")),
                         std::chrono::microseconds(all.integer("end_us"))},
              .label = all.text("label"),
              .split = all.text("split")};
    o.attempts = static_cast<unsigned>(all.count("attempts"));
    if (all.has("reason")) {
        o.how = clip_outcome::status::failed;
        o.why = reason_from(all.text("reason")).value_or(reason::unknown);
        o.message = all.text("message");
        return c;
    }
    o.bytes = all.count("bytes");
    c.modified_ns = all.integer("modified_ns");
    o.frames = all.integer("frames");
    o.duration_s = all.number("duration_s");
    o.missing_s = all.number("missing_s");
    o.streams = all.text("streams");
    o.packets = all.integer("packets");
    o.source = all.text("source");
    o.copied = all.integer("copied");
    o.encoded_because = all.text("encoded_because");
    o.fetched = all.count("fetched");
    o.whole = all.count("whole");
    o.resolve_s = all.number("resolve_s");
    o.fetch_s = all.number("fetch_s");
    o.cut_s = all.number("cut_s");
    o.verify_s = all.number("verify_s");
    o.store_s = all.number("store_s");
    if (all.has("sha256")) c.sha256 = all.text("sha256");
    return c;
}

}  // namespace

bool is_transient(const clip_outcome& o)
{
    return o.how == clip_outcome::status::failed && !is_final(o.why.value_or(reason::unknown));
}

std::string shard_manifest_text(shard_head head, const std::vector<shard_clip>& clips)
{
    head.clips = clips.size();
    for (const shard_clip& each : clips) {
        if (each.outcome.how != clip_outcome::status::failed) {
            ++head.stored;
            head.bytes += each.outcome.bytes;
            continue;
        }
        ++head.failed;
        head.transient += is_transient(each.outcome);
        ++head.failures[each.outcome.why.value_or(reason::unknown)];
    }
    std::string text = head_line(head);
    for (const shard_clip& each : clips) text += clip_line(each);
    media::sha256 sum;
    sum.add(text);
    return text + line_of({{"sha256", media::in_hexadecimal(sum.end())}});
}

shard_head read_shard_head(const std::filesystem::path& path, const batch_plan& plan, std::uint32_t shard)
{
    simdjson::dom::parser parser;
    manifest_lines lines(path);
    return head_in(fields(parser, lines.next()), plan, shard);
}

manifest_lines::manifest_lines(const std::filesystem::path& path) : file_(path, std::ios::binary)
{
    std::error_code unknown;
    if (!file_ || !std::filesystem::is_regular_file(path, unknown)) throw bad_shard_manifest("it cannot be opened");
}

std::string_view manifest_lines::next()
{
    constexpr std::size_t piece = 64 << 10;
    for (std::size_t looked = taken_;;) {
        if (const std::size_t end = text_.find('\n', looked); end != std::string::npos) {
            const std::size_t begin = std::exchange(taken_, end + 1);
            return std::string_view(text_).substr(begin, taken_ - begin);
        }
        text_.erase(0, std::exchange(taken_, 0));
        looked = text_.size();
        if (looked > max_line_bytes) throw bad_shard_manifest("a line is too long");
        text_.resize(looked + piece);
        file_.read(text_.data() + looked, piece);
        text_.resize(looked + static_cast<std::size_t>(file_.gcount()));
        if (text_.size() == looked) throw bad_shard_manifest("it ends too early");
    }
}

shard_manifest_reader::shard_manifest_reader(const plan_folder& place, const batch_plan& plan, std::uint32_t shard)
    : rows_(place.entry(shard)), lines_(place.manifest(shard)), parser_(std::make_unique<simdjson::dom::parser>())
{
    const std::string_view first = lines_.next();
    text_.add(first);
    head_ = head_in(fields(*parser_, first), plan, shard);
    if (head_.clips != rows_.clips) throw bad_shard_manifest("it has another number of clips than its shard");
}

shard_manifest_reader::~shard_manifest_reader() = default;

std::optional<shard_clip> shard_manifest_reader::next()
{
    const std::string_view line = lines_.next();
    const fields all(*parser_, line);
    if (clips_ == head_.clips) {
        if (all.text("sha256") != media::in_hexadecimal(text_.end()))
            throw bad_shard_manifest("it is not what its last line says it is");
        if (media::in_hexadecimal(seen_rows_.end()) != rows_.digest)
            throw bad_shard_manifest("its clips are not those of the shard");
        return std::nullopt;
    }
    ++clips_;
    text_.add(line);
    shard_clip clip = clip_in(all);
    row_.clear();
    add_plan_row(row_, clip.outcome.clip);
    seen_rows_.add(row_);
    return clip;
}

}  // namespace reelpipe
