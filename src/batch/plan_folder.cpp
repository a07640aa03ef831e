#include "batch/plan_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "batch/plan_row.hpp"
#include "media/content_hash.hpp"
#include "pipeline/row_filter.hpp"

namespace reelpipe {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int format_version = 1;
constexpr const char* shard_rule = "fnv1a(video) mod shards";  // what shard_of_video() does
constexpr std::size_t max_plan_bytes = 4 << 20;
constexpr std::uint32_t max_shards = 10'000'000;
constexpr std::size_t digest_digits = 64;

class open_file {
public:
    explicit open_file(const fs::path& path) : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
    {
        if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "open " + path.string());
        struct stat found{};
        if (fstat(descriptor_, &found) == 0 && S_ISREG(found.st_mode)) return;
        close(descriptor_);  // a pipe that somebody has put there would be waited for
        throw std::system_error(std::make_error_code(std::errc::invalid_argument), path.string() + " is no file");
    }
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;
    ~open_file() { close(descriptor_); }

    // Of fewer bytes at the end of the file.
    std::string read(std::uint64_t offset, std::size_t bytes) const
    {
        std::string text(bytes, '\0');
        std::size_t got = 0;
        while (got < bytes) {
            const ssize_t more = pread(descriptor_, text.data() + got, bytes - got, static_cast<off_t>(offset + got));
            if (more < 0 && errno == EINTR) continue;
            if (more < 0) throw std::system_error(errno, std::generic_category(), "read");
            if (more == 0) break;
            got += static_cast<std::size_t>(more);
        }
        text.resize(got);
        return text;
    }

private:
    int descriptor_;
};

std::string sha256_of(std::string_view text)
{
    media::sha256 sum;
    sum.add(text);
    return media::in_hexadecimal(sum.end());
}

bool is_digest(std::string_view text)
{
    return text.size() == digest_digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void check(const batch_plan& plan)
{
    const bool is_whole = is_digest(plan.id) && (plan.parent.empty() || is_digest(plan.parent)) && plan.shards > 0 &&
                          plan.shards <= max_shards && plan.shards_per_task > 0 && plan.max_tasks > 0 &&
                          plan.transient_percent <= 100;
    if (!is_whole) throw usage_error("a value in it is none that a plan has");
}

// A number of a plan. What is negative, broken or too large for its type is none.
template <class Number> Number number_in(const json& all, const char* name)
{
    const json& value = all.at(name);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::numeric_limits<Number>::max())
        throw usage_error(fmt::format("'{}' is {}", name, value.dump().substr(0, 30)));
    return value.get<Number>();
}

}  // namespace

std::string index_line(const shard_entry& e)
{
    return fmt::format("{:016} {:011} {:010} {:010} {}\n", e.offset, e.bytes, e.clips, e.videos, e.digest);
}

