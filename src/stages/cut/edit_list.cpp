#include "stages/cut/edit_list.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <system_error>

#include "media/mp4_boxes.hpp"
#include "stages/cut/cut.hpp"

namespace reelpipe::cut {

namespace {

using bytes = std::basic_string<unsigned char>;

// Where the duration stands in a box of version 0 and 1 (ISO/IEC 14496-12), from the start of the box on.
struct duration_field {
    std::size_t in_version_0, in_version_1;
};
constexpr duration_field in_movie_header{24, 32}, in_track_header{28, 36}, in_media_header{24, 32};

void put(bytes& to, std::uint64_t value, int size)
{
    for (int i = size - 1; i >= 0; --i) to.push_back(static_cast<unsigned char>(value >> (8 * i)));
}

void put_at(bytes& in, std::size_t position, std::uint64_t value, std::size_t size)
{
    if (position + size > in.size()) throw encode_error("libav wrote an index that ends early");
    for (std::size_t i = 0; i < size; ++i) in[position + i] = static_cast<unsigned char>(value >> (8 * (size - 1 - i)));
}

bytes read(int descriptor, media::byte_range where)
{
    bytes content(where.size(), 0);
    const ssize_t got = pread(descriptor, content.data(), content.size(), static_cast<off_t>(where.begin));
    if (got < 0) throw std::system_error(errno, std::generic_category(), "read the index of a clip");
    if (static_cast<std::size_t>(got) != content.size()) throw encode_error("libav wrote an index that ends early");
    return content;
}

void write(int descriptor, const bytes& content, std::uint64_t position)
{
    for (std::size_t done = 0; done < content.size();) {
        const ssize_t written =
            pwrite(descriptor, content.data() + done, content.size() - done, static_cast<off_t>(position + done));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw std::system_error(errno, std::generic_category(), "write a clip");
        done += static_cast<std::size_t>(written);
    }
}

void set_duration(bytes& box, duration_field where, std::int64_t duration)
{
    const bool is_long = box.size() > 8 && box[8] == 1;
    put_at(box, is_long ? where.in_version_1 : where.in_version_0, static_cast<std::uint64_t>(duration),
           is_long ? 8 : 4);
}

// A box around what is in it.
bytes wrap(const char (&type)[5], const bytes& content)
{
    bytes box;
    put(box, 8 + content.size(), 4);
    put(box, media::box_type(type), 4);
    return box + content;
}

void put_edit(bytes& list, std::int64_t duration, std::int64_t media_begin)
{
    put(list, static_cast<std::uint64_t>(duration), 8);
    put(list, static_cast<std::uint64_t>(media_begin), 8);
    put(list, 0x10000, 4);  // at its own speed
}

bytes edit_list(const edit& shown)
{
    bytes list;
    put(list, 0x1000000, 4);  // version 1: 64-bit numbers
    put(list, shown.begin > 0 ? 2 : 1, 4);
    if (shown.begin > 0) put_edit(list, shown.begin, -1);
    put_edit(list, shown.duration, shown.media_begin);
    return wrap("edts", wrap("elst", list));
}

// The boxes in `parent`, each as change(type, box) gives it back.
template <class Change>
bytes changed(int descriptor, const media::partial_file& file, media::byte_range parent, Change change)
{
    bytes all;
    std::uint64_t at = parent.begin;
    while (const auto box = media::box_at(file, at, parent.end)) {
        if (box->payload.end > parent.end) break;
        all += change(*box, read(descriptor, {box->begin, box->payload.end}));
        at = box->payload.end;
    }
    if (at != parent.end) throw encode_error("libav wrote an index whose boxes do not fill it");
    return all;
}

bytes changed_media(int descriptor, const media::partial_file& file, media::byte_range media, const edit& shown)
{
    return changed(descriptor, file, media, [&](const media::mp4_box& box, bytes content) {
        if (box.type == media::box_type("mdhd")) set_duration(content, in_media_header, shown.media_duration);
        return content;
    });
}

bytes changed_track(int descriptor, const media::partial_file& file, media::byte_range track, const edit& shown)
{
    return changed(descriptor, file, track, [&](const media::mp4_box& box, bytes content) {
        if (box.type == media::box_type("edts")) return bytes();
        if (box.type == media::box_type("mdia"))
            return wrap("mdia", changed_media(descriptor, file, box.payload, shown));
        if (box.type != media::box_type("tkhd")) return content;
        set_duration(content, in_track_header, shown.begin + shown.duration);
        return content + edit_list(shown);
    });
}

}  // namespace

void write_edit_lists(int descriptor, std::span<const edit> tracks)
{
    const media::partial_file file = media::whole_file(descriptor);
    const auto moov = media::find_box(file, {0, file.size}, media::box_type("moov"));
    if (!moov || moov->payload.end != file.size) throw encode_error("libav did not end the clip with its index");

    std::int64_t end = 0;
    for (const edit& each : tracks) end = std::max(end, each.begin + each.duration);

    std::size_t track = 0;
    const bytes index = changed(descriptor, file, moov->payload, [&](const media::mp4_box& box, bytes content) {
        if (box.type == media::box_type("mvhd")) set_duration(content, in_movie_header, end);
        if (box.type != media::box_type("trak") || track == tracks.size()) return content;
        return wrap("trak", changed_track(descriptor, file, box.payload, tracks[track++]));
    });
    const bytes whole = wrap("moov", index);
    // The rest of a longer old index behind it could not be cut off: workers have no right to.
    if (moov->begin + whole.size() < file.size) throw encode_error("libav wrote an index that does not become longer");
    write(descriptor, whole, moov->begin);
}

}  // namespace reelpipe::cut
