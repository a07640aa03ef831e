#!/bin/bash
# FFmpeg 7.1: what its MP4 muxer writes with `-encryption_scheme cenc-aes-ctr` and fragments from the beginning
# (`+empty_moov`), its own demuxer does not open, with the key or without. FFmpeg 5.1 reads back what it writes in this way.
#
# The muxer writes boxes for encrypted samples into the index in front, which has no samples; since 7.1 the demuxer takes them
# for damage. A player, or a program that only wants to say "this is encrypted", gets "Invalid data" instead.
. "$(dirname "$0")/packages.sh"
debian_root trixie ffmpeg=7:7.1.5-0+deb13u1

key=00112233445566778899aabbccddeeff
# written NAME WORDS...
written()
{
    in_root "ffmpeg -v error -f lavfi -i testsrc2=size=160x90:rate=25:duration=2 -c:v libx264 -preset ultrafast \
        -encryption_scheme cenc-aes-ctr -encryption_key $key -encryption_kid $key ${*:2} $1"
}
written whole.mp4
written fragments.mp4 -movflags frag_keyframe+empty_moov

# frames NAME WORDS...: how many are decoded with the key; what is said if the file is not opened
frames() { in_root "ffprobe -v error -decryption_key $key -count_packets -show_entries stream=nb_read_packets -of csv=p=0 $1 2>&1 | tail -n 1"; }

expect 'version' "$(in_root 'ffmpeg -version' | awk 'NR == 1 {print $3}')" 7.1.5-0+deb13u1
expect 'packets of the file without fragments' "$(frames whole.mp4)" 50
expect 'the file of fragments' "$(frames fragments.mp4)" 'fragments.mp4: Invalid data found when processing input'
