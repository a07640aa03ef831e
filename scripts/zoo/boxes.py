#!/usr/bin/env python3
"""boxes.py IN OUT CHANGE...: changes boxes of an MP4 file whose moov is behind its samples, or that is in fragments.

rename=PATH:NAME     gives a box another name, such as free, which readers pass over
scheme=NAME          gives encrypted tracks another scheme (schm)
clear=video|audio    lets the description of one encrypted track say that it is not
describe=NAME:HEX    adds a box to the description of the video's frames (ISO/IEC 14496-12, 8.5.2)
matrix=A,B,C,D       how the video's frames are turned (tkhd); whole numbers
edits=BEGIN-END,...  shows these parts of the video track, in seconds (elst)
scramble             is for MPEG-TS instead: says of each packet of a stream that it is encrypted
"""
import pathlib
import struct
import sys

PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"sinf", b"edts"}
BEHIND_FRAMES, BEHIND_AUDIO = 78, 28  # where the boxes of a sample description begin, behind its header


class Box:
    """A box, its content either bytes or other boxes with bytes in front of them."""

    def __init__(self, name, content, head=b"", boxes=None):
        self.name, self.content, self.head, self.boxes = name, content, head, boxes

    def all(self, name):
        """The boxes of this name in it, at any depth."""
        for each in self.boxes or []:
            if each.name == name:
                yield each
            yield from each.all(name)

    def packed(self):
        content = self.content if self.boxes is None else self.head + b"".join(each.packed() for each in self.boxes)
        return struct.pack(">I4s", 8 + len(content), self.name) + content


def boxes_of(data, kind=None):
    found, at = [], 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        begin = at + 8
        if size == 1:
            size, begin = struct.unpack_from(">Q", data, at + 8)[0], at + 16
        size = size or len(data) - at
        content = data[begin:at + size]
        at += size
        if name == b"hdlr" and content[8:12] in (b"vide", b"soun"):
            kind = content[8:12]
        if name in PARENTS:
            found.append(Box(name, b"", boxes=boxes_of(content, kind)))
        elif name == b"stsd":
            found.append(Box(name, b"", content[:8], [description(each, kind) for each in boxes_of(content[8:])]))
        else:
            found.append(Box(name, content))
    return found


def description(entry, kind):
    head = {b"vide": BEHIND_FRAMES, b"soun": BEHIND_AUDIO}.get(kind)
    if not head:
        return entry
    return Box(entry.name, b"", entry.content[:head], boxes_of(entry.content[head:]))


def kind_of(track):
    return next(track.all(b"hdlr")).content[8:12]


def entries_of(track):
    return next(track.all(b"stsd")).boxes


def change(movie, how, value):
    video = next(track for track in movie.all(b"trak") if kind_of(track) == b"vide")
    if how == "rename":
        path, name = value.split(":")
        for box in movie.all(path.encode()):
            box.name = name.encode()
    elif how == "scheme":
        for box in movie.all(b"schm"):
            box.content = box.content[:4] + value.encode() + box.content[8:]
    elif how == "clear":
        for track in movie.all(b"trak"):
            if kind_of(track) != {"video": b"vide", "audio": b"soun"}[value]:
                continue
            for entry in entries_of(track):
                entry.name = next(entry.all(b"frma")).content
                entry.boxes = [each for each in entry.boxes if each.name != b"sinf"]
    elif how == "describe":
        name, content = value.split(":")
        entries_of(video)[0].boxes.append(Box(name.encode(), bytes.fromhex(content)))
    elif how == "matrix":
        header = next(video.all(b"tkhd"))
        a, b, c, d = (int(each) << 16 for each in value.split(","))
        at = 40 if header.content[0] == 0 else 52
        header.content = header.content[:at] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + header.content[at + 36:]
    elif how == "edits":
        video.boxes = [each for each in video.boxes if each.name != b"edts"]
        video.boxes.insert(1, Box(b"edts", b"", boxes=[Box(b"elst", edit_list(movie, video, value))]))


def edit_list(movie, video, parts):
    of_movie, = struct.unpack_from(">I", next(movie.all(b"mvhd")).content, 12)
    of_track, = struct.unpack_from(">I", next(video.all(b"mdhd")).content, 12)
    parts = [tuple(float(each) for each in part.split("-")) for part in parts.split(",")]
    first, = struct.unpack_from(">i", next(video.all(b"ctts")).content, 12)  # when the first frame is shown
    return struct.pack(">II", 0, len(parts)) + b"".join(
        struct.pack(">IIi", round((end - begin) * of_movie), round(begin * of_track) + first, 1 << 16)
        for begin, end in parts)


def scrambled(data):
    data = bytearray(data)
    for at in range(0, len(data) - 187, 188):
        if (data[at + 1] & 0x1f) << 8 | data[at + 2] in (0x100, 0x101):
            data[at + 3] |= 0x80
    return bytes(data)


def main():
    source, out, *changes = sys.argv[1:]
    data = pathlib.Path(source).read_bytes()
    if changes == ["scramble"]:
        pathlib.Path(out).write_bytes(scrambled(data))
        return
    file = boxes_of(data)
    movie = next(box for box in file if box.name == b"moov")
    for each in changes:
        change(movie, *each.split("=", 1))
    pathlib.Path(out).write_bytes(b"".join(box.packed() for box in file))


if __name__ == "__main__":
    main()
