#ifndef REELPIPE_STAGES_RESOLVE_URL_TEMPLATE_HPP
#define REELPIPE_STAGES_RESOLVE_URL_TEMPLATE_HPP

#include <string>
#include <string_view>

#include "reelpipe/video_source.hpp"

namespace reelpipe::resolve {

// Videos under URLs that follow from their ids: "https://mirror/{id}.mp4". Nobody is asked. With "{id}" in front the
// ids are URLs themselves.
class url_template : public video_source {
public:
    // Throws std::invalid_argument unless `pattern` is an http(s) URL with {id} behind the host, or begins with {id}.
    // `proxy` goes to the source as it is.
    explicit url_template(std::string pattern, std::string proxy = {});

    // Throws source_error (bad_input) for an id that cannot be one.
    media_source find(std::string_view video) const;
    asio::awaitable<resolved_video> resolve(std::string video) override;

    // True if the ids choose the host.
    static bool takes_urls(std::string_view pattern) { return pattern.starts_with("{id}"); }

private:
    std::string url_of(std::string_view video) const;

    std::string pattern_;
    std::string proxy_;
};

}  // namespace reelpipe::resolve

#endif
