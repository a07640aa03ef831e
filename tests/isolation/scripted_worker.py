#!/usr/bin/python3
# A clip worker that does not do as it should. It writes a byte on each file that it may write on, and answers each job
# with what --answer holds: with --twice, two times. With --keeps, it keeps its files. --log gets a line a job: its
# process id, how its files are open, and the names of its environment.
import argparse
import array
import fcntl
import json
import os
import socket
import struct
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--log", required=True)
parser.add_argument("--answer", required=True)
parser.add_argument("--keeps", action="store_true")
parser.add_argument("--twice", action="store_true")
parser.add_argument("--says", default="")
arguments = parser.parse_args()

run = socket.socket(fileno=3)


def send(content, times=1):
    text = json.dumps(content).encode()
    run.sendall((struct.pack("=I", len(text)) + text) * times)


def receive():
    data, control, _, _ = run.recvmsg(4, socket.CMSG_SPACE(3 * 4))
    if not data:
        sys.exit(0)
    files = array.array("i")
    for _, _, content in control:
        files.frombytes(content)
    (left,) = struct.unpack("=I", data)
    while left:
        left -= len(run.recv(left))
    return list(files)


send([1 << 32])
while True:
    files = receive()
    ways = {os.O_RDONLY: "r", os.O_WRONLY: "w", os.O_RDWR: "rw"}
    access = [ways[fcntl.fcntl(each, fcntl.F_GETFL) & os.O_ACCMODE] for each in files]
    with open(arguments.log, "a") as log:
        log.write(json.dumps({"pid": os.getpid(), "access": access, "environment": sorted(os.environ)}) + "\n")
    if arguments.says:
        os.write(2, arguments.says.encode())
        os.abort()
    for each, way in zip(files, access):
        if way == "rw":
            os.write(each, b"x")
    if not arguments.keeps:
        for each in files:
            os.close(each)
    send(json.loads(arguments.answer), 2 if arguments.twice else 1)
