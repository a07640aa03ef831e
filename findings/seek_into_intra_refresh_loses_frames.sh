#!/bin/bash
# FFmpeg 5.1.9, libx264 0.164.3095: a seek into H.264 with intra-refresh loses frames, without an error.
#
# With `intra-refresh=1` libx264 writes one IDR frame and then refreshes columns of macroblocks, one after the other. The
# frame at which a refresh begins has a recovery point message, and FFmpeg's muxer lists it in MP4 as a sync sample, as
# if decoding could begin there. `-ss 3 -t 1` is expected to give the 30 frames from 3 s on. It gives 16, none of which
# is as in a decode of the whole file; from 4 s on it gives none. The status is 0 each time.
. "$(dirname "$0")/packages.sh"
debian_root bookworm ffmpeg=7:5.1.9-0+deb12u1 libx264-164=2:0.164.3095+gitbaee400-3

in_root 'ffmpeg -v error -f lavfi -i testsrc2=s=320x180:r=30:d=6 -c:v libx264 -preset veryfast \
    -x264-params intra-refresh=1:keyint=60:threads=1 source.mp4
ffmpeg -v error -i source.mp4 -f framemd5 - | grep -v "#" | sed "s/.*,//" >whole.txt'

# cut START: decodes one second from there on.
cut() { in_root "ffmpeg -v quiet -ss $1 -i source.mp4 -t 1 -f framemd5 - >part.txt && grep -v '#' part.txt | sed 's/.*,//' >part_$1.txt || :"; }
cut 3
cut 4

expect 'version' "$(in_root 'ffmpeg -version' | awk 'NR == 1 {print $3}')" 5.1.9-0+deb12u1
expect 'sync samples' "$(in_root 'ffprobe -v error -show_entries packet=flags -of csv=p=0 source.mp4' | grep -c K)" 3
expect 'IDR frames' "$(in_root 'ffmpeg -v info -i source.mp4 -c copy -bsf:v trace_headers -f null - 2>&1' | grep -c 'nal_unit_type .*= 5$')" 1
expect 'frames of 1 s from 3 s on' "$(in_root 'wc -l <part_3.txt')" 16
expect 'of them as in the whole file' "$(in_root 'grep -cxFf whole.txt part_3.txt || :')" 0
expect 'frames of 1 s from 4 s on' "$(in_root 'wc -l <part_4.txt')" 0
