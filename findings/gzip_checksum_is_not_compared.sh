#!/bin/bash
# libarchive 3.6.2: bsdtar extracts a .tar.gz in which a bit has changed, writes a file that differs, and ends with status 0.
#
# gzip stores a checksum of the content behind it. libarchive's reader skips it. Where the content cannot be compressed, as
# that of videos, deflate stores it as it is, so a changed byte is nothing that the decompressor could stumble over. gzip and
# GNU tar, which runs it, find the damage. The sums of a .zip file are compared.
. "$(dirname "$0")/packages.sh"
debian_root bookworm libarchive-tools=3.6.2-1+deb12u5

in_root 'head -c 1000000 /dev/urandom >video.mp4; tar -czf videos.tar.gz video.mp4; bsdtar --format zip -cf videos.zip video.mp4'

# changed FILE: the same with one bit in its middle that is another one
changed() { in_root "cp $1 damaged.$1; perl -0777 -pi -e 'substr(\$_, length(\$_) / 2, 1) ^= qq(\\x01)' damaged.$1"; }
changed videos.tar.gz
changed videos.zip

expect 'version' "$(in_root 'bsdtar --version' | awk '{print $2}')" 3.6.2
judged() { in_root "if $* 2>/dev/null; then echo fine; else echo damaged; fi"; }

expect 'gzip -t' "$(judged gzip -t damaged.videos.tar.gz)" damaged
in_root 'mkdir out'
expect 'bsdtar, .tar.gz' "$(judged bsdtar -xf damaged.videos.tar.gz -C out)" fine
expect 'the file that it has written' "$(in_root 'cmp -s out/video.mp4 video.mp4 && echo the same || echo differs')" differs
expect 'its size' "$(in_root 'stat -c %s out/video.mp4')" 1000000
expect 'bsdtar, .zip' "$(judged bsdtar -xf damaged.videos.zip -C out)" damaged
