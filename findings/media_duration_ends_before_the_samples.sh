#!/bin/bash
# FFmpeg 5.1.9: the duration that libavformat writes for an MP4 track ends before the track's last samples do.
#
# `mdhd` says how long the media of a track last, and `stts` how long each sample does; the sum is expected to be the
# duration. A video whose first frame is shown for long, with B-frames behind it, has a larger delay between decoding
# and showing at its beginning than at its end. libavformat writes the time from the first frame's showing to the last
# one's end: 61440 ticks. The samples take 65024, and the last seven are decoded at or behind the end that the file
# claims. Who takes the duration for the length of the track calls the file damaged, or leaves out frames.
. "$(dirname "$0")/packages.sh"
debian_root bookworm ffmpeg=7:5.1.9-0+deb12u1

in_root 'ffmpeg -v error -f lavfi -i testsrc2=s=320x180:r=30:d=4 -vf "select=eq(n\,0)+gte(n\,8)" -fps_mode vfr \
    -c:v libx264 -preset veryfast -bf 3 -threads 1 video.mp4
ffprobe -v error -ignore_editlist 1 -show_entries stream=duration_ts -of csv=p=0 video.mp4 > duration
ffprobe -v error -ignore_editlist 1 -show_entries packet=dts -of csv=p=0 video.mp4 | tr -d , > decoded'

duration=$(in_root 'cat duration')
expect 'version' "$(in_root 'ffmpeg -version' | awk 'NR == 1 {print $3}')" 5.1.9-0+deb12u1
expect 'duration of the media, in ticks' "$duration" 61440
expect 'the first sample is decoded at' "$(in_root 'head -n 1 decoded')" 0
expect 'the last sample is decoded at' "$(in_root 'tail -n 1 decoded')" 64512
expect 'samples at or behind the end' "$(in_root 'cat decoded' | awk -v end="$duration" '$1 >= end' | wc -l)" 7
