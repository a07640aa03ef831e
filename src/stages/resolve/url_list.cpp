#include "stages/resolve/url_list.hpp"

#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "reelpipe/video_source.hpp"
#include "stages/resolve/json_fields.hpp"
#include "stages/resolve/source_json.hpp"

namespace reelpipe::resolve {

namespace {

constexpr std::size_t max_url_line_bytes = 1u << 20;
constexpr unsigned lines_told = 5;  // malformed ones, one by one; the others are counted

std::uint64_t hash_of(std::string_view id) { return std::hash<std::string_view>{}(id); }

struct manifest_line {
    std::string id{};
    media_source source{};
};

// Throws malformed_source.
manifest_line parsed_line(simdjson::dom::parser& parser, std::string_view text)
{
    simdjson::dom::object root;
    if (const auto error = parser.parse(text.data(), text.size()).get(root))
        throw malformed_source(error == simdjson::INCORRECT_TYPE ? "no JSON object" : simdjson::error_message(error));
    manifest_line line;
    line.id = text_in(root, "id").value_or("");
    if (line.id.empty()) throw malformed_source("no \"id\"");
    line.source = read_source(root);
    return line;
}

}  // namespace

struct url_list::line {
    std::uint64_t offset = 0;
    std::string_view text{};  // until the next one is read
    bool too_long = false;    // then without a text
};

// The lines from an offset on, one at a time; of one that is too long no more is kept than shows that it is.
class url_list::line_reader {
public:
    line_reader(const url_list& of, std::uint64_t offset) : of_(of), offset_(offset) {}

    std::optional<line> next()
    {
        buffer_.erase(0, std::exchange(used_, 0));
        line found{.offset = offset_};
        std::size_t end = 0;
        while ((end = buffer_.find('\n', end)) == std::string::npos) {
            end = buffer_.size();
            if (end > max_url_line_bytes) {
                found.too_long = true;
                offset_ += std::exchange(end, 0);
                buffer_.clear();
            }
            if (!read_more()) break;
        }
        if (buffer_.empty() && !found.too_long) return std::nullopt;
        end = std::min(end, buffer_.size());
        used_ = std::min(end + 1, buffer_.size());
        offset_ += used_;
        found.too_long = found.too_long || end > max_url_line_bytes;
        if (!found.too_long) found.text = std::string_view(buffer_).substr(0, end);
        return found;
    }

private:
    bool read_more()
    {
        constexpr std::size_t step = 64u << 10;
        const std::size_t before = buffer_.size();
        buffer_.resize(before + step);
        ssize_t got = 0;
        do got = pread(of_.file_, buffer_.data() + before, step, static_cast<off_t>(offset_ + before));
        while (got < 0 && errno == EINTR);
        buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got < 0) throw std::system_error(errno, std::generic_category(), "read " + of_.path_.string());
        return got > 0;
    }

    const url_list& of_;
    std::uint64_t offset_;  // of the buffer's first byte that is not used
    std::string buffer_{};
    std::size_t used_ = 0;
};

url_list::url_list(const std::filesystem::path& path, std::string proxy)
    : path_(path), proxy_(std::move(proxy)), file_(open(path.c_str(), O_RDONLY | O_CLOEXEC))
{
    if (file_ < 0) throw std::system_error(errno, std::generic_category(), path.string());
}

url_list::~url_list() { close(file_); }

asio::awaitable<std::vector<message>> url_list::start() { co_return read(); }

std::vector<message> url_list::read()
{
    std::vector<message> said;
    simdjson::dom::parser parser;
    line_reader lines(*this, 0);
    std::uint64_t malformed = 0;
    index_.clear();
    for (std::uint64_t number = 1; const std::optional<line> each = lines.next(); ++number) {
        if (!each->too_long && each->text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        try {
            if (each->too_long) throw malformed_source("more than " + std::to_string(max_url_line_bytes) + " bytes");
            index_.push_back({hash_of(parsed_line(parser, each->text).id), each->offset});
        } catch (const malformed_source& wrong) {
            if (++malformed <= lines_told)
                said.push_back({severity::warning, path_.string() + ":" + std::to_string(number) + ": " + wrong.what() +
                                                       "; line skipped"});
        }
    }
    if (malformed > lines_told)
        said.push_back({severity::warning, path_.string() + ": " + std::to_string(malformed - lines_told) +
                                               " more invalid lines were skipped"});
    if (index_.empty() && malformed > 0)
        throw std::invalid_argument(path_.string() + ": no line is a JSON object with an id and a URL");
    index_.shrink_to_fit();
    std::ranges::sort(index_);
    return said;
}

media_source url_list::find(std::string_view video) const
{
    simdjson::dom::parser parser;
    for (const entry& each : std::ranges::equal_range(index_, hash_of(video), {}, &entry::hash)) {
        line_reader at(*this, each.offset);
        const std::optional<line> text = at.next();
        try {
            manifest_line found = parsed_line(parser, text ? text->text : std::string_view{});
            if (found.id != video) continue;
            if (ends_before(found.source, std::chrono::system_clock::now()))
                throw source_error(reason::refused, path_.string() + ": the URL of video " + found.id +
                                                        " has expired; regenerate the file");
            for (media_file& file : found.source.files)
                if (std::string& own = remote_part(file)->proxy; own.empty()) own = proxy_;
            return std::move(found.source);
        } catch (const malformed_source&) {
            throw source_error(reason::unknown, path_.string() + " has changed while it was used; run again");
        }
    }
    throw source_error(reason::gone, path_.string() + " has no line for video " + std::string(video) +
                                         "; add one, then run again with --retry gone");
}

asio::awaitable<resolved_video> url_list::resolve(std::string video)
{
    resolved_video found;
    found.source = find(video);
    co_return found;
}

}  // namespace reelpipe::resolve
