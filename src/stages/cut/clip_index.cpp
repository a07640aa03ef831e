#include "stages/cut/clip_index.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
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

void read(int descriptor, std::span<unsigned char> to, std::uint64_t position)
{
    const ssize_t got = pread(descriptor, to.data(), to.size(), static_cast<off_t>(position));
    if (got < 0) throw std::system_error(errno, std::generic_category(), "read a clip");
    if (static_cast<std::size_t>(got) != to.size()) throw encode_error("libav wrote a clip that ends early");
}

bytes read(int descriptor, media::byte_range where)
{
    bytes content(where.size(), 0);
    read(descriptor, content, where.begin);
    return content;
}

void write(int descriptor, std::span<const unsigned char> content, std::uint64_t position)
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

std::uint64_t number_at(std::span<const unsigned char> place)
{
    std::uint64_t value = 0;
    for (const unsigned char each : place) value = value << 8 | each;
    return value;
}

// False: a place is beyond what a number of this size can tell.
bool move_places(std::span<unsigned char> table, std::size_t number_bytes, std::uint64_t by)
{
    constexpr std::size_t head = 8;  // version, flags and the count
    const std::uint64_t count = table.size() < head ? UINT64_MAX : number_at(table.subspan(4, 4));
    if (count > (table.size() - head) / number_bytes) throw encode_error("libav wrote an index that ends early");
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::span place = table.subspan(head + i * number_bytes, number_bytes);
        const std::uint64_t moved = number_at(place) + by;
        if (number_bytes == 4 && moved > UINT32_MAX) return false;
        for (std::size_t j = 0; j < number_bytes; ++j)
            place[j] = static_cast<unsigned char>(moved >> (8 * (number_bytes - 1 - j)));
    }
    return true;
}

// Where the samples of all tracks are, in the boxes of a moov. False as above; then some may have been moved.
bool move_samples(std::span<unsigned char> boxes, std::uint64_t by, std::size_t depth = 0)
{
    constexpr std::array parents{media::box_type("trak"), media::box_type("mdia"), media::box_type("minf"),
                                 media::box_type("stbl")};
    while (!boxes.empty()) {
        const std::uint64_t size = boxes.size() < 8 ? 0 : number_at(boxes.first(4));
        if (size < 8 || size > boxes.size()) throw encode_error("libav wrote an index whose boxes do not fill it");
        const std::uint64_t type = number_at(boxes.subspan(4, 4));
        const std::span content = boxes.subspan(8, size - 8);
        bool fits = true;
        if (depth < parents.size() && type == parents[depth]) fits = move_samples(content, by, depth + 1);
        if (depth == parents.size() && type == media::box_type("stco")) fits = move_places(content, 4, by);
        if (depth == parents.size() && type == media::box_type("co64")) fits = move_places(content, 8, by);
        if (!fits) return false;
        boxes = boxes.subspan(size);
    }
    return true;
}

// From the end on, since the bytes go where others of them are.
void move_bytes(int descriptor, media::byte_range from, std::uint64_t by)
{
    bytes memory(std::min<std::uint64_t>(256u << 10, from.size()), 0);
    while (from.begin < from.end) {
        const auto piece = std::span(memory).first(std::min<std::uint64_t>(memory.size(), from.size()));
        const std::uint64_t begin = from.end - piece.size();
        read(descriptor, piece, begin);
        write(descriptor, piece, begin + by);
        from.end = begin;
    }
}

bytes index_with(std::span<const edit> tracks, int descriptor, const media::partial_file& file, media::byte_range moov)
{
    std::int64_t end = 0;
    for (const edit& each : tracks) end = std::max(end, each.begin + each.duration);

    std::size_t track = 0;
    const bytes content = changed(descriptor, file, moov, [&](const media::mp4_box& box, bytes own) {
        if (box.type == media::box_type("mvhd") && !tracks.empty()) set_duration(own, in_movie_header, end);
        if (box.type != media::box_type("trak") || track == tracks.size()) return own;
        return wrap("trak", changed_track(descriptor, file, box.payload, tracks[track++]));
    });
    return wrap("moov", content);
}

}  // namespace

void finish_index(int descriptor, std::span<const edit> tracks)
{
    const media::partial_file file = media::whole_file(descriptor);
    const auto moov = media::find_box(file, {0, file.size}, media::box_type("moov"));
    if (!moov || moov->payload.end != file.size) throw encode_error("libav did not end the clip with its index");
    const auto first = media::box_at(file, 0, file.size);
    if (!first || first->payload.end > moov->begin) throw encode_error("libav did not begin the clip with its type");

    const bytes index = index_with(tracks, descriptor, file, moov->payload);
    // The rest of a longer old index behind it could not be cut off: workers have no right to.
    if (moov->begin + index.size() < file.size) throw encode_error("libav wrote an index that does not become longer");
    bytes in_front = index;
    if (!move_samples(std::span(in_front).subspan(8), in_front.size())) {
        write(descriptor, index, moov->begin);
        return;
    }
    move_bytes(descriptor, {first->payload.end, moov->begin}, in_front.size());
    write(descriptor, in_front, first->payload.end);
}

}  // namespace reelpipe::cut
