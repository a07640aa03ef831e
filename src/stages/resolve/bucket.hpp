#ifndef REELPIPE_STAGES_RESOLVE_BUCKET_HPP
#define REELPIPE_STAGES_RESOLVE_BUCKET_HPP

#include <string>
#include <string_view>

#include "reelpipe/video_source.hpp"

namespace reelpipe::resolve {

// Videos in a bucket of an object store, under keys that follow from their ids: "s3://bucket/folder/{id}.mp4". The
// requests for them have to be signed.
class bucket : public video_source {
public:
    // `endpoint` is an http(s) URL without a path: of the server that has the bucket. `proxy` goes to the source as it
    // is. Throws std::invalid_argument.
    bucket(std::string_view pattern, std::string endpoint, std::string proxy = {});

    // The URLs of all of its videos begin with it.
    const std::string& root() const { return root_; }

    // Throws source_error (bad_input) for an id that no key can have.
    media_source find(std::string_view video) const;
    asio::awaitable<resolved_video> resolve(std::string video) override;

private:
    std::string root_;
    std::string key_;  // with {id}
    std::string proxy_;
};

}  // namespace reelpipe::resolve

#endif
