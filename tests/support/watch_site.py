#!/usr/bin/env python3
"""watch_site.py FOLDER: a site on loopback with one page a video, for yt-dlp's extractor of plain HTML5 pages.

/watch?v=ID is a page with one <video> that is FOLDER/ID.mp4 under /media/. Ids with a meaning of their own:
gone404, gone410, refused403, broken500, limited429 (with Retry-After), two (a page with two videos), text (a page
without a video), subtitled (with a track in English), playlist (HLS alone), both (HLS and a file), pieces (DASH alone), hang (never answers; so does the
file hang.m4s). Prints its port, then one line for every request.
"""
import http.server
import os
import sys
import threading
import urllib.parse

STATUS = {'gone404': 404, 'gone410': 410, 'refused403': 403, 'broken500': 500, 'limited429': 429}


class Site(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, status, body, kind='text/html; charset=utf-8', headers=()):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def do_GET(self):
        print(self.command, self.path, flush=True)
        url = urllib.parse.urlsplit(self.path)
        if url.path == '/watch':
            self.watch(urllib.parse.parse_qs(url.query).get('v', [''])[0])
        elif url.path.startswith('/media/'):
            self.media(os.path.basename(url.path))
        else:
            self.answer(404, b'nothing here')

    do_HEAD = do_GET

    def watch(self, video):
        if video in STATUS:
            self.answer(STATUS[video], b'no', headers=[('Retry-After', '7')] if video == 'limited429' else [])
        elif video == 'hang':
            threading.Event().wait()
        else:
            videos = {'two': [['a.mp4'], ['b.mp4']], 'text': [], 'playlist': [['list.m3u8']],
                     'both': [['list.m3u8', 'a.mp4']], 'pieces': [['list.mpd']]}.get(video, [[video + '.mp4']])
            track = '<track srclang="en" src="/media/en.vtt">' if video == 'subtitled' else ''
            players = ''.join('<video>' + ''.join(f'<source src="/media/{urllib.parse.quote(file)}">' for file in video)
                              + track + '</video>' for video in videos)
            self.answer(200, f'<html><head><title>A video</title></head><body>{players}</body></html>'.encode())

    def media(self, name):
        if name == 'hang.m4s':
            threading.Event().wait()
        path = os.path.join(sys.argv[1], name)
        if not os.path.isfile(path):
            self.answer(404, b'no such video')
            return
        with open(path, 'rb') as video:
            self.answer(200, video.read(), 'video/mp4')


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Site)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
