#include "cli/browse/browse_server.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "reelpipe/explain.hpp"
#include "reelpipe/opened_clip.hpp"
#include "reelpipe/usage_error.hpp"

#include "cli/browse/clip_json.hpp"
#include "cli/browse/clip_key.hpp"
#include "cli/browse/page_files.hpp"
#include "cli/explain_command.hpp"
#include "cli/own_program.hpp"

namespace reelpipe::cli {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t clips_of_a_page = 60;
constexpr std::size_t bytes_of_a_part = 256u << 10;

// Something cannot be shown, or changed. The page passes on why.
struct refused : std::runtime_error {
    refused(int http_status, const std::string& why) : std::runtime_error(why), status(http_status) {}
    int status;
};

http::response json_reply(const ordered_json& value)
{
    return http::plain(200, value.dump(-1, ' ', false, ordered_json::error_handler_t::replace), "application/json");
}

// What says nothing about the folder, and therefore needs no token: a page could not pass one on to its parts.
std::optional<http::response> part_of_page(std::string_view path)
{
    if (path == "/style.css") return http::plain(200, browse_page::style, "text/css; charset=utf-8");
    if (path == "/script.js") return http::plain(200, browse_page::script, "text/javascript; charset=utf-8");
    return std::nullopt;
}

std::string text_in(const http::request& asked, std::string_view name)
{
    const std::optional<std::string> text = http::decoded(asked.parameter(name).value_or(""));
    if (!text) throw refused(400, fmt::format("{}: this is no text of a URL", name));
    return *text;
}

clip_request clip_in(const http::request& asked, std::string_view name)
{
    // A browser may encode what is encoded already.
    const std::string_view given = asked.parameter(name).value_or("");
    std::optional<clip_request> clip = clip_of(given);
    if (!clip) clip = clip_of(http::decoded(given).value_or(""));
    if (!clip) throw refused(400, fmt::format("{}: this names no clip", name));
    return std::move(*clip);
}

clip_choice choice_in(const http::request& asked)
{
    clip_choice choice;
    if (asked.parameter("label")) choice.label = text_in(asked, "label");
    const std::string what = text_in(asked, "show");
    if (what == "stored")
        choice.ended = clip_choice::outcome::stored;
    else if (what == "failed")
        choice.ended = clip_choice::outcome::failed;
    else if (what == "shorter")
        choice.shorter = true;
    else if (const auto why = reason_from(what))
        choice.failed = why;
    else if (!what.empty() && what != "marked")
        throw refused(400, "show: there are stored, failed, shorter, marked, and the reasons of failures");
    return choice;
}

// Opens the clip's file. Throws refused.
std::shared_ptr<opened_clip> file_of(const std::filesystem::path& folder, const clip_row& row)
try {
    if (row.failed) throw refused(404, fmt::format("there is no file: the clip failed ({})", to_string(*row.failed)));
    return std::make_shared<opened_clip>(folder, row.file);
} catch (const std::system_error& e) {
    if (e.code() == std::errc::no_such_file_or_directory)
        throw refused(404, fmt::format("the file {} is gone", row.file.string()));
    if (e.code() == std::errc::too_many_symbolic_link_levels || e.code() == std::errc::not_a_directory)
        throw refused(404, fmt::format("the file {} is behind a link, and links are not followed", row.file.string()));
    throw refused(404, fmt::format("the file {}: {}", row.file.string(), e.code().message()));
}

}  // namespace

browse_server::browse_server(serve_door door, std::filesystem::path folder)
    : door_(std::move(door)),
      folder_(std::move(folder)),
      pages_(folder_),
      marks_(folder_),
      stills_(own_program()),
      server_(
          door_.take_acceptor(), [this](const http::request& asked) { return answer(asked); }, stills_.at_a_time()),
      signals_(door_.loop(), SIGINT, SIGTERM)
{
    server_.start();
    signals_.async_wait([this](const asio::error_code& failed, int) {
        if (failed) return;
        stills_.stop();
        server_.stop();
    });
}

void browse_server::run() { door_.loop().run(); }

http::response browse_server::answer(const http::request& asked)
try {
    return answer_or_throw(asked);
} catch (const refused& r) {
    return http::plain(r.status, std::string(r.what()) + "\n");
} catch (const std::exception& e) {
    return http::plain(500, std::string(e.what()) + "\n");
}

http::response browse_server::answer_or_throw(const http::request& asked)
{
    std::optional<http::response> part = part_of_page(asked.path);
    if (std::optional<http::response> no = door_.refusal_of(asked, !part)) return std::move(*no);
    if (asked.method == "POST") return change(asked);
    if (asked.method == "GET" || asked.method == "HEAD") return part ? std::move(*part) : look(asked);
    http::response no = http::plain(405, "clips can be looked at and marked\n");
    no.headers = {"Allow: GET, HEAD, POST"};
    return no;
}

// A page of another site can have a browser send a POST here, but not with a header of its own: for that the browser
// would ask first, and get no leave.
http::response browse_server::change(const http::request& asked)
{
    if (asked.header("reelpipe-change") != "yes")
        throw refused(403, "a change needs the header 'Reelpipe-Change: yes', which pages of other sites cannot send");
    if (asked.path != "/mark" && asked.path != "/unmark") throw refused(404, "there are /mark and /unmark");
    const clip_request clip = clip_in(asked, "clip");
    if (!pages_.find(clip)) throw refused(404, "the ledger knows no such clip");
    try {
        if (asked.path == "/mark")
            marks_.add(clip, text_in(asked, "note"));
        else
            marks_.remove(clip);
    } catch (const usage_error& e) {
        throw refused(422, e.what());
    }
    return json_reply(json_of(marks_.find(clip)));
}

