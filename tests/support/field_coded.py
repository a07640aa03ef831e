"""field_coded.py IN OUT: makes field-coded H.264 (PAFF) out of frame-coded, which no free encoder writes.

IN is what `libx264 -profile:v main -bf 0 -g 1 -x264-params cabac=0:aud=0` writes as a raw stream: a key frame each time, one
slice a frame, in CAVLC. Each two frames become the fields of one frame: the headers are rewritten bit by bit, the
macroblocks stay. How that looks is of no interest; it decodes without errors.
"""
import re
import sys


class Bits:
    def __init__(self, data):
        self.bits = "".join(f"{byte:08b}" for byte in data)
        self.at = 0

    def u(self, count):
        value = self.bits[self.at:self.at + count]
        self.at += count
        return value

    def ue(self):
        start = self.at
        zeros = self.bits.index("1", start) - start
        self.at = start + 2 * zeros + 1
        return self.bits[start:self.at]


def number(code):
    return int(code, 2) - 1


def unescaped(unit):
    return unit.replace(b"\0\0\3", b"\0\0")


def escaped(payload):
    return re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", payload)


def packed(bits):
    bits = bits[:bits.rindex("1") + 1]  # the stop bit, and what aligns it anew
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def with_fields(sps):
    """A parameter set that says: frames of two fields; and how many bits a frame number has."""
    head, b = sps[:4], Bits(sps[4:])
    out = b.ue()
    frame_bits = b.ue()
    order = b.ue()
    assert number(order) == 2, "x264 counts without an order where it has no B-frames"
    out += frame_bits + order + b.ue() + b.u(1) + b.ue() + b.ue()
    assert b.u(1) == "1", "already with fields"
    out += "00" + "1"  # no frames only, no mixed macroblocks; direct_8x8_inference
    b.u(1)
    return head + packed(out + b.bits[b.at:]), number(frame_bits) + 4


def field(unit, frame_bits, bottom):
    """A key frame's slice as a field; the second one of a frame is no key frame itself."""
    b = Bits(unit[1:])
    out = b.ue() + b.ue() + b.ue()  # first macroblock, type, parameter set
    b.u(frame_bits)
    out += "0" * frame_bits + "1" + ("1" if bottom else "0")
    identity = b.ue()
    marking = b.u(2)
    out += "0" if bottom else identity + marking
    kind = 0x61 if bottom else unit[0]
    return bytes([kind]) + packed(out + b.bits[b.at:])


def main():
    content = open(sys.argv[1], "rb").read()
    frame_bits, bottom, out = 0, False, b""
    for unit in re.split(rb"\x00\x00\x00?\x01", content)[1:]:
        unit = unescaped(unit.rstrip(b"\0"))
        kind = unit[0] & 0x1F
        if kind == 7:
            unit, frame_bits = with_fields(unit)
        if kind == 5:
            unit, bottom = field(unit, frame_bits, bottom), not bottom
        elif kind != 8 and kind != 7:
            continue
        elif bottom:
            continue  # parameter sets between the fields of a frame
        out += b"\0\0\0\1" + escaped(unit)
    open(sys.argv[2], "wb").write(out)


main()
