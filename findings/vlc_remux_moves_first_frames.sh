#!/bin/bash
# VLC 3.0.24: rewriting H.264 with B-frames shows the first two frames too late.
#
# `cvlc FILE --sout '#std{access=file,mux=ts,dst=OUT}'` copies the packets of an MP4 into another container. Each is expected
# to keep its time beside the others. The first one, the key frame, comes two frames too late and the second one a frame too
# late, so both have the times of other frames. It is so in MPEG-TS, MP4 and Matroska; from the third on all are right.
. "$(dirname "$0")/packages.sh"
debian_root bookworm ffmpeg=7:5.1.9-0+deb12u1 vlc-bin=3.0.24-0+deb12u1 vlc-plugin-base=3.0.24-0+deb12u1

in_root 'ffmpeg -v error -f lavfi -i testsrc2=s=320x180:r=25:d=4 -c:v libx264 -preset ultrafast -bf 3 -g 50 -b_strategy 0 \
    source.mp4
for kind in ts mp4 mkv; do
    setpriv --reuid=65534 --clear-groups cvlc -q -I dummy source.mp4 --sout "#std{access=file,mux=$kind,dst=vlc.$kind}" \
        vlc://quit >/dev/null 2>&1
done'

# Milliseconds of the first six packets, counted from the fourth.
times()
{
    in_root "ffprobe -v error -select_streams v -show_entries packet=pts_time -of csv=p=0 $1" | tr -d ',' | grep . |
        awk 'NR < 7 {t[NR] = $1 * 1000} END {for (i = 1; i < 7; i++) printf "%s%.0f", (i == 1 ? "" : " "), t[i] - t[4]}'
}

expect 'version' "$(in_root 'setpriv --reuid=65534 --clear-groups cvlc --version 2>/dev/null' | awk 'NR == 1 {print $3}')" 3.0.24
expect 'source' "$(times source.mp4)" '-40 120 40 0 80 280'
expect 'rewritten as MPEG-TS' "$(times vlc.ts)" '40 160 40 0 80 280'
expect 'rewritten as MP4' "$(times vlc.mp4)" '40 160 40 0 80 280'
expect 'rewritten as Matroska' "$(times vlc.mkv)" '40 160 40 0 80 280'