std::string plan_text(const batch_plan& p)
{
    const nlohmann::ordered_json text{{"reelpipe_batch_plan", format_version},
                                      {"id", p.id},
                                      {"parent", p.parent},
                                      {"clips", p.clips},
                                      {"videos", p.videos},
                                      {"rule", shard_rule},
                                      {"shards", p.shards},
                                      {"shard_clips", p.shard_clips},
                                      {"shards_per_task", p.shards_per_task},
                                      {"tasks", p.tasks()},
                                      {"max_tasks", p.max_tasks},
                                      {"one_address", p.one_address},
                                      {"hashes", p.hashes},
                                      {"transient_percent", p.transient_percent},
                                      {"options", p.options},
                                      {"lists", p.lists}};
    return text.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

batch_plan plan_from(std::string_view text)
try {
    const json all = json::parse(text);
    if (all.at("reelpipe_batch_plan") != format_version)
        throw usage_error(fmt::format("its version is {}, and this reelpipe reads {}; use the one that made it",
                                      all.at("reelpipe_batch_plan").dump(), format_version));
    if (all.at("rule") != shard_rule) throw usage_error("its rule for shards is not known to this reelpipe");
    batch_plan p{.id = all.at("id"),
                 .parent = all.at("parent"),
                 .clips = number_in<std::uint64_t>(all, "clips"),
                 .videos = number_in<std::uint64_t>(all, "videos"),
                 .shards = number_in<std::uint32_t>(all, "shards"),
                 .shard_clips = number_in<std::uint64_t>(all, "shard_clips"),
                 .shards_per_task = number_in<std::uint32_t>(all, "shards_per_task"),
                 .max_tasks = number_in<unsigned>(all, "max_tasks"),
                 .one_address = all.at("one_address"),
                 .hashes = all.at("hashes"),
                 .transient_percent = number_in<unsigned>(all, "transient_percent"),
                 .options = all.at("options"),
                 .lists = all.at("lists")};
    check(p);
    return p;
} catch (const json::exception& e) {
    throw usage_error(fmt::format("it is no plan: {}", e.what()));
}

std::string plan_id(const batch_plan& p, std::string_view index_digest)
{
    const json identity{{"version", format_version}, {"rule", shard_rule},   {"shards", p.shards},
                        {"parent", p.parent},        {"options", p.options}, {"index", index_digest}};
    return sha256_of(identity.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::uint32_t shard_of_video(std::string_view video, std::uint32_t shards) { return shard_of(video, shards) - 1; }

bool may_pass(const std::error_code& wrong)
{
    for (const std::errc each :
         {std::errc::permission_denied, std::errc::operation_not_permitted, std::errc::read_only_file_system,
          std::errc::not_a_directory, std::errc::is_a_directory, std::errc::invalid_argument, std::errc::file_too_large,
          std::errc::filename_too_long, std::errc::too_many_symbolic_link_levels})
        if (wrong == each) return false;
    return true;
}

std::string small_file(const fs::path& path, std::size_t most)
{
    std::string text = open_file(path).read(0, most + 1);
    if (text.size() > most)
        throw std::system_error(std::make_error_code(std::errc::file_too_large), "read " + path.string());
    return text;
}

plan_folder::plan_folder(const batch_place& place) : output_(fs::absolute(place.root)), path_(output_ / "plan")
{
    if (place.repair > 0) path_ /= fmt::format("repair-{}", place.repair);
}

fs::path plan_folder::manifest(std::uint32_t shard) const { return manifests() / fmt::format("{:06}.jsonl", shard); }

batch_plan plan_folder::read() const
try {
    return plan_from(small_file(plan_file(), max_plan_bytes));
} catch (const usage_error& e) {
    throw usage_error(fmt::format("{}: {}", plan_file().string(), e.what()));
} catch (const std::system_error& e) {
    if (e.code() == std::errc::no_such_file_or_directory || e.code() == std::errc::not_a_directory)
        throw usage_error(
            fmt::format("{} is not there; make a plan with `reelpipe batch plan` first", plan_file().string()));
    if (may_pass(e.code())) throw;
    throw usage_error(e.what());
}

shard_entry plan_folder::entry(std::uint32_t shard) const
{
    static_assert(index_line_bytes == 16 + 11 + 10 + 10 + digest_digits + 5);
    const std::string line = open_file(index_file()).read(std::uint64_t{shard} * index_line_bytes, index_line_bytes);
    shard_entry e;
    e.digest.resize(digest_digits);
    unsigned long long offset = 0, bytes = 0, clips = 0, videos = 0;
    const bool is_line =
        line.size() == index_line_bytes && std::sscanf(line.c_str(), "%16llu %11llu %10llu %10llu %64c", &offset,
                                                       &bytes, &clips, &videos, e.digest.data()) == 5;
    e.offset = offset;
    e.bytes = bytes;
    e.clips = clips;
    e.videos = videos;
    if (!is_line || index_line(e) != line || e.bytes > max_shard_bytes)
        throw damaged_shard(fmt::format("{}: it has no line for the shard {}", index_file().string(), shard));
    return e;
}

std::vector<clip_request> plan_folder::rows(const batch_plan& plan, std::uint32_t shard) const
try {
    const shard_entry where = entry(shard);
    const std::string text = open_file(rows_file()).read(where.offset, where.bytes);
    if (sha256_of(text) != where.digest)
        throw damaged_shard(
            fmt::format("{}: the rows of the shard {} are not those that were planned; make the plan "
                        "again, from the same lists",
                        rows_file().string(), shard));
    std::vector<clip_request> rows;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        rows.push_back(clip_of_plan_row(std::string_view(text).substr(at, end - at)));
        if (shard_of_video(rows.back().video, plan.shards) != shard) throw bad_plan_row("it is of another shard");
        at = end == std::string::npos ? text.size() : end + 1;
    }
    if (rows.size() != where.clips) throw bad_plan_row("their number is not that of the index");
    return rows;
} catch (const bad_plan_row& e) {
    throw damaged_shard(fmt::format("{}: shard {}: {}", rows_file().string(), shard, e.what()));
}

}  // namespace reelpipe
