"""What is wrong with a clip, as compared with its video."""

import statistics

from looking import COLOURS, HEARD_RATE, WINDOW, frames_at_rate, nearest, shape, turning, unlike

MOST_UNLIKE = 8  # of 255; a picture of another place or in other colours has more
MOST_APART = 0.010  # s, of sound and frames
STRETCH = 8  # windows of sound, whose middle one counts
LIMITED = "tv"  # the range of frames that do not say
# Samples of a packet, of which a clip may lack one at its start.
PACKETS = {"aac": 1024, "mp3": 1152, "mp2": 1152, "ac3": 1536, "flac": 4608, "opus": 960}


def same(expected, clip, times_within):
    """True if the same frames are shown at the same times, counted from the first."""
    return [n for _, n, *_ in expected] == [n for _, n, *_ in clip] and all(
        abs((t - expected[0][0]) - (u - clip[0][0])) <= times_within for (t, *_), (u, *_) in zip(expected, clip))


def described(frames):
    return f"{len(frames)} frames ({frames[0][1]} to {frames[-1][1]})" if frames else "no frames"


def wrong_copied(video, clip, start, end):
    expected = [frame for frame in video.frames if start - 1e-4 <= frame[0] < end - 1e-4]
    return "" if same(expected, clip.frames, 0.003) else f"shows {described(clip.frames)}, not {described(expected)}"


def wrong_encoded(video, clip, start, end):
    """Encoded clips have the constant rate that ffmpeg gives them."""
    expected = frames_at_rate(video, start, end - start)
    if [n for _, n in expected] == [n for _, n, _ in clip.frames]:
        return ""
    steps = {round(b[0] - a[0], 2) for a, b in zip(video.frames, video.frames[1:])}
    are_as_many = abs(len(clip.frames) - len(expected)) <= 1
    if len(steps) > 1 and are_as_many and all(is_near(n, t + start, video.frames, 1.2 * min(steps)) for t, n, _ in clip.frames):
        return ""  # of uneven steps ffmpeg shows other frames now and then, none of them at another time
    return f"shows {described(clip.frames)}, not {described(expected)}"


def is_near(number, time, frames, tolerance):
    for at, (t, n, _) in enumerate(frames):
        until = frames[at + 1][0] if at + 1 < len(frames) else t + 1
        if n == number and t - tolerance <= time <= until + tolerance:
            return True
    return False


def wrong_pictures(video, clip):
    """The numbers are right; the rest of the frames and their colours must be, too."""
    by_number = {}
    for _, number, picture in video.frames:
        by_number.setdefault(number, picture)
    worst = max((unlike(by_number.get(number, b""), picture), number) for _, number, picture in clip.frames)
    is_odd = video.said["width"] % 2 or video.said["height"] % 2  # re-encoded, it lacks a row or column of pixels
    return "" if worst[0] <= MOST_UNLIKE + 2 * is_odd else f"frame {worst[1]} looks unlike the video's by {worst[0]:.0f}"


def shift_of(video, clip):
    """What to add to a time of the clip to have that of the video: the middle of what its frames say."""
    times = {}
    for time, number, _ in video.frames:
        times.setdefault(number, []).append(time)
    near = clip.frames[0][0]
    shifts = [min((t - u for t in times[n]), key=lambda shift: abs(shift - near)) if len(times[n]) == 1 else None
              for u, n, _ in clip.frames if n in times]
    shifts = [shift for shift in shifts if shift is not None]
    return statistics.median(shifts) if shifts else None


def wrong_sound(video, clip, start, end, frames_apart):
    """The tone says when it should be heard. `frames_apart`: by how much frames may be off by themselves."""
    if not video.sound:
        return "has sound, and the video has none" if clip.sound else ""
    shift = shift_of(video, clip)
    if shift is None:
        return ""
    if abs(shift - start) > 0.1 + frames_apart or frames_apart > 0.1:
        shift = start  # frames that are so far apart say nothing of the audio
    rate = int(video.audio["sample_rate"])
    slack = 1.5 * WINDOW / HEARD_RATE
    begin = start + PACKETS.get(video.audio["codec_name"], 2048) / rate + slack
    wanted = [(t, said) for t, said in video.sound if begin <= t <= end - slack]
    times = [t + shift for t, _ in clip.sound]
    silent = [t for t, _ in wanted if not times or abs(times[nearest(times, t)] - t) > slack]
    if silent:
        return f"is silent at {', '.join(f'{each:.2f}' for each in silent[:3])} s of the video"
    lags, of_video = [], [t for t, _ in video.sound]
    for time, (_, said) in zip(times, clip.sound):
        at = nearest(of_video, time)
        if abs(of_video[at] - time) < 0.1:
            lags.append((time - said) - (of_video[at] - video.sound[at][1]))
    for at in range(0, max(len(lags) - STRETCH + 1, 1), STRETCH):
        late = statistics.median(lags[at:at + STRETCH] or [0])
        if abs(late) > MOST_APART + frames_apart:
            return f"has its sound {1000 * late:.0f} ms late"
    return ""


def wrong_tags(video, clip, is_copied):
    """The shape of pixels, the colours, how frames are turned, and what else the container says of them."""
    found = []
    was, now = video.said, clip.said
    turned = turning(was)
    is_across = turned and turned[1] == "0" and not is_copied
    wanted = ":".join(reversed(shape(was).split(":"))) if is_across else shape(was)
    if shape(now) != wanted:
        found.append(f"has pixels of {shape(now)}, not {wanted}")
    is_rgb = was.get("pix_fmt", "").startswith(("rgb", "bgr", "gbr", "pal"))
    for each in COLOURS:
        if is_rgb and each == "color_range":
            continue  # red, green and blue have one range; what becomes of them has the usual one
        if was.get(each, "unknown") not in ("unknown", "gbr", now.get(each, LIMITED)):
            found.append(f"says {each} {now.get(each)}, not {was[each]}")
    if is_copied:
        kept = {str(sorted(each.items())) for each in now.get("side_data_list", [])}
        for each in was.get("side_data_list", []):
            if str(sorted(each.items())) not in kept:
                found.append(f"lacks {each['side_data_type']}")
    elif turning(now):
        found.append("is turned twice")
    return "; ".join(found)


def wrong(mode, video, clip, start, end, message):
    """What is wrong with a clip, or nothing. `message` is what the report says of it."""
    as_copied = wrong_copied(video, clip, start, end)
    found = as_copied
    if mode != "lossless" and as_copied:
        found = wrong_encoded(video, clip, start, end)
    if found or not clip.frames:
        return found
    up, _, down = clip.said["r_frame_rate"].partition("/")
    frames_apart = 0.5 * int(down) / int(up) if mode != "lossless" else 0
    return "; ".join(filter(None, [wrong_pictures(video, clip), wrong_sound(video, clip, start, end, frames_apart),
                                   wrong_tags(video, clip, mode == "lossless" or "copied" in message)]))
