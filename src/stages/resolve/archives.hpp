#ifndef REELPIPE_STAGES_RESOLVE_ARCHIVES_HPP
#define REELPIPE_STAGES_RESOLVE_ARCHIVES_HPP

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "reelpipe/video_source.hpp"
#include "stages/resolve/archive_reader.hpp"

namespace reelpipe::resolve {

// Videos and clips in archives. An archive cannot be asked for a video: it is read once from its beginning to its end,
// and what is wanted of it is taken on the way. So whoever uses this takes members one by one with advance() and
// read(); resolve() is for videos that no member was taken for.
//
// A link has no bytes of its own, and those of its target may have passed. So an archive with links that are wanted is
// read again, and their targets are the members then.
//
// An archive that cannot be read to its end says nothing of the videos that may be in it.
// Threads: advance(), name(), meanings(), read() and new_faults() are called one at a time, on any.
class archives : public video_source {
public:
    // What the present member may be: a whole video, or a clip that holds a segment of one.
    struct meaning {
        std::string video;
        std::optional<segment> holds;
    };

    // One archive, or those that match a pattern of the shell, in the order of their names. Throws
    // std::invalid_argument if there is none.
    explicit archives(const std::string& pattern);

    // Goes on to the next member with the name of a video file, and from one archive to the next.
    archive_reader::place advance();

    std::string name() const;  // "ARCHIVE/MEMBER" of the present one, for messages
    const std::vector<meaning>& meanings() const { return meanings_; }  // in the order of preference

    // A link is no member to read(), but wanted or not.
    bool is_link() const { return open_ && !is_again_ && !open_->link_target().empty(); }
    void want_target_of_link();

    // The next bytes of the present member, valid until the next call; none at its end. Nothing: it cannot be had,
    // because the archive is damaged.
    std::optional<std::span<const std::byte>> read();

    // What was found to be wrong with archives since the last call.
    std::vector<std::string> new_faults() { return std::exchange(new_faults_, {}); }

    // Throws source_error: gone, or source_failed if an archive could not be read to its end.
    asio::awaitable<resolved_video> resolve(std::string video) override;

private:
    using link_meanings = std::vector<std::vector<meaning>>;  // of each link to one member

    void open_next();
    void leave();
    void take_target();
    void note(const archive_error&);

    std::vector<std::filesystem::path> paths_;
    std::size_t next_ = 0;
    std::unique_ptr<archive_reader> open_;
    std::vector<meaning> meanings_;
    std::map<std::string, link_meanings> targets_;      // of wanted links, by the names of the members with the bytes
    bool is_again_ = false, has_taken_target_ = false;  // the archive is read for targets; one was found
    std::vector<std::string> new_faults_;
    std::string first_fault_;
};

}  // namespace reelpipe::resolve

#endif
