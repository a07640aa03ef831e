"""readers.py CLIP: how many frames OpenCV sees in a clip, and the hash of each one that PyAV sees."""
import hashlib
import sys

import av
import cv2

capture = cv2.VideoCapture(sys.argv[1])
count = 0
while capture.read()[0]:
    count += 1
print("opencv", count)
for frame in av.open(sys.argv[1]).decode(video=0):
    print(hashlib.md5(frame.to_ndarray().tobytes()).hexdigest())
