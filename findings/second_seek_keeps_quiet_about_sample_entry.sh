#!/bin/bash
# libavformat 5.1: of an MP4 file with two sample entries, the first packet behind a seek has the entry's parameters
# (AV_PKT_DATA_NEW_EXTRADATA) or has not, depending on which packet was read before the seek.
#
# A sample names its entry, and libavformat tells of it only where it differs from that of the packet that it read before,
# wherever that was. So of two equal seeks the second one tells nothing. A program with a new decoder for each clip then
# decodes with the first entry's parameters, which is no error: here no frame is the one that it should be.
. "$(dirname "$0")/packages.sh"
debian_root bookworm ffmpeg=7:5.1.9-0+deb12u1 python3-av=10.0.0-1+b1

cp "$(dirname "$0")/../tests/support/two_descriptions.py" "$root/tmp/"
cat >"$root/tmp/seek.py" <<'END'
import av


def frames_at(file, second):
    """Ten frames from there on, by a decoder of their own."""
    stream = file.streams.video[0]
    file.seek(int(second / stream.time_base), stream=stream)
    decoder = av.CodecContext.create('h264', 'r')
    decoder.extradata = stream.codec_context.extradata
    frames = (frame for packet in file.demux(stream) for frame in decoder.decode(packet))
    return [bytes(next(frames).planes[1]) for _ in range(10)]


file = av.open('video.mp4')
first, again = frames_at(file, 5), frames_at(file, 5)
frames_at(file, 1)
back = frames_at(file, 5)
print(sum(one == other for one, other in zip(first, again)), sum(one == other for one, other in zip(first, back)))
END
in_root 'for name in 1 2; do
             set -- ; [ $name = 1 ] || set -- -x264-params chroma-qp-offset=-12
             ffmpeg -v error -f lavfi -i testsrc2=size=160x90:rate=20:duration=4 -c:v libx264 -threads 1 -preset veryfast \
                 -pix_fmt yuv420p -g 20 "$@" $name.mp4
             echo "file $name.mp4" >>list
         done
         ffmpeg -v error -f concat -auto_convert 0 -i list -c copy joined.mp4
         python3 two_descriptions.py joined.mp4 2.mp4 video.mp4'

expect 'version' "$(in_root 'ffmpeg -version' | awk 'NR == 1 {print $3}')" 5.1.9-0+deb12u1
expect 'frames of 10 that the same seek gives again, and after a seek to the first entry' "$(in_root 'python3 seek.py')" '0 10'
