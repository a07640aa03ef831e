#!/bin/bash
# OpenH264 2.3.1, libx264 0.164.3095: the decoder shows B-frames with 8x8 partitions wrong, and a frame too early, without
# an error.
#
# A decoder of H.264 has no freedom: each sample of each frame is defined. Of libx264's file without partitions
# (`partitions=none`), OpenH264 decodes all frames as FFmpeg does, but for frame 179, the last one in front of a key frame:
# there it shows frame 184. With `partitions=b8x8`, which is among x264's defaults, 169 of 240 frames differ. GStreamer's
# openh264dec, which this uses, says nothing of either.
. "$(dirname "$0")/packages.sh"
debian_root bookworm ffmpeg=7:5.1.9-0+deb12u1 libx264-164=2:0.164.3095+gitbaee400-3 libopenh264-7=2.3.1+dfsg-3+deb12u2 \
    gstreamer1.0-plugins-bad=1.22.0-4+deb12u8 gstreamer1.0-plugins-good=1.22.0-5+deb12u4 \
    gstreamer1.0-tools=1.22.0-2+deb12u1

# differing PARTITIONS: counts the frames that are not as FFmpeg decodes them, and leaves the PSNR of all in psnr.txt.
differing()
{
    in_root "ffmpeg -y -v error -f lavfi -i testsrc2=s=320x180:r=30:d=8 -pix_fmt yuv420p -c:v libx264 -preset veryfast \
        -x264-params threads=1:keyint=60:min-keyint=60:scenecut=0:partitions=$1 source.mp4
    gst-launch-1.0 -q filesrc location=source.mp4 ! qtdemux ! h264parse ! openh264dec ! video/x-raw,format=I420 ! \
        filesink location=shown.yuv
    ffmpeg -v error -f rawvideo -s 320x180 -r 30 -i shown.yuv -i source.mp4 \
        -lavfi 'psnr=stats_file=psnr.txt' -f null -
    grep -vc 'psnr_avg:inf' psnr.txt || :"
}

expect 'version' "$(in_root 'dpkg-query -W -f "\${Version}" libopenh264-7')" 2.3.1+dfsg-3+deb12u2
expect 'frames that differ without partitions' "$(differing none)" 1
expect 'the one' "$(in_root "grep -v psnr_avg:inf psnr.txt | cut -d' ' -f1")" n:180
expect 'what it shows' "$(in_root 'ffmpeg -v error -i source.mp4 -f framemd5 - | awk "/^0/ {print \$NF}" >right.txt
    ffmpeg -v error -f rawvideo -s 320x180 -r 30 -i shown.yuv -f framemd5 - | awk "/^0/ {print \$NF}" | sed -n 180p >one.txt
    grep -nxFf one.txt right.txt' | cut -d: -f1)" 185
expect 'frames that differ with 8x8 partitions in B-frames' "$(differing b8x8)" 169
