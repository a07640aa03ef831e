#include "stages/fetch/file_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace reelpipe::fetch {

namespace {

constexpr std::uint64_t worth_another_request = 1u << 20;

// No container begins with white space or '<'; the pages that servers send instead of videos do. What they call their
// type says nothing: scripts call videos text/html.
bool looks_like_html(std::span<const std::byte> start)
{
    const auto sign = std::ranges::find_if_not(
        start, [](std::byte b) { return b == std::byte{' '} || b == std::byte{'\n'} || b == std::byte{'\r'}; });
    return sign != start.end() && *sign == std::byte{'<'};
}

}  // namespace

void make_room(held_file& file)
{
    const auto extent = file.extent();
    if (!extent || !file.bytes) return;
    if (extent->size() > std::min(file.room, max_file))
        fail<too_large_error>(file, "it is said to have " + std::to_string(extent->size()) + " bytes");
    const std::uint64_t size = file.place + extent->size();
    if (size <= file.bytes->size()) return;
    try {
        file.bytes->resize(size);
    } catch (const std::system_error& e) {
        if (e.code().value() != EFBIG && e.code().value() != EINVAL) throw;
        fail<too_large_error>(file, std::to_string(size) +
                                        " bytes are more than the file system of the temporary "
                                        "folder holds in one file");
    }
}

std::uint64_t file_writer::begin(const response_head& head)
{
    if (head.identity.size == 0) fail<not_media_error>(file_, "an empty file");
    if (!file_.bytes) file_.bytes = sparse_file::in(with_.options.folder, with_.disk);
    file_.identity.learn(head.identity);
    make_room(file_);
    const std::uint64_t end = head.partial ? end_of_part() : end_of_whole(head);
    // A body of unknown length may bring more than there is room for; it counts as it comes.
    room_.keep(std::min(end, head.body.end) - std::min(end, head.body.begin));
    return end;
}

// After one answer that ignored the range, all from the start was asked for in one piece; a server that gives parts
// after all (a cache has the file by then) need not send all of that.
std::uint64_t file_writer::end_of_part()
{
    with_.hosts.takes_ranges(host_of(file_.from.url), true);
    const bool goes_back = !std::exchange(file_.takes_ranges, true);
    if (goes_back && asked_.size() > worth_another_request) return asked_.begin;
    return asked_.end;
}

// The server ignores the range and sends all from the start. It is heard up to the byte that was asked for; of several
// such answers for parts of one file only the next round's single one is.
std::uint64_t file_writer::end_of_whole(const response_head& head)
{
    is_whole_ = true;
    const std::string host = host_of(file_.from.url);
    if (asked_.begin > 0) {
        with_.hosts.takes_ranges(host, false);
        if (std::exchange(file_.takes_ranges, false)) return 0;
    } else if (!with_.hosts.takes_ranges(host)) {
        file_.takes_ranges = false;
    }
    const std::uint64_t end = head.identity.size ? std::min(asked_.end, *head.identity.size) : head.body.end;
    if (head.identity.size && end > with_.options.whole_limit) fail_too_large(with_.options.whole_limit);
    return end;
}

void file_writer::write(std::uint64_t offset, std::span<const std::byte> bytes)
{
    if (offset == 0 && looks_like_html(bytes)) fail<not_media_error>(file_, "a page of HTML, no video");
    if (offset + bytes.size() > with_.options.whole_limit && is_whole_) fail_too_large(with_.options.whole_limit);
    with_.counts.bytes += bytes.size();
    const std::uint64_t skipped = offset < file_.part.begin ? file_.part.begin - offset : 0;
    if (skipped >= bytes.size()) return;  // in front of the part, from a server that ignores ranges
    bytes = bytes.subspan(static_cast<std::size_t>(skipped));
    const std::uint64_t within = offset + skipped - file_.part.begin;
    if (within + bytes.size() > file_.room) fail_too_large(file_.room);
    file_.bytes->write(file_.place + within, bytes);
    room_.spend(bytes.size());
}

// A body whose length nobody announced has one once it is here.
void file_writer::end(const response_head& head)
{
    file_.compare_with_forgotten();
    if (file_.identity.size || head.partial) return;
    file_.identity.size = head.identity.size.value_or(0);
    file_.ends_by_closing = head.ends_by_closing;
    if (*file_.identity.size == 0) fail<not_media_error>(file_, "an empty file");
    make_room(file_);
}

void file_writer::fail_too_large(std::uint64_t limit) const
{
    fail<too_large_error>(file_, "more than " + std::to_string(limit) + " bytes would have to be read");
}

}  // namespace reelpipe::fetch
