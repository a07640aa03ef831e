"""What a mode may refuse of a video, and how the message begins. Whatever else is refused is a fault."""

import re

REFRESHED = "unsupported: H.264 that is refreshed"
UNTIMED = "unsupported: frames out of order, whose decoding times the container does not store"

# (modes, names of videos, message)
MAY_REFUSE = [
    ("encode lossless smart", "refresh_.*", REFRESHED),
]
MUST_REFUSE = ("(cenc|cbcs|scrambled|hls_.*_key).*", "encrypted: ")


def must_be_refused(name):
    return re.fullmatch(MUST_REFUSE[0], name) is not None


def is_expected(mode, name, message):
    if must_be_refused(name):
        return message.startswith(MUST_REFUSE[1])
    return any(mode in modes.split() and re.fullmatch(names, name) and message.startswith(begin)
               for modes, names, begin in MAY_REFUSE)
