"""What a video shows, sounds like and says of itself, as ffmpeg sees it from the beginning on."""

import bisect
import hashlib
import json
import os
import subprocess
import tempfile

BITS = 12  # of a frame's number
NUMBERS = {hashlib.md5(bytes(255 * (n >> bit & 1) for bit in range(BITS))).hexdigest(): n for n in range(1 << BITS)}
NUMBER = f"crop=iw:16:0:0,scale={BITS}:1:flags=area,format=gray,lut=c0='if(gt(val,125),255,0)'"
THUMB_WIDTH, THUMB_HEIGHT = 16, 8
THUMB = f"scale={THUMB_WIDTH}:{THUMB_HEIGHT}:flags=area+accurate_rnd+full_chroma_int,format=rgb24"
FFMPEG = ["ffmpeg", "-nostdin", "-hide_banner", "-filter_threads", "1", "-threads", "1", "-noautorotate"]
EVERY = ["-fps_mode", "passthrough", "-enc_time_base", "-1"]

# The audio is a tone whose frequency says the time.
LOWEST, RISE = 500, 500  # Hz, Hz a second
TONE = f"aevalsrc=0.5*sin(2*PI*({LOWEST}*t+{RISE // 2}*t*t))"
HEARD_RATE = 16000
WINDOW = HEARD_RATE // 20  # samples, of which one frequency is told
LOUD = 2000
COLOURS = ["color_range", "color_space", "color_transfer", "color_primaries"]


def run(words, **options):
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=900, **options)


class Video:
    """A file or playlist. frames: (time in s, number, small picture); sound: (time, time that the tone says).

    `back` is a filter for frames that somebody has turned upright. The time counts from the first of all streams, as
    ffmpeg counts it, or from the first frame.
    """

    def __init__(self, path, stream="0:V:0", back="null", is_from_first_frame=False):
        self.path, self.stream = path, stream
        probed = run(["ffprobe", "-v", "error", "-threads", "1", "-show_streams", "-of", "json", path])
        self.streams = [] if probed.returncode else json.loads(probed.stdout).get("streams", [])
        self.audio = next((each for each in self.streams if each["codec_type"] == "audio"), None)
        self.said = of_stream(self.streams, stream)
        self.filters = "null" if turning(self.said) else back
        with tempfile.TemporaryDirectory() as folder:
            self.decode(folder)
        self.zero = self.frames[0][0] if is_from_first_frame and self.frames else 0
        self.frames = [(time - self.zero, *rest) for time, *rest in self.frames]
        self.sound = [(time - self.zero, said) for time, said in self.sound]

    def decode(self, folder):
        pictures, samples, times = folder + "/pictures", folder + "/samples", folder + "/times"
        words = [*FFMPEG, "-y", "-i", self.path]
        words += ["-map", self.stream, "-vf", f"{self.filters},{NUMBER}", *EVERY, "-f", "framemd5", "-"]
        words += ["-map", self.stream, "-vf", f"{self.filters},{THUMB}", *EVERY, "-f", "rawvideo", pictures]
        if self.audio:
            for form, name in (("s16le", samples), ("framemd5", times)):
                words += ["-map", "0:a:0", "-af", f"aresample={HEARD_RATE},aformat=s16:channel_layouts=mono",
                          "-c:a", "pcm_s16le", "-f", form, name]
        done = run(words)
        small = read(pictures)
        size = 3 * THUMB_WIDTH * THUMB_HEIGHT
        self.frames = [(time, number, small[n * size:(n + 1) * size])
                       for n, (time, number) in enumerate(numbered(done.stdout.decode()))]
        self.sound = heard(read(times).decode(), read(samples)) if self.audio else []


def read(path):
    if not os.path.exists(path):
        return b""
    with open(path, "rb") as file:
        return file.read()


