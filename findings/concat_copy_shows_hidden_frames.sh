#!/bin/bash
# FFmpeg 5.1.9: a stream copy through the concat demuxer makes frames visible that an edit list hides.
#
# `ffmpeg -ss 8 -t 10 -c copy` copies from the key frame at 5 s and hides the three seconds in front by an edit list, so
# each clip shows 302 frames. Two of them joined by `-f concat -c copy` are expected to show 604. They show 694: behind
# the first clip, the packets in front of the second one keep their places in time, and nothing hides them.
# Decoded through the same demuxer they are 604.
. "$(dirname "$0")/packages.sh"
debian_root bookworm ffmpeg=7:5.1.9-0+deb12u1

in_root 'ffmpeg -v error -f lavfi -i testsrc2=s=320x180:r=30:d=30 -c:v libx264 -preset ultrafast -bf 3 -g 150 \
    -keyint_min 150 -sc_threshold 0 -b_strategy 0 source.mp4
ffmpeg -v error -ss 8 -i source.mp4 -t 10 -c copy clip.mp4
printf "file clip.mp4\nfile clip.mp4\n" > both.txt
ffmpeg -v error -f concat -i both.txt -c copy copied.mp4'

shown() { in_root "ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames -of csv=p=0 $1 2>/dev/null" | tr -d ','; }

expect 'version' "$(in_root 'ffmpeg -version' | awk 'NR == 1 {print $3}')" 5.1.9-0+deb12u1
expect 'frames of one clip' "$(shown clip.mp4)" 302
expect 'frames of both, decoded' "$(in_root 'ffmpeg -v error -f concat -i both.txt -fps_mode passthrough -f framemd5 - | grep -vc "#"')" 604
expect 'frames of both, copied' "$(shown copied.mp4)" 694
