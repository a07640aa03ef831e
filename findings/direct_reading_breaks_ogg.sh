#!/bin/bash
# FFmpeg 5.1.9: no Ogg file can be opened with `-avioflags direct`, or with AVIOContext.direct of the library.
#
# The documentation says of the flag that it reduces buffering. Matroska, MP4, FLV and MPEG files are read with it as
# without it. Of Ogg, the demuxer finds that the checksum of each page is wrong, and ends with "End of file". The sums are
# right: they are made of what passes through the buffer, and what is read directly does not.
. "$(dirname "$0")/packages.sh"
debian_root bookworm ffmpeg=7:5.1.9-0+deb12u1

in_root 'for type in ogg mkv mp4; do
    ffmpeg -v error -f lavfi -i sine=duration=3 -c:a libopus sound.$type
done'

# opened TYPE WORDS...: what ffprobe calls the container; nothing where it cannot open the file.
opened() { in_root "ffprobe -v quiet ${*:2} -show_entries format=format_name -of csv=p=0 sound.$1 || :"; }

expect 'version' "$(in_root 'ffmpeg -version' | awk 'NR == 1 {print $3}')" 5.1.9-0+deb12u1
expect 'Ogg' "$(opened ogg)" ogg
expect 'Ogg, direct' "$(opened ogg -avioflags direct)" ''
expect 'checksums that are called wrong' \
    "$(in_root 'ffprobe -v repeat+error -avioflags direct sound.ogg 2>&1 | grep -c "CRC mismatch" | awk "{print (\$1 > 0)}"')" 1
expect 'Matroska, direct' "$(opened mkv -avioflags direct)" '"matroska,webm"'
expect 'MP4, direct' "$(opened mp4 -avioflags direct)" '"mov,mp4,m4a,3gp,3g2,mj2"'