http::response browse_server::look(const http::request& asked)
{
    if (asked.path == "/") return http::plain(200, browse_page::html, "text/html; charset=utf-8");
    if (asked.path == "/folder.json") return folder_json();
    if (asked.path == "/clips.json") return page_of_clips(asked);
    if (asked.path != "/clip.json" && asked.path != "/still.json" && asked.path != "/clip.mp4")
        throw refused(404, "there are /, /folder.json, /clips.json, /clip.json, /still.json and /clip.mp4");
    const std::optional<clip_row> row = pages_.find(clip_in(asked, "clip"));
    if (!row) throw refused(404, "the ledger knows no such clip");
    if (asked.path == "/clip.json") return history_of(row->clip);
    if (asked.path == "/still.json") return still_of(*row);
    return video_of(*row, asked);
}

http::response browse_server::folder_json()
{
    const std::filesystem::path name = std::filesystem::weakly_canonical(folder_).filename();
    ordered_json all{{"name", name.string()}, {"marked", marks_.size()}};
    all.update(json_of(pages_.count()));
    return json_reply(all);
}

http::response browse_server::page_of_clips(const http::request& asked)
{
    std::optional<clip_request> last;
    if (asked.parameter("after"))
        last = clip_in(asked, "after");
    else if (asked.parameter("from"))  // in front of all clips of this video
        last = clip_request{.video = text_in(asked, "from"),
                            .wanted = {std::chrono::microseconds(-1), std::chrono::microseconds(-1)},
                            .label = {},
                            .split = {}};
    const clip_choice choice = choice_in(asked);
    const page found =
        text_in(asked, "show") == "marked" ? marked_behind(std::move(last), choice) : behind(last, choice);
    ordered_json clips = ordered_json::array();
    for (const clip_row& row : found.rows) clips.push_back(json_of(row, marks_.find(row.clip)));
    const ordered_json next = found.next ? ordered_json(key_of(*found.next)) : ordered_json();
    return json_reply({{"clips", std::move(clips)}, {"next", next}});
}

browse_server::page browse_server::behind(const std::optional<clip_request>& last, const clip_choice& choice)
{
    page found{.rows = pages_.after(last, choice, clips_of_a_page + 1)};
    if (found.rows.size() > clips_of_a_page) {
        found.rows.resize(clips_of_a_page);
        found.next = found.rows.back().clip;
    }
    return found;
}

// Marks are as many as people have made, so each is looked up. All labels of a segment are on one page.
browse_server::page browse_server::marked_behind(std::optional<clip_request> last, const clip_choice& choice)
{
    page found;
    while (const std::optional<clip_marks::mark> mark = marks_.after(last)) {
        if (found.rows.size() >= clips_of_a_page) {
            found.next = std::move(last);
            break;
        }
        last = mark->clip;
        for (clip_row& row : pages_.of_segment(mark->clip))
            if (!choice.label || row.clip.label == *choice.label) found.rows.push_back(std::move(row));
    }
    return found;
}

http::response browse_server::history_of(const clip_request& clip)
{
    const std::optional<clip_history> history = explain_clip(folder_, clip);
    if (!history) throw refused(404, "the ledger knows no such clip");
    ordered_json all = json_of(*history);
    all["mark"] = json_of(marks_.find(clip));
    return json_reply(all);
}

http::response browse_server::still_of(const clip_row& row)
{
    http::response later;
    later.work = [this, file = file_of(folder_, row), length = std::chrono::duration<double>(row.duration_s)] {
        try {
            const clip_still still = stills_.of(*file, length);
            return json_reply({{"width", still.width}, {"height", still.height}, {"jpeg", still.jpeg}});
        } catch (const std::exception& e) {
            return http::plain(422, fmt::format("no frame can be shown: {}\n", e.what()));
        }
    };
    return later;
}

http::response browse_server::video_of(const clip_row& row, const http::request& asked) const
{
    const std::shared_ptr<opened_clip> file = file_of(folder_, row);
    const std::uint64_t size = file->bytes();
    http::byte_range range{0, size};
    http::response video = http::plain(200, "", "video/mp4");
    video.headers = {"Accept-Ranges: bytes"};
    if (const std::optional<http::byte_range> wanted = http::range_in(asked.header("range"), size)) {
        range = *wanted;
        if (range.first >= range.end) {
            http::response none = http::plain(416, "the clip is shorter\n");
            none.headers = {fmt::format("Content-Range: bytes */{}", size)};
            return none;
        }
        video.status = 206;
        video.headers.push_back(fmt::format("Content-Range: bytes {}-{}/{}", range.first, range.end - 1, size));
    }
    video.bytes_of_parts = range.end - range.first;
    video.parts = [file, range]() mutable {
        std::string part = file->read(range.first, std::min<std::uint64_t>(bytes_of_a_part, range.end - range.first));
        range.first += part.size();
        return part;
    };
    return video;
}

}  // namespace reelpipe::cli
