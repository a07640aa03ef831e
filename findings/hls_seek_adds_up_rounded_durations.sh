#!/bin/bash
# FFmpeg 5.1.9: the HLS demuxer seeks by the sum of EXTINF, not by the clock of the segments.
#
# A playlist of version 2 and below must give durations in whole seconds (RFC 8216, 4.3.2.1). Segments of 10.44 s are
# then called 10 s long, and the eleventh begins at 104.4 s while the playlist adds up to 100 s. `-ss 100` lands there:
# the first frame is that of 104.4 s, its time is called 0, and nothing is said. With exact durations it is right.
. "$(dirname "$0")/packages.sh"
debian_root bookworm ffmpeg=7:5.1.9-0+deb12u1

in_root 'ffmpeg -v error -f lavfi -i testsrc2=s=320x180:r=25:d=130 -c:v libx264 -preset ultrafast -bf 0 \
    -g 261 -keyint_min 261 -sc_threshold 0 -f hls -hls_time 10.44 -hls_list_size 0 -hls_playlist_type vod exact.m3u8
sed -E "s/^#EXTINF:10\.4[0-9]*/#EXTINF:10/; s/^(#EXT-X-VERSION:).*/\12/" exact.m3u8 > rounded.m3u8
ffmpeg -v error -i exact.m3u8 -f framemd5 - | grep -v "#" | awk "{print \$NF, (NR - 1) / 25}" > seconds_of_frames'

first_frame() { in_root "grep \"^\$(ffmpeg -v error -ss 100 -i $1 -frames:v 1 -f framemd5 - | awk 'END {print \$NF}')\" seconds_of_frames" | cut -d' ' -f2; }

expect 'version' "$(in_root 'ffmpeg -version' | awk 'NR == 1 {print $3}')" 5.1.9-0+deb12u1
expect 'first frame of -ss 100, exact durations' "$(first_frame exact.m3u8)" 100
expect 'first frame of -ss 100, rounded durations' "$(first_frame rounded.m3u8)" 104.4
