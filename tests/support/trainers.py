"""trainers.py LAYOUT OUT SPLIT: loads an exported folder as the layout's trainer does, and prints a line a clip:
"clip", its index and the number of its frames.

torchvision is the library itself. The others are the few lines in which SlowFast (tools/datasets/kinetics.py), mmaction2
(VideoDataset) and webdataset (group_by_keys) read their lists, written down again; PyAV counts the frames.
"""
import io
import json
import pathlib
import sys
import tarfile

import av


def frames_in(source):
    with av.open(source) as clip:
        return sum(1 for _ in clip.decode(video=0))


def torchvision_clips(out, split):
    from torchvision.datasets import Kinetics

    data = Kinetics(str(out), frames_per_clip=2, split=split, num_workers=1, output_format="TCHW")
    assert len(data.classes) == len(list((out / split).iterdir()))
    video, audio, index = data[0]
    assert tuple(video.shape[:2]) == (2, 3), video.shape
    folders = {each["folder"]: each["index"] for each in json.load(open(out / "labels.json"))}
    for path, number in data.samples:
        assert pathlib.Path(path).parent.name == data.classes[number]
        yield folders[data.classes[number]], frames_in(path)


def slowfast_clips(out, split):
    for line in open(out / f"{split}.csv").read().splitlines():
        path, index = line.split(" ")
        yield int(index), frames_in(str(out / path))


def mmaction2_clips(out, split):
    for line in open(out / f"{split}_list_videos.txt"):
        path, index = line.strip().split(" ")
        yield int(index), frames_in(str(out / f"videos_{split}" / path))


def webdataset_clips(out, split):
    for shard in sorted(out.glob(f"{split}-*.tar")):
        samples = {}
        with tarfile.open(shard) as tar:
            for member in tar:
                key, suffix = member.name.split(".", 1)
                samples.setdefault(key, {})[suffix] = tar.extractfile(member).read()
        for sample in samples.values():
            yield json.loads(sample["json"])["label_index"], frames_in(io.BytesIO(sample["mp4"]))


for index, frames in sorted(globals()[sys.argv[1] + "_clips"](pathlib.Path(sys.argv[2]), sys.argv[3])):
    print("clip", index, frames)
