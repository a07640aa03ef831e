#ifndef REELPIPE_CLI_BROWSE_BROWSE_SERVER_HPP
#define REELPIPE_CLI_BROWSE_BROWSE_SERVER_HPP

#include <asio/signal_set.hpp>
#include <filesystem>
#include <optional>
#include <vector>

#include "reelpipe/clip_marks.hpp"
#include "reelpipe/clip_pages.hpp"
#include "reelpipe/clip_stills.hpp"

#include "cli/serve/door.hpp"
#include "cli/serve/http_server.hpp"

namespace reelpipe::cli {

// Shows the clips of an output folder over HTTP: a page, and what it asks for. Clips are found by looking them up in
// the ledger. Nothing can be changed over it but the marks of clips.
class browse_server {
public:
    // Throws usage_error: there is no ledger in the folder, or none that this version can read.
    browse_server(serve_door, std::filesystem::path folder);
    browse_server(const browse_server&) = delete;
    browse_server& operator=(const browse_server&) = delete;

    // Serves until the process gets SIGINT or SIGTERM.
    void run();

private:
    struct page {
        std::vector<clip_row> rows{};
        std::optional<clip_request> next{};  // what the next page is behind; none: this is the last one
    };

    http::response answer(const http::request&);
    http::response answer_or_throw(const http::request&);
    http::response change(const http::request&);
    http::response look(const http::request&);
    http::response folder_json();
    http::response page_of_clips(const http::request&);
    page behind(const std::optional<clip_request>& last, const clip_choice&);
    page marked_behind(std::optional<clip_request> last, const clip_choice&);
    http::response history_of(const clip_request&);
    http::response still_of(const clip_row&);
    http::response video_of(const clip_row&, const http::request&) const;

    serve_door door_;
    std::filesystem::path folder_;
    clip_pages pages_;
    clip_marks marks_;
    clip_stills stills_;
    http::http_server server_;
    asio::signal_set signals_;
};

}  // namespace reelpipe::cli

#endif
