#!/usr/bin/env python3
"""libraries.py READER SOURCE FIRST COUNT CLIP: what a Python library shows of a clip, compared with its source.

READER is a function of this file. The other arguments are those of frames.py.
"""

import itertools
import sys

import numpy

from frames import HEIGHT, WIDTH, Source, luma_of_rgb

SEEKS = 20
SAMPLED = 32


def luma_of_frame(frame):
    return frame.to_ndarray(format="yuv420p")[:HEIGHT, :WIDTH]


def random_places(count):
    return [int(place) for place in numpy.random.default_rng(1).integers(0, count, SEEKS)]


def pyav(source, clip):
    import av

    return source.describe(luma_of_frame(frame) for frame in av.open(clip).decode(video=0))


def pyav_seeks(source, clip):
    """Seeks to the key frame in front of a time, and decodes up to the frame that is shown then."""
    import av

    places, found = random_places(len(source.wanted)), []
    with av.open(clip) as container:
        stream = container.streams.video[0]
        for place in places:
            time = place / float(stream.average_rate)
            container.seek(int(time / stream.time_base), stream=stream)
            shown = (frame for frame in container.decode(stream) if frame.time > time - 0.001)
            found.append(next((luma_of_frame(frame) for frame in shown), None))
    return source.count_right(found, [source.wanted[place] for place in places])


def next_of(capture):
    is_read, frame = capture.read()
    return luma_of_rgb(frame[..., ::-1]) if is_read else None


def opencv(source, clip):
    import cv2

    capture = cv2.VideoCapture(clip, cv2.CAP_FFMPEG)
    shown = (next_of(capture) for _ in itertools.count())
    return source.describe(itertools.takewhile(lambda luma: luma is not None, shown))


def read_at(clip, places):
    import cv2

    capture = cv2.VideoCapture(clip, cv2.CAP_FFMPEG)
    for place in places:
        capture.set(cv2.CAP_PROP_POS_FRAMES, place)
        yield next_of(capture)


def opencv_seeks(source, clip):
    places = random_places(len(source.wanted))
    return source.count_right(read_at(clip, places), [source.wanted[place] for place in places])


def opencv_count(source, clip):
    import cv2

    return str(int(cv2.VideoCapture(clip, cv2.CAP_FFMPEG).get(cv2.CAP_PROP_FRAME_COUNT)))


def opencv_sampler(source, clip):
    """How many frames a sampler gets that spreads its places over CAP_PROP_FRAME_COUNT."""
    places = numpy.linspace(0, int(opencv_count(source, clip)) - 1, SAMPLED).astype(int)
    got = sum(luma is not None for luma in read_at(clip, places))
    return f"{got} of {SAMPLED}"


def torchvision(source, clip):
    import warnings

    warnings.simplefilter("ignore")
    from torchvision.io import read_video

    frames = read_video(clip, pts_unit="sec")[0].numpy()
    return source.describe(luma_of_rgb(frame) for frame in frames)


if __name__ == "__main__":
    print(globals()[sys.argv[1]](Source(*sys.argv[2:5]), sys.argv[5]))
