#!/usr/bin/env python3
"""two_descriptions.py JOINED SECOND OUT: an MP4 file whose codec's parameters change in the middle.

JOINED is a file of one H.264 track, its index behind its samples, that ffmpeg joined of two; SECOND is the second one of
them. OUT is JOINED with SECOND's sample entry besides its own, which the samples of SECOND name. Each sample becomes a chunk.
"""
import struct
import sys


def boxes(data):
    at = 0
    while at < len(data):
        size, kind = struct.unpack('>I4s', data[at:at + 8])
        size = size or len(data) - at
        yield kind, data[at + 8:at + size]
        at += size


def child(data, *path):
    for kind in path:
        data = next(payload for name, payload in boxes(data) if name == kind)
    return data


def box(kind, payload):
    return struct.pack('>I4s', len(payload) + 8, kind) + payload


def replaced(data, path, payload):
    return b''.join(box(kind, old if kind != path[0] else replaced(old, path[1:], payload) if path[1:] else payload)
                    for kind, old in boxes(data))


TABLE = b'trak', b'mdia', b'minf', b'stbl'
joined, second = (open(name, 'rb').read() for name in sys.argv[1:3])
moov = child(joined, b'moov')
table = child(moov, *TABLE)


def words(name, skip):
    return [word for word, in struct.iter_unpack('>I', child(table, name)[skip:])]


sizes, places, runs = words(b'stsz', 12), words(b'stco', 8), words(b'stsc', 8)
runs = [runs[i:i + 3] for i in range(0, len(runs), 3)] + [[len(places) + 1]]
offsets, sample = [], 0
for run, behind in zip(runs, runs[1:]):
    for chunk in range(run[0], behind[0]):
        offset = places[chunk - 1]
        for _ in range(run[1]):
            offsets.append(offset)
            offset += sizes[sample]
            sample += 1
first_of_second = len(sizes) - len(child(child(second, b'moov', *TABLE), b'stsz')[12:]) // 4
entries = child(table, b'stsd')[8:] + child(second, b'moov', *TABLE, b'stsd')[8:]
for name, payload in [(b'stsd', struct.pack('>II', 0, 2) + entries),
                      (b'stsc', struct.pack('>8I', 0, 2, 1, 1, 1, first_of_second + 1, 1, 2)),
                      (b'stco', struct.pack(f'>{2 + len(offsets)}I', 0, len(offsets), *offsets))]:
    moov = replaced(moov, [*TABLE, name], payload)
with open(sys.argv[3], 'wb') as out:
    out.write(joined[:joined.rindex(b'moov') - 4] + box(b'moov', moov))
