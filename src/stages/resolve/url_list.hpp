#ifndef REELPIPE_STAGES_RESOLVE_URL_LIST_HPP
#define REELPIPE_STAGES_RESOLVE_URL_LIST_HPP

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reelpipe/video_source.hpp"

namespace reelpipe::resolve {

// Videos whose URLs stand in a file, one JSON object a line: {"id": "...", "url": "https://..."} and the other forms
// of source_json.hpp. If an id appears twice, the first line is used.
//
// The lines stay in the file; in memory each costs 16 bytes. The file is not to change while it is used.
class url_list : public video_source {
public:
    // Opens the file. Throws std::system_error. `proxy` goes to the sources that name none of their own.
    explicit url_list(const std::filesystem::path& path, std::string proxy = {});
    url_list(const url_list&) = delete;
    url_list& operator=(const url_list&) = delete;
    ~url_list() override;

    // Reads all of it. What is wrong with a line costs that line; the first ones are told, the others counted.
    asio::awaitable<std::vector<message>> start() override;

    // After start(). Throws source_error: gone for an id that no line has, refused for a URL that has expired.
    media_source find(std::string_view video) const;
    asio::awaitable<resolved_video> resolve(std::string video) override;

private:
    struct entry {
        std::uint64_t hash;  // of the id
        std::uint64_t offset;
        auto operator<=>(const entry&) const = default;
    };
    struct line;
    class line_reader;

    std::vector<message> read();

    std::filesystem::path path_;
    std::string proxy_;
    int file_;
    std::vector<entry> index_;  // sorted; equal hashes in the order of the lines
};

}  // namespace reelpipe::resolve

#endif
