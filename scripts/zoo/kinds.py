"""The videos of the zoo: what writes each, and what a mode may refuse of it."""

from looking import TONE
from playlists import PLAYLISTS

SECONDS = 6

X264 = "-c:v libx264 -preset veryfast -threads 1 -pix_fmt yuv420p"
X265 = "-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=40:bframes=3"
VP9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M -g 40"
SVT = "-c:v libsvtav1 -preset 12 -crf 30 -g 40"
AAC = "-c:a aac -b:a 48k"
USUAL = f"{X264} -bf 2 -g 40"

# Frame structures of H.264, each in each of these containers
STRUCTURES = {
    "intra": "-g 1",
    "no_b": "-bf 0 -g 40",
    "b_frames": "-bf 2 -g 40",
    "pyramid": "-bf 5 -g 60 -x264-params b-pyramid=normal:b-adapt=0",
    "open_gop": "-bf 3 -x264-params open-gop=1:keyint=40:min-keyint=10",
    "one_key": "-bf 2 -g 999 -sc_threshold 0",
    "refresh": "-g 40 -x264-params intra-refresh=1",
    "slices": "-bf 2 -g 40 -x264-params slices=4:aud=1",
    "interlaced": "-bf 2 -g 40 -flags +ildct+ilme",  # MBAFF
}
CONTAINERS = {
    "mp4": ".mp4",
    "fragments": ".frag.mp4 -movflags frag_keyframe+empty_moov",
    "dash": ".dash.mp4 -movflags frag_keyframe+empty_moov+dash+global_sidx",
    "mkv": ".mkv",
    "ts": ".ts",
    "flv": ".flv",
}
# When the frames are shown
TIMINGS = {
    "ntsc": ("-r 30000/1001", ""),
    "slow": ("-r 7", ""),
    "very_slow": ("", "-r 1"),
    "fast": ("-stream_loop 2 -r 60", ""),
    "very_fast": ("-stream_loop 9 -r 240", ""),
    "uneven": ("", "-vf select='not(eq(mod(n\\,7)\\,3))' -fps_mode vfr"),
    "gap": ("", "-vf select='lt(t\\,2.4)+gt(t\\,3.3)' -fps_mode vfr"),
    "late": ("", "-output_ts_offset 5.3"),
    "negative": ("", "-output_ts_offset -0.7 -avoid_negative_ts disabled"),
    "wrap": ("", "-output_ts_offset 95440"),  # MPEG-TS counts 26.5 hours, and begins anew
    "clock": ("", "-video_track_timescale 1000 -muxdelay 0"),
    "faststart": ("", "-movflags faststart"),
}
# Other codecs, and the containers that they are in
CODECS = {
    "bottom_first": (X264 + " -bf 2 -g 40 -x264-params bff=1 -flags +ildct+ilme", "mp4 mkv ts"),
    "fake_interlaced": (X264 + " -bf 2 -g 40 -x264-params fake-interlaced=1", "mp4 mkv ts"),
    "hrd": (X264 + " -bf 2 -g 40 -maxrate 1M -bufsize 1M -x264-params nal-hrd=vbr", "mp4 mkv ts"),
    "hevc": (X265, "mp4 mkv ts"),
    "hevc_closed": (X265 + ":open-gop=0 -tag:v hvc1", "mp4 mov"),
    "hevc_10bit": (X265 + " -pix_fmt yuv420p10le", "mp4 mkv ts"),
    "hevc_422": (X265 + " -pix_fmt yuv422p10le", "mp4 mkv"),
    "hevc_444": (X265 + " -pix_fmt yuv444p", "mp4"),
    "h264_10bit": (X264.replace("yuv420p", "yuv420p10le") + " -g 40", "mp4 mkv"),
    "h264_422": (X264.replace("yuv420p", "yuv422p") + " -g 40", "mp4 mkv"),
    "h264_422_10bit": (X264.replace("yuv420p", "yuv422p10le") + " -g 40", "mp4 mov"),
    "h264_444": (X264.replace("yuv420p", "yuv444p") + " -g 40", "mp4 mkv"),
    "h264_odd": (X264.replace("yuv420p", "yuv444p") + " -g 40 -vf scale=193:97", "mp4 mkv"),
    "h264_cropped": (USUAL + " -vf scale=194:98", "mp4 ts"),
    "h264_rgb": ("-c:v libx264rgb -preset veryfast -g 40", "mp4 mkv"),
    "h264_full": (X264.replace("yuv420p", "yuvj420p") + " -g 40", "mp4 mov"),
    "h264_baseline": (X264 + " -profile:v baseline -g 40", "mp4 3gp"),
    "vp8": ("-c:v libvpx -deadline realtime -cpu-used 8 -b:v 1M -g 40", "webm mkv"),
    "vp9": (VP9, "webm mp4"),
    "vp9_10bit": (VP9 + " -pix_fmt yuv420p10le", "webm mp4"),
    "vp9_444": (VP9 + " -pix_fmt yuv444p", "webm mp4"),
    "vp9_odd": (VP9 + " -vf scale=193:97", "webm mp4"),
    "vp9_live": (VP9 + " -live 1", "webm"),
    "vp9_hidden": ("-c:v libvpx-vp9 -deadline good -cpu-used 5 -b:v 1M -g 40 -auto-alt-ref 1 -lag-in-frames 16", "webm mp4"),
    "av1": ("-c:v libaom-av1 -cpu-used 8 -usage realtime -b:v 1M -g 40", "mp4 webm"),
    "av1_svt": (SVT, "mp4 mkv"),
    "av1_10bit": (SVT + " -pix_fmt yuv420p10le", "mp4 mkv"),
    "av1_odd": ("-c:v libaom-av1 -cpu-used 8 -usage realtime -b:v 1M -g 40 -vf scale=193:97", "mp4"),
    "mpeg4": ("-c:v mpeg4 -q:v 3 -g 40", "mp4 avi mov 3gp"),
    "mpeg4_b": ("-c:v mpeg4 -q:v 3 -g 40 -bf 2", "mp4 avi mkv"),
    "mpeg4_odd": ("-c:v mpeg4 -q:v 3 -g 40 -vf scale=193:97", "mp4 avi"),
    "mpeg2": ("-c:v mpeg2video -q:v 3 -g 15 -bf 2", "mpg ts mkv mp4 vob"),
    "mpeg2_422": ("-c:v mpeg2video -q:v 3 -g 15 -bf 2 -pix_fmt yuv422p", "ts mkv mov"),
    "mpeg2_interlaced": ("-c:v mpeg2video -q:v 3 -g 15 -bf 2 -flags +ildct+ilme", "mpg ts mp4"),
    "mpeg1": ("-c:v mpeg1video -q:v 3 -g 15 -bf 2", "mpg"),
    "mjpeg": ("-c:v mjpeg -q:v 3", "avi mov mp4 mkv"),
    "mjpeg_422": ("-c:v mjpeg -q:v 3 -pix_fmt yuvj422p", "avi mov"),
    "theora": ("-c:v libtheora -q:v 8 -g 40", "ogv mkv"),
    "ffv1": ("-c:v ffv1", "mkv avi"),
    "huffyuv": ("-c:v huffyuv -pix_fmt yuv422p", "avi mkv"),
    "raw": ("-c:v rawvideo -pix_fmt uyvy422", "avi mov"),
    "qtrle": ("-c:v qtrle", "mov"),
    "png": ("-c:v png", "mov mkv"),
    "dv": ("-c:v dvvideo -vf scale=720:576 -pix_fmt yuv420p", "avi mov"),
    "jpeg2000": ("-c:v jpeg2000", "mov"),
    "h263": ("-c:v h263 -q:v 3 -g 40 -vf scale=176:144", "3gp avi"),
    "msmpeg4": ("-c:v msmpeg4 -q:v 3 -g 40", "avi wmv"),
    "prores": ("-c:v prores_ks -profile:v 0", "mov"),
    "prores_4444": ("-c:v prores_ks -profile:v 4 -pix_fmt yuva444p10le", "mov mkv"),
    "wmv2": ("-c:v wmv2 -q:v 3 -g 40", "wmv"),
    "flv1": ("-c:v flv1 -q:v 3 -g 40", "flv"),
    "h264_avi": (X264 + " -bf 0 -g 40", "avi mov 3gp m4v 3g2 m2ts asf"),
}
AUDIO = {
    "mp3": "-c:a libmp3lame", "ac3": "-c:a ac3", "opus": "-c:a libopus", "vorbis": "-c:a libvorbis", "pcm": "-c:a pcm_s16le",
    "flac": "-c:a flac", "alac": "-c:a alac", "eac3": "-c:a eac3", "aac_8k": "-c:a aac -ar 8000", "aac_96k": "-c:a aac -ar 96000",
    "surround": "-c:a aac -ac 6", "none": "-an",
}
# Colours and pixels, as the stream and the container say them
LOOKS = {
    "colours_709": (USUAL + " -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv", "mp4 mov mkv ts"),
    "colours_601": (USUAL + " -colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m", "mp4 mkv"),
    "colours_full": (USUAL.replace("yuv420p", "yuvj420p") + " -colorspace bt470bg -color_trc iec61966-2-1", "mp4 mkv ts"),
    "colours_hdr": (X265 + ":hdr10=1:repeat-headers=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:max-cll=1000,400:"
                    "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
                    " -pix_fmt yuv420p10le -tag:v hvc1", "mp4 mov mkv"),
    "colours_hlg": (X265 + ":colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc -pix_fmt yuv420p10le -tag:v hvc1", "mov"),
    "sar_both": (USUAL + " -vf setsar=4/3", "mp4 mkv ts avi"),
    "sar_hevc": (X265 + " -vf setsar=4/3", "mp4 mkv ts"),
    "sar_vp9": (VP9 + " -vf setsar=4/3", "webm mp4"),
    "sar_mpeg4": ("-c:v mpeg4 -q:v 3 -g 40 -vf setsar=4/3", "mp4 avi mov"),
    "sar_mpeg2": ("-c:v mpeg2video -q:v 3 -g 15 -vf setdar=16/9", "mpg ts mp4"),
    "sar_unsaid": (USUAL + " -vf setsar=0", "mp4 mkv"),
}
# Frames are turned by the container: a, b, c and d of its matrix, and the filter that turns upright frames back
TURNED = {
    "turned_90": ("0,1,-1,0", "transpose=cclock"), "turned_180": ("-1,0,0,-1", "hflip,vflip"),
    "turned_270": ("0,-1,1,0", "transpose=clock"), "mirrored": ("-1,0,0,1", "hflip"), "upside_down": ("1,0,0,-1", "vflip"),
    "transposed": ("0,1,1,0", "transpose=cclock_flip"),
}
# Frames and audio in two files: what they are made of, and the two containers
APART = {
    "apart_mp4": ("b_frames_mp4.mp4", "mp4", "m4a"), "apart_webm": ("vp9_webm.webm", "webm", "webm"),
    "apart_late": ("sound_late_mp4.mp4", "mp4", "m4a"), "apart_edit": ("b_frames_edit.mp4", "mp4", "m4a"),
    "apart_late_frames": ("late_frames_mp4.mp4", "mp4", "m4a"),
}
# Videos that are read otherwise than their first stream of frames, or as another video
STREAMS = {"still_first_mp4.mp4": "0:v:1", "still_first_mkv.mkv": "0:v:1", "cover_mkv.mkv": "0:v:1"}
REFERENCES = {"hls_ts_broken": "hls_ts", "hls_fmp4_broken": "hls_fmp4", **{apart: how[0] for apart, how in APART.items()}}

