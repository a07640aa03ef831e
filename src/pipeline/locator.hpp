#ifndef REELPIPE_PIPELINE_LOCATOR_HPP
#define REELPIPE_PIPELINE_LOCATOR_HPP

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "reelpipe/download.hpp"
#include "reelpipe/media_source.hpp"
#include "stages/resolve/folder.hpp"
#include "stages/resolve/url_template.hpp"
#include "stages/resolve/yt_dlp.hpp"

namespace reelpipe {

// The source that the user named: a site behind yt-dlp, a URL template or a folder.
// Threads: those of yt_dlp.
class locator {
public:
    // Throws usage_error for a source that cannot be one.
    locator(const asio::any_io_executor& loop, const download_options&);

    // Throws usage_error for options that the constructor would refuse; asks nobody and starts nothing.
    static void check(const download_options&);

    // Makes ready; a line for the user about who resolves, empty where nobody does. Throws resolve_error.
    asio::awaitable<std::string> start();

    asio::awaitable<resolve::resolved> locate(std::string video);

    // Whether URLs stop working after a while, so that asking again may help.
    bool has_expiring_urls() const { return std::holds_alternative<site>(source_); }

private:
    using site = std::unique_ptr<resolve::yt_dlp>;
    using any_source = std::variant<site, resolve::url_template, resolve::folder>;

    static any_source source_of(const asio::any_io_executor&, const download_options&);

    any_source source_;
};

}  // namespace reelpipe

#endif
