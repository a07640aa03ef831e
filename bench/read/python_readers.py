"""python_readers.py READER CLIP FPS FRAMES INDEX,...: what reading a clip costs with PyAV or OpenCV, on one thread.

Checks first that the clip has FRAMES frames, and that a seek to each INDEX gives the frame that stands there when all are
read in turn. Then prints CPU seconds: of one frame from a file that is opened for it, of 8 uniform frames from one, of all.
Frames end as arrays of RGB, as models take them.
"""
import os
import sys
import time

os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "threads;1"


class PyAV:
    def __init__(self, path, fps):
        import av

        self.file = av.open(path)
        self.video = self.file.streams.video[0]
        self.video.thread_type = "NONE"
        self.fps = fps

    def all(self):
        return (frame.to_ndarray(format="rgb24") for frame in self.file.decode(video=0))

    def at(self, index):
        time_of = index / self.fps
        self.file.seek(round(time_of / self.video.time_base), stream=self.video)
        for frame in self.file.decode(video=0):
            if frame.time > time_of - 0.5 / self.fps:
                return frame.to_ndarray(format="rgb24")
        return None


class OpenCV:
    def __init__(self, path, fps):
        import cv2

        cv2.setNumThreads(1)
        self.capture = cv2.VideoCapture(path)
        self.position = cv2.CAP_PROP_POS_FRAMES

    def all(self):
        while True:
            is_read, frame = self.capture.read()
            if not is_read:
                return
            yield frame

    def at(self, index):
        self.capture.set(self.position, index)
        return self.capture.read()[1]


def main():
    reader = {"pyav": PyAV, "opencv": OpenCV}[sys.argv[1]]
    path, fps, frames = sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    indices = [int(each) for each in sys.argv[5].split(",")]
    uniform = [(2 * i + 1) * frames // 16 for i in range(8)]

    right = [frame.tobytes() for frame in reader(path, fps).all()]
    if len(right) != frames:
        sys.exit(f"{len(right)} frames instead of {frames}")
    opened = reader(path, fps)
    for index in indices + uniform:
        found = opened.at(index)
        if found is None or found.tobytes() != right[index]:
            sys.exit(f"a seek does not give frame {index}")
    del right

    begun = time.process_time()
    for index in indices:
        reader(path, fps).at(index)
    random = time.process_time()
    for _ in range(3):
        opened = reader(path, fps)
        for index in uniform:
            opened.at(index)
    eight = time.process_time()
    for _ in range(3):
        for _ in reader(path, fps).all():
            pass
    whole = time.process_time()
    print((random - begun) / len(indices), (eight - random) / 3, (whole - eight) / 3)


main()
