#!/bin/bash
# FFmpeg 5.1.9: `-r 10` below the source's rate chooses frames by the output container, and unevenly.
#
# Of a 30 fps source from 8 s on, `-vf fps=10` takes every third frame: 241, 244, 247 ... `-r 10` into NUT begins with
# 240, 241 and then takes every third; into MP4 it begins with 240, 241, 242 and goes on with 245, 248 ..., which shows
# each frame 133 ms later than where it stands in the source, beside audio that is not late.
. "$(dirname "$0")/packages.sh"
debian_root bookworm ffmpeg=7:5.1.9-0+deb12u1

in_root 'ffmpeg -v error -f lavfi -i testsrc2=s=320x180:r=30:d=12 -c:v libx264 -qp 0 -preset ultrafast source.mp4
ffmpeg -v error -i source.mp4 -f framemd5 - | grep -v "#" | awk "{print \$NF, NR - 1}" > numbers_of_frames'

# frames OPTIONS FILE: the numbers, in the source, of the first six frames of two seconds from 8 s on
frames()
{
    in_root "ffmpeg -v error -y -ss 8 -i source.mp4 -t 2 $1 -c:v libx264 -qp 0 -preset ultrafast $2
        ffmpeg -v error -i $2 -f framemd5 - | grep -v '#' | awk 'NR <= 6 {print \$NF}' | while read -r sum; do
            grep \"^\$sum\" numbers_of_frames | cut -d' ' -f2; done | paste -sd' '"
}

expect 'version' "$(in_root 'ffmpeg -version' | awk 'NR == 1 {print $3}')" 5.1.9-0+deb12u1
expect '-vf fps=10, MP4' "$(frames '-vf fps=10' filter.mp4)" '241 244 247 250 253 256'
expect '-r 10, NUT' "$(frames '-r 10' option.nut)" '240 241 244 247 250 253'
expect '-r 10, MP4' "$(frames '-r 10' option.mp4)" '240 241 242 245 248 251'
