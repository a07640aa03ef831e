#include "reelpipe/clip_marks.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <system_error>
#include <utility>

#include "folder/atomic_file.hpp"
#include "reelpipe/csv_field.hpp"
#include "reelpipe/opened_clip.hpp"
#include "reelpipe/usage_error.hpp"
#include "stages/annotations/csv_line.hpp"
#include "stages/annotations/times.hpp"

namespace reelpipe {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view marks_header = "video_id,time_start,time_end,label,note,marked";
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::size_t max_bytes_of_marks = 256u << 20;

// Only one process at a time replaces the file. Where the file system has no locks, nothing keeps two apart.
class folder_lock {
public:
    explicit folder_lock(const fs::path& folder) : folder_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    {
        flock(folder_, LOCK_EX);
    }
    folder_lock(const folder_lock&) = delete;
    folder_lock& operator=(const folder_lock&) = delete;
    ~folder_lock() { close(folder_); }

private:
    int folder_;
};

std::string without_controls(std::string_view text)
{
    std::string plain(text);
    std::ranges::replace_if(plain, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    return plain;
}

std::string time_of_mark() { return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(std::time(nullptr))); }

std::string seconds_text(std::chrono::microseconds time)
{
    constexpr std::int64_t million = 1'000'000;
    std::string text = fmt::format("{}.{:06}", time.count() / million, time.count() % million);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

// A field as it was before csv_field().
std::string field_of(std::string_view text) { return std::string(text.substr(text.starts_with('\'') ? 1 : 0)); }

std::optional<clip_marks::mark> mark_in(annotations::csv_line& csv, std::string_view line)
{
    if (!csv.split(line) || csv.fields() != 6) return std::nullopt;
    const auto start = annotations::parse_time(csv[1]), end = annotations::parse_time(csv[2]);
    if (!start || !end) return std::nullopt;
    return clip_marks::mark{
        .clip = {.video = field_of(csv[0]), .wanted = {*start, *end}, .label = field_of(csv[3]), .split = {}},
        .note = field_of(csv[4]),
        .at = std::string(csv[5])};
}

// Takes the first line from `text`, and returns it without its end. Spreadsheets write "\r\n".
std::string_view next_line(std::string_view& text)
{
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool has_header(std::string_view text)
{
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    return next_line(text) == marks_header;
}

// Calls `visit` with each line behind the header.
template <class Visit> void visit_lines(std::string_view text, Visit visit)
{
    next_line(text);
    while (!text.empty()) visit(next_line(text));
}

}  // namespace

clip_marks::clip_marks(const fs::path& folder) : folder_(folder), file_(folder / file_name) {}

// Empty where there is no file.
std::string clip_marks::content() const
try {
    const opened_clip file(folder_, file_name);
    if (file.bytes() > max_bytes_of_marks) throw usage_error("it is too large");
    std::string text;
    for (std::string part; !(part = file.read(text.size(), 1u << 20)).empty();) text += part;
    if (!text.empty() && !has_header(text))
        throw usage_error(fmt::format(
            "it is no list of marks, because its first line is not '{}'; give it another name", marks_header));
    return text;
} catch (const std::system_error& e) {
    if (e.code() == std::errc::no_such_file_or_directory) return {};
    throw usage_error(fmt::format("{}: {}", file_.string(), e.code().message()));
} catch (const usage_error& e) {
    throw usage_error(fmt::format("{}: {}", file_.string(), e.what()));
}

void clip_marks::look()
{
    std::string identity = "none";
    try {
        identity = opened_clip(folder_, file_name).identity();
    } catch (const std::system_error&) {  // content() says what it is
    }
    if (identity == seen_) return;
    marks_.clear();
    annotations::csv_line csv;
    visit_lines(content(), [&](std::string_view line) {
        if (std::optional<mark> found = mark_in(csv, line))
            marks_.insert_or_assign({found->clip.video, found->clip.wanted}, std::move(*found));
    });
    seen_ = std::move(identity);
}

std::optional<clip_marks::mark> clip_marks::find(const clip_request& clip)
{
    look();
    const auto found = marks_.find({clip.video, clip.wanted});
    return found == marks_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<clip_marks::mark> clip_marks::after(const std::optional<clip_request>& clip)
{
    look();
    const auto next = clip ? marks_.upper_bound({clip->video, clip->wanted}) : marks_.begin();
    return next == marks_.end() ? std::nullopt : std::optional(next->second);
}

std::size_t clip_marks::size()
{
    look();
    return marks_.size();
}

void clip_marks::add(const clip_request& clip, std::string_view note)
{
    if (without_controls(clip.video) != clip.video)
        throw usage_error("the id of the video has a control character in it, so no list can name it");
    if (note.size() > max_note_bytes) throw usage_error(fmt::format("a note has at most {} bytes", max_note_bytes));
    rewrite(clip, fmt::format("{},{},{},{},{},{}\n", csv_field(clip.video), seconds_text(clip.wanted.start),
                              seconds_text(clip.wanted.end), csv_field(without_controls(clip.label)),
                              csv_field(without_controls(note)), time_of_mark()));
}

void clip_marks::remove(const clip_request& clip) { rewrite(clip, {}); }

// All lines stay but those that mark this clip.
void clip_marks::rewrite(const clip_request& without, const std::string& added)
try {
    const folder_lock lock(folder_);
    std::string text = std::string(marks_header) + '\n';
    annotations::csv_line csv;
    visit_lines(content(), [&](std::string_view line) {
        const std::optional<mark> found = mark_in(csv, line);
        if (found && found->clip.video == without.video && found->clip.wanted == without.wanted) return;
        text.append(line) += '\n';
    });
    atomic_file file(file_);
    file.write(text + added);
    file.sync();
    file.end();
    seen_.clear();
} catch (const std::system_error& e) {
    throw usage_error(fmt::format("{}: {}", file_.string(), e.code().message()));
}

}  // namespace reelpipe
