#!/usr/bin/env python3
"""blocking_site.py GOOD BLOCKED VIDEO: a site on loopback that blocks its visitors, for yt-dlp's extractor of HTML5 pages.

/watch?v=ID answers GOOD times as it should: every hundredth video is a page that plays VIDEO, all others are gone. Then
it answers BLOCKED times with 429, then as it should again. Prints its port, then one line for every request.
"""
import http.server
import sys
import threading
import urllib.parse

GOOD, BLOCKED, VIDEO = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
PAGE = f'<html><head><title>A video</title></head><body><video><source src="{VIDEO}" type="video/mp4"></video></body>'
lock = threading.Lock()
answers = 0


class Site(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        global answers
        video = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get('v', [''])[0]
        with lock:
            answers += 1
            blocked = GOOD < answers <= GOOD + BLOCKED
            print('429' if blocked else 'answered', video, flush=True)
        status = 429 if blocked else 200 if video.endswith('00') else 404
        body = (PAGE if status == 200 else 'no').encode()
        self.send_response(status)
        self.send_header('Content-Type', 'text/html; charset=utf-8')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Site)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
