#ifndef REELPIPE_STAGES_FETCH_FILE_WRITER_HPP
#define REELPIPE_STAGES_FETCH_FILE_WRITER_HPP

#include <string>

#include "stages/fetch/disk_budget.hpp"
#include "stages/fetch/fetch_ranges.hpp"
#include "stages/fetch/http_client.hpp"
#include "stages/fetch/url.hpp"

namespace reelpipe::fetch {

template <class Error> [[noreturn]] void fail(const held_file& file, const std::string& what)
{
    throw Error(display_name(file.from.url) + ": " + what, host_of(file.from.url));
}

// Makes a file's temporary one as long as it is said to be. Throws too_large_error where it cannot be.
void make_room(held_file&);

// Takes one answer into what is held of a file. Throws transfer_error, std::system_error.
class file_writer final : public body_sink {
public:
    // The context and the file outlive the writer.
    file_writer(const transfer_context& with, file_range asked, disk_room room)
        : with_(with), file_(*asked.file), asked_(asked.range), room_(std::move(room))
    {
    }

    std::uint64_t begin(const response_head&) override;
    void write(std::uint64_t offset, std::span<const std::byte>) override;

    // The answer has ended well.
    void end(const response_head&);

private:
    std::uint64_t end_of_part();
    std::uint64_t end_of_whole(const response_head&);
    [[noreturn]] void fail_too_large(std::uint64_t limit) const;

    const transfer_context& with_;
    held_file& file_;
    media::byte_range asked_;
    disk_room room_;
    bool is_whole_ = false;
};

}  // namespace reelpipe::fetch

#endif
