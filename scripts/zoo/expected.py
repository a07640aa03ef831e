"""What a mode may refuse of a video, and how the message begins. Whatever else is refused is a fault. And what is known to be
wrong, and why it stays so."""

import re

REFRESHED = "unsupported: H.264 that is refreshed"
UNTIMED = "unsupported: frames out of order, whose decoding times the container does not store"
NO_TIMES = "unsupported: samples without a time"


def not_in_mp4(codec):
    return f"unsupported: MP4 cannot carry {codec} "


ALL = "encode lossless smart"
# (modes, names of videos, how the message begins)
MAY_REFUSE = [
    (ALL, r"refresh_.*", REFRESHED),
    (ALL, r"hls_.*_broken", "unsupported: the clip overlaps a discontinuity"),
    ("lossless", r"(vp8|theora|ffv1|prores|huffyuv|flv1|h263|qtrle|mpeg1)_.*", not_in_mp4("")),
    ("lossless", r"(wmv2|msmpeg4|raw|dv)_.*", not_in_mp4("")),
    ("lossless", r"audio_pcm_.*", not_in_mp4("pcm_s16le")),
    ("lossless", r"(mpeg4_b|.*_gst|.*_vlc)_mkv\.mkv", UNTIMED),
    ("lossless", r"(mpeg4_b|sar_both|.*_vlc)_avi\.avi", NO_TIMES),
    # GStreamer writes two frames with one decoding time.
    ("lossless", r".*_gst_flv\.flv", "corrupt: decoding times that stand still"),
    ("lossless", r"paff_.*", "unsupported: H.264 in fields"),
    ("lossless", r"edits_two_.*", "unsupported: an edit inside of the segment"),
]
MUST_REFUSE = [
    (r"(cenc|cbcs|scrambled)_.*", "encrypted: "),
    (r"hls_.*_key", "drm: "),
]
# (modes, names of videos, what is wrong, why)
KNOWN = [
    ("lossless", r"av1.*", "shows", "FFmpeg 5.1 applies no edit list to AV1"),
    ("encode smart", r"paff_.*", "shows", "libavformat calls both fields key frames, and ffmpeg -ss begins with either, too"),
    (ALL, r"sound_ends_ts\.ts", "is silent", "libavformat gives out the last audio at the end of the file"),
    (ALL, r"apart_(late|webm)", "has its sound|is silent", "audio in a file of its own begins with that file, as with ffmpeg"),
]


def must_be_refused(name):
    return any(re.fullmatch(names, name) for names, _ in MUST_REFUSE)


def is_expected(mode, name, message):
    if must_be_refused(name):
        return any(re.fullmatch(names, name) and message.startswith(begin) for names, begin in MUST_REFUSE)
    return any(mode in modes.split() and re.fullmatch(names, name) and message.startswith(begin)
               for modes, names, begin in MAY_REFUSE)


def why_known(mode, name, what):
    """Why a clip is wrong in this way, or nothing."""
    return next((why for modes, names, wrong, why in KNOWN
                 if mode in modes.split() and re.fullmatch(names, name) and re.match(wrong, what)), "")