def of_stream(streams, which):
    frames = [each for each in streams if each["codec_type"] == "video"]
    if "V" in which:
        frames = [each for each in frames if not each["disposition"]["attached_pic"]]
    number = int(which.rsplit(":", 1)[1])
    return frames[number] if number < len(frames) else {}


def numbered(lines):
    """(time, number) of each frame of framemd5; the number is None for a frame without one."""
    tick, frames = 0, []
    for line in lines.splitlines():
        if line.startswith("#tb 0:"):
            up, down = line.split()[-1].split("/")
            tick = int(up) / int(down)
        elif line.startswith("0,"):
            words = [word.strip() for word in line.split(",")]
            frames.append((int(words[2]) * tick, NUMBERS.get(words[5])))
    return frames


def frames_at_rate(video, start, length):
    """What ffmpeg shows of a segment at a constant rate."""
    # Audio is read, too: ffmpeg counts time from the first of the streams that it reads.
    done = run([*FFMPEG, "-v", "error", "-i", video.path, "-map", video.stream, "-map", "0:a:0?", "-c:a", "copy",
                "-vf", f"{video.filters},{NUMBER}", "-ss", f"{start + video.zero:.6f}", "-t", f"{length:.6f}",
                "-r", video.said["r_frame_rate"], "-fps_mode", "cfr", "-f", "framemd5", "-"])
    frames = numbered(done.stdout.decode())
    # A file of one stream begins with its first frame, if -fps_mode is not given.
    if len(video.streams) == 1 and len(frames) > 1 and frames[0][1] == frames[1][1]:
        frames.pop(0)
    return frames


def heard(times, samples):
    """(time, time that the tone says) twenty times a second, where something is heard. `times`: framemd5 of the samples."""
    pieces, read_until = [], 0  # [time, first sample, count], one behind the other
    for line in times.splitlines():
        if not line.startswith("0,"):
            continue
        _, _, time, count = [int(word) for word in line.split(",")[:4]]
        time /= HEARD_RATE
        if pieces and abs(pieces[-1][0] + pieces[-1][2] / HEARD_RATE - time) < 2e-3:
            pieces[-1][2] += count
        else:
            pieces.append([time, read_until, count])
        read_until += count
    values = memoryview(samples[:len(samples) // 2 * 2]).cast("h")
    said = []
    for time, first, count in pieces:
        for at in range(first, first + count - WINDOW + 1, WINDOW):
            found = time_of_tone(values[at:at + WINDOW])
            if found:
                said.append((time + (at - first + found[0]) / HEARD_RATE, found[1]))
    return said


def time_of_tone(values):
    """The middle of what was measured, in samples, and the time that its frequency says; None if it is silent."""
    if max(values) < LOUD:
        return None
    rising = [n + values[n] / (values[n] - values[n + 1]) for n in range(len(values) - 1) if values[n] < 0 <= values[n + 1]]
    if len(rising) < 5:
        return None
    middle, mean = (len(rising) - 1) / 2, sum(rising) / len(rising)  # the line through the crossings
    spread = sum((n - middle) ** 2 for n in range(len(rising)))
    period = sum((n - middle) * each for n, each in enumerate(rising)) / spread
    return mean, (HEARD_RATE / period - LOWEST) / RISE


def unlike(picture, other):
    """Mean difference of two small pictures, from 0 to 255."""
    return sum(abs(a - b) for a, b in zip(picture, other)) / max(len(picture), 1) if len(picture) == len(other) else 255


def nearest(times, time):
    at = bisect.bisect(times, time)
    return min((n for n in (at - 1, at) if 0 <= n < len(times)), key=lambda n: abs(times[n] - time), default=None)


def turning(said):
    """The display matrix of a stream, or nothing."""
    return next((each["displaymatrix"].split() for each in said.get("side_data_list", []) if "displaymatrix" in each), None)


def shape(said):
    up, _, down = said.get("sample_aspect_ratio", "1:1").partition(":")
    return f"{up}:{down}" if up not in ("0", "N/A") else "1:1"
