#!/usr/bin/env python3
"""sound.py CLIP: how late the audio of a clip is against its frames.

In the source, the audio's frequency is 500 Hz at 0, and 100 Hz more each second. Listens half a second after both have
begun, or at the end of the audio.
"""

import sys

import av
import numpy

from frames import number_of
from libraries import luma_of_frame

RATE = 30  # frames a second
LISTENS_AT, LISTENS_FOR = 0.5, 0.2  # seconds
FINENESS = 8  # steps a hertz


def main(clip):
    with av.open(clip) as container:
        frames = [(frame.time, number_of(luma_of_frame(frame))) for frame in container.decode(video=0)]
    with av.open(clip) as container:
        heard = [(each.time, each.sample_rate, each.to_ndarray()[0]) for each in container.decode(audio=0)]
    begin, rate, _ = heard[0]
    samples = numpy.concatenate([each[2] for each in heard])
    at = min(max(begin, frames[0][0]) + LISTENS_AT, begin + len(samples) / rate - LISTENS_FOR)
    time, number = max([frame for frame in frames if frame[0] <= at] or frames[:1])
    of_frames = number / RATE + at - time

    first = int((at - begin) * rate)
    window = samples[first : first + int(LISTENS_FOR * rate)]
    power = numpy.abs(numpy.fft.rfft(window * numpy.hanning(len(window)), FINENESS * rate))
    of_audio = (power.argmax() / FINENESS - 500) / 100 - LISTENS_FOR / 2
    late = of_frames - of_audio
    return "in sync" if abs(late) < 0.05 else f"audio {abs(late):.1f} s {'late' if late > 0 else 'early'}"


if __name__ == "__main__":
    print(main(sys.argv[1]))
