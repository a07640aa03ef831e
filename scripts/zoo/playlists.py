"""HLS: playlists that the zoo serves on loopback, and the server, which answers range requests.

playlists.py DIR SOURCE NAME CHANGE... writes DIR/NAME.m3u8, made of SOURCE, with changes: fmp4, apart (audio in a playlist of its
own), one_file, late (times that do not begin at 0), wrap (times that begin anew), rounded and whole (durations), key,
discontinuity.
"""

import contextlib
import http.server
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading

# Name of a playlist -> how it is made. All are made of the same file.
PLAYLISTS = {
    "hls_ts": "", "hls_fmp4": "fmp4", "hls_ts_apart": "apart", "hls_fmp4_apart": "fmp4 apart", "hls_ts_one": "one_file",
    "hls_fmp4_one": "fmp4 one_file", "hls_ts_late": "late", "hls_fmp4_late": "fmp4 late", "hls_ts_wrap": "wrap",
    "hls_ts_rounded": "rounded", "hls_fmp4_rounded": "fmp4 rounded", "hls_ts_whole": "whole",
    "hls_ts_apart_late": "apart late rounded", "hls_ts_broken": "discontinuity", "hls_fmp4_broken": "fmp4 discontinuity",
    "hls_ts_key": "key", "hls_fmp4_key": "fmp4 key",
}


def with_durations(text, change):
    """The same playlist with other durations; `change` gets the number of a duration and the duration."""
    count = iter(range(1 << 20))
    return re.sub(r"#EXTINF:([\d.]+)", lambda found: f"#EXTINF:{change(next(count), float(found[1]))}", text)


CHANGES = {
    "rounded": lambda text: with_durations(text, lambda n, s: f"{s + (0.5, -0.5)[n % 2]:.6f}"),
    "whole": lambda text: with_durations(text, lambda n, s: f"{s + 0.49:.0f}"),
    "key": lambda text: text.replace("#EXTINF", '#EXT-X-KEY:METHOD=AES-128,URI="key"\n#EXTINF', 1),
}


def write(folder, source, name, kinds):
    segment = "m4s" if "fmp4" in kinds else "ts"
    words = ["-hls_time", "1.5", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4" if "fmp4" in kinds else "mpegts"]
    words += ["-hls_flags", "single_file"] if "one_file" in kinds else []
    words += {"late": ["-output_ts_offset", "5.3"], "wrap": ["-output_ts_offset", "95440"]}.get(
        next((each for each in kinds if each in ("late", "wrap")), ""), [])
    if "apart" in kinds:
        words += ["-map", "0:v", "-map", "0:a", "-var_stream_map", "v:0,agroup:sound a:0,agroup:sound,default:yes",
                  "-master_pl_name", f"{name}.m3u8"]
    # A key frame is shown at 3.2 s, and decoded 0.08 s earlier.
    parts = [["-to", "3.1"], ["-ss", "3.2"]] if "discontinuity" in kinds else [[]]
    texts = []
    for number, part in enumerate(parts):
        stem = f"{name}_{number}" + ("_%v" if "apart" in kinds else "")
        own = ["-hls_segment_filename", f"{stem}.{segment}" if "one_file" in kinds else f"{stem}_%d.{segment}"]
        own += ["-hls_fmp4_init_filename", f"{stem}_init.mp4"] if "fmp4" in kinds else []
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *part, "-i", source, "-c", "copy", "-f", "hls", *words, *own,
                        f"{stem}.m3u8"], cwd=folder, check=True)
        texts.append((folder / f"{name}_{number}.m3u8").read_text() if "apart" not in kinds else "")
    if "apart" not in kinds:
        first, *others = texts
        for each in others:
            behind = each[each.index("#EXT-X-MAP" if "fmp4" in kinds else "#EXTINF"):]
            first = first.replace("#EXT-X-ENDLIST\n", "#EXT-X-DISCONTINUITY\n" + behind)
        (folder / f"{name}.m3u8").write_text(first)
    for kind in set(kinds) & set(CHANGES):
        for path in folder.glob(f"{name}_0_*.m3u8") if "apart" in kinds else [folder / f"{name}.m3u8"]:
            path.write_text(CHANGES[kind](path.read_text()))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.server.folder / os.path.normpath(self.path).lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        size = path.stat().st_size
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        begin = int(wanted[1]) if wanted else 0
        end = min(int(wanted[2]) + 1, size) if wanted and wanted[2] else size
        if wanted and begin >= size:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{size}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{path.stat().st_mtime_ns}"')
        self.send_header("Content-Length", str(end - begin))
        self.end_headers()
        with open(path, "rb") as file, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            file.seek(begin)
            self.wfile.write(file.read(end - begin))

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(folder):
    """The URL under which the files of a folder are served."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.folder = folder
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


if __name__ == "__main__":
    out, source, name, *kinds = sys.argv[1:]
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    write(pathlib.Path(out), pathlib.Path(source).resolve(), name, kinds)
