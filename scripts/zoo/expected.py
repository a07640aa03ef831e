"""What a mode may refuse of a video, and how the message begins. Whatever else is refused is a fault. And what is known to be
wrong, and why it stays so."""

import re

REFRESHED = "unsupported: H.264 that is refreshed"
UNTIMED = "unsupported: frames out of order, whose decoding times the container does not store"
NO_TIMES = "unsupported: samples without a time"


NOT_IN_MP4 = "unsupported: MP4 cannot carry "

ALL = "encode lossless smart"
# (modes, names of videos, how the message begins)
MAY_REFUSE = [
    (ALL, r"refresh_.*", REFRESHED),
    (ALL, r"hls_.*_broken", "unsupported: the clip overlaps a discontinuity"),
    ("lossless", r"(vp8|theora|ffv1|prores|huffyuv|flv1|h263|qtrle|mpeg1|png)_.*", NOT_IN_MP4),
    ("lossless", r"(wmv2|msmpeg4|raw|dv)_.*", NOT_IN_MP4),
    ("lossless", r"audio_pcm_.*", NOT_IN_MP4 + "pcm_s16le audio"),
    ("lossless", r"(mpeg4_b|mpeg2|mpeg2_422|.*_gst|.*_vlc)_mkv\.mkv", UNTIMED),
    ("lossless", r"very_slow_mkv\.mkv", "unsupported: frames without decoding times"),
    ("lossless", r"(mpeg4_b|h264_avi|sar_both|.*_vlc)_avi\.avi|(sar_)?mpeg2_.*\.(mpg|vob)|h264_avi_asf\.asf", NO_TIMES),
    (ALL, r"late_frames_.*", "before_start: "),
    ("encode smart", r"negative_mkv\.mkv", "unsupported: frames without a time"),
    ("encode smart", r"h264_avi_asf\.asf", "corrupt: the frame at"),  # AVI and ASF store no times of showing
    ("lossless", r"negative_mkv\.mkv", "corrupt: decoding times that stand still"),  # its first frame has no time
    ("lossless", r".*_vlc_(mp4|ts)\..*", "corrupt: two samples that are shown at the same time"),
    # GStreamer gives the first two packets of audio one time.
    ("lossless", r".*_gst_flv\.flv", "corrupt: decoding times that stand still"),
    ("lossless", r"paff_.*", "unsupported: H.264 in fields"),
    (ALL, r"edits_two_.*", "unsupported: an edit inside of the segment"),
]
MUST_REFUSE = [
    (r"(cenc|cbcs|scrambled)_.*", "encrypted: "),
    (r"hls_.*_key", "drm: "),
]
# (modes, names of videos, what is wrong, why)
KNOWN = [
    ("lossless", r"audio_vorbis_.*", "has its sound", "FFmpeg reads an edit list of Vorbis by a packet wrong, also of its own clips"),
    ("lossless", r"av1.*", "shows", "FFmpeg 5.1 applies no edit list to AV1"),
    ("encode smart", r"paff_.*", "shows", "libavformat calls both fields key frames, and ffmpeg -ss begins with either, too"),
    (ALL, r"negative_mkv\.mkv", "shows|looks|has its sound|is silent", "libavformat gives the first key frame no time"),
    # Of frames with one time ffmpeg shows another one; it has the audio of Matroska as early.
    ("encode smart", r".*_vlc_(mp4|ts)\..*", "shows", "VLC gives the first frames the times of others"),
    ("encode smart", r".*_vlc_mkv\.mkv", "has its sound", "VLC gives the first frames the times of others"),
    (ALL, r"(sound_ends|slow)_ts\.ts", "is silent", "libavformat gives out the last audio at the end of the file"),
    (ALL, r"apart_(late|late_frames|webm)", "has its sound|is silent|shows", "audio in a file of its own begins with that file, as with ffmpeg"),
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