MASTERING = "mdcv:33c286c41d4c0bb884d03e803d1340420098968000000032"
LIGHT = "clli:03e80190"
DOLBY_VISION = "dvvC:0100101d10" + 19 * "00"  # profile 8.1
STEREO = "st3d:0000000001"


def zoo():
    """Name of a file -> the commands that write it to {out}. {work} is a folder for what comes in between."""
    made = {}
    tone = f"-f lavfi -i {TONE}:s=48000:d={SECONDS}"
    ffmpeg = "ffmpeg -nostdin -v error -y"
    boxes = "python3 {here}/boxes.py"

    def by_ffmpeg(name, words, before="", audio=AAC, sound=tone, after=""):
        made[name] = [f"{ffmpeg} {before} -i {{master}} {sound} {audio} {words} {after} {{out}}"]

    def audio_for(ending):
        return {"webm": "-c:a libopus", "ogv": "-c:a libvorbis", "mpg": "-c:a mp2", "vob": "-c:a mp2", "wmv": "-c:a wmav2",
                "flv": "-c:a libmp3lame"}.get(ending, AAC)

    def from_another(name, source, *commands):
        made[name] = [command.replace("{source}", "{zoo}/" + source) for command in commands]

    for structure, words in STRUCTURES.items():
        for container, how in CONTAINERS.items():
            ending, _, options = how.partition(" ")
            by_ffmpeg(f"{structure}_{container}{ending[ending.rindex('.'):]}", f"{X264} {words} {options}")
    for timing, (before, words) in TIMINGS.items():
        for ending in ("mp4", "mkv", "ts"):
            by_ffmpeg(f"{timing}_{ending}.{ending}", f"{USUAL} {words}", before)
    for codec, (words, endings) in {**CODECS, **LOOKS}.items():
        for ending in endings.split():
            by_ffmpeg(f"{codec}_{ending}.{ending}", words, audio=audio_for(ending))
    for audio, words in AUDIO.items():
        for ending in ("mkv", "mov"):
            if not (ending == "mov" and audio in ("opus", "vorbis", "flac")):
                by_ffmpeg(f"audio_{audio}_{ending}.{ending}", USUAL, audio=words)

    # What is beside the frames
    for ending in ("mp4", "mkv", "ts"):
        by_ffmpeg(f"sound_late_{ending}.{ending}", USUAL, sound="-itsoffset 1.5 " + tone)
        by_ffmpeg(f"sound_ends_{ending}.{ending}", USUAL, sound=tone.replace(f"d={SECONDS}", "d=2.7"))
        by_ffmpeg(f"sound_longer_{ending}.{ending}", USUAL, sound=tone.replace(f"d={SECONDS}", "d=8"))
        by_ffmpeg(f"two_videos_{ending}.{ending}", f"-map 0:v -map 1:a -map 2:v {USUAL}",
                  sound=f"{tone} -f lavfi -i testsrc=s=64x48:r=10:d={SECONDS}")
        by_ffmpeg(f"two_sounds_{ending}.{ending}", f"-map 0:v -map 1:a -map 2:a {USUAL}",
                  sound=f"{tone} -f lavfi -i sine=300:d={SECONDS}")
    for ending, codec in (("mp4", "mov_text"), ("mkv", "srt")):
        third = f"{USUAL} -map 2 -map 0:v -map 1:a"
        still, picture = "-c:v:0 mjpeg -bf:v:0 0 -pix_fmt:v:0 yuvj420p", f"{tone} -f lavfi -i color=red:s=320x240:d=0.04"
        by_ffmpeg(f"subtitles_{ending}.{ending}", f"{third} -c:s {codec}", sound=f"{tone} -i {{here}}/said.srt")
        by_ffmpeg(f"cover_{ending}.{ending}", f"{third} {still} -disposition:v:0 attached_pic", sound=picture)
        by_ffmpeg(f"still_first_{ending}.{ending}", f"{third} {still}", sound=picture)
    by_ffmpeg("timecode_mov.mov", USUAL + " -timecode 01:00:00:00")
    by_ffmpeg("chapters_mov.mov", USUAL + " -map 0:v -map 1:a -map_metadata 2", sound=tone + " -i {here}/chapters.txt")

    # What only the container says, or says otherwise
    def copied(before="", after="", out="{out}"):
        return f"{ffmpeg} {before} -i {{source}} -c copy {after} {out}"

    plain = "b_frames_mp4.mp4"
    from_another("sar_stream.mp4", "sar_both_mp4.mp4", boxes + " {source} {out} rename=pasp:free")
    for ending in ("mp4", "mkv", "mov"):
        from_another(f"sar_container_{ending}.{ending}", "sar_unsaid_mp4.mp4", copied(after="-aspect 3:1"))
        from_another(f"sar_differs_{ending}.{ending}", "sar_both_mp4.mp4", copied(after="-aspect 3:1"))
    from_another("colours_differ_mp4.mp4", "colours_709_mp4.mp4", copied(
        after="-bsf:v h264_metadata=matrix_coefficients=6:transfer_characteristics=6:colour_primaries=6"))
    from_another("colours_unsaid_mp4.mp4", "colours_709_mp4.mp4", boxes + " {source} {out} rename=colr:free")
    for turned, (matrix, _) in TURNED.items():
        from_another(f"{turned}_mp4.mp4", plain, f"{boxes} {{source}} {{out}} matrix={matrix}")
    from_another("turned_90_sar.mp4", "sar_both_mp4.mp4", boxes + " {source} {out} matrix=0,1,-1,0")
    from_another("turned_90_phone.mov", "colours_hlg_mov.mov", f"{boxes} {{source}} {{out}} matrix=0,1,-1,0 describe={DOLBY_VISION}")
    from_another("side_hdr_mp4.mp4", "colours_hdr_mp4.mp4", f"{boxes} {{source}} {{out}} describe={MASTERING} describe={LIGHT}")
    from_another("side_h264_mp4.mp4", plain, f"{boxes} {{source}} {{out}} describe={MASTERING} describe={LIGHT}")
    from_another("side_dolby_mp4.mp4", "colours_hdr_mp4.mp4", f"{boxes} {{source}} {{out}} describe={DOLBY_VISION}")
    from_another("side_stereo_mp4.mp4", plain, f"{boxes} {{source}} {{out}} describe={STEREO}")
    from_another("side_stereo_mkv.mkv", plain, copied(after="-metadata:s:v stereo_mode=left_right"))
    for ending in ("mp4", "mkv", "ts"):
        from_another(f"late_frames_{ending}.{ending}", plain, copied(before="-i {source} -itsoffset 1.3", after="-map 1:v -map 0:a"))
    from_another("edits_two_mp4.mp4", plain, boxes + " {source} {out} edits=0-2,2.8-6")
    from_another("edits_later_mp4.mp4", plain, boxes + " {source} {out} edits=0.52-6")

    # Encrypted
    key = "0123456789abcdef" * 2
    secret = f"-encryption_scheme cenc-aes-ctr -encryption_key {key} -encryption_kid {key}"
    from_another("cenc_mp4.mp4", plain, copied(after=secret))
    from_another("cenc_fragments.mp4", plain, copied(after=secret + " -movflags frag_keyframe+empty_moov"))
    from_another("cenc_video_mp4.mp4", "cenc_mp4.mp4", boxes + " {source} {out} clear=audio")
    from_another("cenc_audio_mp4.mp4", "cenc_mp4.mp4", boxes + " {source} {out} clear=video")
    from_another("cbcs_mp4.mp4", "cenc_mp4.mp4", boxes + " {source} {out} scheme=cbcs")
    from_another("cbcs_fragments.mp4", "cenc_fragments.mp4", boxes + " {source} {out} scheme=cbcs")
    from_another("cbcs_video_mp4.mp4", "cenc_video_mp4.mp4", boxes + " {source} {out} scheme=cbcs")
    from_another("cbcs_audio_mp4.mp4", "cenc_audio_mp4.mp4", boxes + " {source} {out} scheme=cbcs")
    from_another("scrambled_ts.ts", "b_frames_ts.ts", boxes + " {source} {out} scramble")

    # In fields that are coded by themselves (PAFF). mpeg2enc crashes when it should write such MPEG-2.
    twice = f"{ffmpeg} -i {{master}} -vf fps=50"
    intra = "-c:v libx264 -profile:v main -bf 0 -g 1 -x264-params cabac=0:threads=1 -pix_fmt yuv420p"
    fields = [f"{twice} {intra} -f h264 {{work}}/frames",
              "python3 {here}/../../tests/support/field_coded.py {work}/frames {work}/fields",
              f"{ffmpeg} -r 50 -f h264 -i {{work}}/fields {tone} {AAC} -c:v copy {{work}}/fields.ts"]
    made["paff_ts.ts"] = fields[:2] + [fields[2].replace("{work}/fields.ts", "{out}")]
    for ending in ("mp4", "mkv"):
        made[f"paff_{ending}.{ending}"] = fields + [f"{ffmpeg} -i {{work}}/fields.ts -c copy {{out}}"]

    # Served as playlists
    for playlist, how in PLAYLISTS.items():
        from_another(playlist, plain, f"python3 {{here}}/playlists.py {{out}} {{source}} {playlist} {how}")

    # Of other makers
    for structure in ("b_frames", "open_gop", "one_key"):
        source = f"{structure}_mp4.mp4"
        from_another(f"{structure}_edit.mp4", source, copied(before="-ss 0.7"))
        from_another(f"{structure}_mkvmerge.mkv", source, "mkvmerge -q -o {out} {source}")
        from_another(f"{structure}_mkvmerge_small.mkv", source,
                     "mkvmerge -q --cluster-length 300ms --no-cues --disable-lacing -o {out} {source}")
        for mux, ending in (("mp4mux", "mp4"), ("mp4mux fragment-duration=1000", "frag.mp4"), ("qtmux faststart=true", "mov"),
                            ("matroskamux", "mkv"), ("mpegtsmux", "ts"), ("flvmux", "flv")):
            name = f"{structure}_gst_{ending.replace('.', '_')}.{ending.split('.')[-1]}"
            from_another(name, source, "gst-launch-1.0 -q filesrc location={source} ! qtdemux name=d "
                         "d.video_0 ! queue ! h264parse ! m. d.audio_0 ! queue ! aacparse ! m. "
                         + f"{mux} name=m ! filesink location={{out}}")
        for ending in ("mp4", "ts", "mkv", "avi"):
            from_another(f"{structure}_vlc_{ending}.{ending}", source, "cvlc -q -I dummy {source} --sout "
                         f"#std{{{{access=file,mux={ending},dst={{out}}}}}} vlc://quit")

    # Served with frames and audio in two files
    for apart, (source, of_frames, of_audio) in APART.items():
        from_another(apart, source, "mkdir {out}", copied(after="-an", out=f"{{out}}/frames.{of_frames}"),
                     copied(after="-vn", out=f"{{out}}/sound.{of_audio}"))
    return made


# One of each container and of what is hard
SAMPLE = [
    "b_frames_mp4.mp4", "b_frames_edit.mp4", "pyramid_dash.mp4", "open_gop_ts.ts", "refresh_mkv.mkv", "gap_mp4.mp4",
    "mpeg4_b_avi.avi", "hls_ts_apart_late", "still_first_mp4.mp4",
    "very_slow_mkv.mkv",
]
