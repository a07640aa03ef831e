#ifndef REELPIPE_STAGES_RESOLVE_ARCHIVE_READER_HPP
#define REELPIPE_STAGES_RESOLVE_ARCHIVE_READER_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

struct archive;

namespace reelpipe::resolve {

// What is wrong with an archive. If it is not fatal, the members behind the present one can still be read.
struct archive_error : std::runtime_error {
    archive_error(const std::string& text, bool is_fatal) : std::runtime_error(text), fatal(is_fatal) {}
    bool fatal;
};

// A tar or zip file, compressed or not, read once from its beginning to its end. Members are its regular files, and
// links to files, whose names stay below the archive's own folder. No call takes much longer than 50 ms, however large
// a member is. Threads: one at a time. Everything throws archive_error.
class archive_reader {
public:
    enum class place : std::uint8_t {
        between,  // on the way to the next member: call again
        member,
        end,
    };

    explicit archive_reader(const std::filesystem::path&);
    archive_reader(const archive_reader&) = delete;
    archive_reader& operator=(const archive_reader&) = delete;
    ~archive_reader();

    // Leaves the present member, if any. At the end, the checksum of the whole file has been compared if it has one.
    place advance();

    // The present member's name in the archive.
    const std::string& name() const { return name_; }

    // The member that the present one is a link to: its bytes stand under that name. Empty: it is a file itself.
    const std::string& link_target() const { return link_target_; }

    // The next bytes of the present member, valid until the next call; none at its end.
    std::span<const std::byte> read();

private:
    class input;
    struct free_archive {
        void operator()(archive*) const;
    };
    using time_point = std::chrono::steady_clock::time_point;

    bool leave_member(time_point until);
    [[noreturn]] void fail(int code) const;

    std::unique_ptr<input> input_;
    std::unique_ptr<archive, free_archive> archive_;
    std::string name_, link_target_;
    std::vector<std::byte> buffer_;
    bool is_inside_ = false;  // of a member, or of what is none
    bool has_ended_ = false;
};

}  // namespace reelpipe::resolve

#endif
