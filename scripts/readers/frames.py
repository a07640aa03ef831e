#!/usr/bin/env python3
"""frames.py SOURCE FIRST COUNT [--playing]: compares frames from stdin, I420, with frames FIRST to FIRST + COUNT - 1 of SOURCE.

SOURCE is I420, too. Sixteen bars at the top of each of its frames are the frame's number. Prints `right`, or which frames
these are. A frame is spoilt if it looks unlike the source's frame of its number. --playing is for a player, which may
leave out frames on a busy machine: only the numbers of those that it shows are looked at.
"""

import sys

import numpy

WIDTH, HEIGHT = 320, 180
BARS, BAR_HEIGHT = 16, 20
LEAST_LIKENESS = 30  # dB


def number_of(luma):
    """What the bars of a frame say."""
    bars = luma[4 : BAR_HEIGHT - 4].reshape(-1, BARS, WIDTH // BARS).mean(axis=(0, 2)) > 126
    return int("".join("1" if bar else "0" for bar in bars), 2)


def luma_of_rgb(rgb):
    """Of a frame whose last axis is red, green, blue."""
    return 16 + rgb.astype(numpy.float32) @ numpy.array([0.299, 0.587, 0.114], numpy.float32) * (219 / 255)


class Source:
    """The frames that a clip was cut from, and which of them it should show."""

    def __init__(self, path, first, count):
        size = WIDTH * HEIGHT * 3 // 2
        self.frames = numpy.memmap(path, numpy.uint8, "r").reshape(-1, size)[:, : WIDTH * HEIGHT]
        self.frames = self.frames.reshape(-1, HEIGHT, WIDTH)
        self.wanted = list(range(int(first), int(first) + int(count)))

    def is_spoilt(self, luma):
        number = number_of(luma)
        if number >= len(self.frames):
            return True
        error = numpy.square(self.frames[number].astype(numpy.float32) - luma).mean()
        return 10 * numpy.log10(255**2 / max(error, 0.01)) < LEAST_LIKENESS

    def describe(self, lumas):
        numbers, spoilt = [], 0
        for luma in lumas:
            numbers.append(number_of(luma))
            spoilt += self.is_spoilt(luma)
        return describe(numbers, self.wanted) + (f", {spoilt} spoilt" if spoilt else "")

    def count_right(self, lumas, numbers):
        """`n of m right`, of frames that should have these numbers; None is a frame that could not be read."""
        right = sum(
            luma is not None and number_of(luma) == number and not self.is_spoilt(luma)
            for luma, number in zip(lumas, numbers)
        )
        return "right" if right == len(numbers) else f"{right} of {len(numbers)} right"


def describe(numbers, wanted):
    """`right`, or the frames as runs of numbers and how many of the wanted ones are not among them."""
    if numbers == wanted:
        return "right"
    if numbers == wanted + wanted:
        return "right, twice"
    if not numbers:
        return "no frame"
    runs = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    text = [str(first) if first == last else f"{first}–{last}" for first, last in runs]
    which = ", ".join(text) if len(text) <= 5 else f"in {len(text)} runs, {text[0]} to {text[-1]}"
    lost = len(set(wanted) - set(numbers))
    return f"{len(numbers)} frames: {which}" + (f"; {lost} lost" if lost else "")


def describe_playing(numbers, wanted):
    """`right` if what is shown is wanted, in order, and to the end but for a few frames."""
    if not numbers:
        return "no frame"
    in_order = all(a <= b for a, b in zip(numbers, numbers[1:]))
    right = in_order and set(numbers) <= set(wanted) and numbers[-1] >= wanted[-5]
    return "right" if right and len(set(numbers)) > len(wanted) / 2 else f"frames {numbers[0]} to {numbers[-1]}"


def main():
    source = Source(*sys.argv[1:4])
    size = WIDTH * HEIGHT * 3 // 2

    def lumas():
        while len(data := sys.stdin.buffer.read(size)) == size:
            yield numpy.frombuffer(data, numpy.uint8)[: WIDTH * HEIGHT].reshape(HEIGHT, WIDTH)

    if "--playing" in sys.argv:
        print(describe_playing([number_of(luma) for luma in lumas()], source.wanted))
    else:
        print(source.describe(lumas()))


if __name__ == "__main__":
    main()
