#!/usr/bin/env python3
"""bucket_server.py FOLDER ACCESS_KEY SECRET_KEY [TOKEN] [--skew] [--private KEY]: buckets of an object store on loopback.

Serves FOLDER/BUCKET/KEY with ranges. Each request is checked as S3 does it: its AWS Signature Version 4 is computed anew
out of what came over the wire. --skew takes the clock for wrong; --private KEY refuses that one object. Prints its port,
then "STATUS CODE PATH" for every request.
"""
import argparse
import hashlib
import hmac
import http.server
import pathlib
import re
import threading
import urllib.parse

options = argparse.ArgumentParser()
options.add_argument('folder', type=pathlib.Path)
options.add_argument('access_key')
options.add_argument('secret_key')
options.add_argument('token', nargs='?')
options.add_argument('--skew', action='store_true')
options.add_argument('--private', default='')
chosen = options.parse_args()
lock = threading.Lock()


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def encoded(path):
    return urllib.parse.quote(path, safe='/-._~')


class Refused(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


class Bucket(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def check_signature(self, path):
        fields = re.fullmatch(r'AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([^/,]+)/s3/aws4_request, ?'
                              r'SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})',
                              self.headers.get('Authorization', ''))
        if not fields:
            raise Refused(403, 'AccessDenied')
        access_key, day, region, names, signature = fields.groups()
        if access_key != chosen.access_key:
            raise Refused(403, 'InvalidAccessKeyId')
        moment = self.headers.get('x-amz-date', '')
        if chosen.skew or not moment.startswith(day):
            raise Refused(403, 'RequestTimeTooSkewed')
        if chosen.token and self.headers.get('x-amz-security-token') != chosen.token:
            raise Refused(400, 'InvalidToken')
        body = self.headers.get('x-amz-content-sha256')
        if body not in (hashlib.sha256(b'').hexdigest(), 'UNSIGNED-PAYLOAD'):
            raise Refused(400, 'XAmzContentSHA256Mismatch')
        signed = names.split(';')
        must = ['host'] + [n.lower() for n in self.headers if n.lower().startswith('x-amz-')]
        if signed != sorted(signed) or not set(must) <= set(signed):
            raise Refused(403, 'AccessDenied')
        lines = ''.join(f'{n}:{" ".join(self.headers.get(n, "").split())}\n' for n in signed)
        request = '\n'.join(['GET', encoded(path), '', lines, names, body])
        scope = f'{day}/{region}/s3/aws4_request'
        text = '\n'.join(['AWS4-HMAC-SHA256', moment, scope, hashlib.sha256(request.encode()).hexdigest()])
        key = ('AWS4' + chosen.secret_key).encode()
        for part in (day, region, 's3', 'aws4_request'):
            key = digest(key, part)
        if not hmac.compare_digest(digest(key, text).hex(), signature):
            raise Refused(403, 'SignatureDoesNotMatch')

    def content(self, path):
        bucket, _, key = path.lstrip('/').partition('/')
        if not (chosen.folder / bucket).is_dir():
            raise Refused(404, 'NoSuchBucket')
        if key == chosen.private:
            raise Refused(403, 'AccessDenied')
        file = chosen.folder / bucket / key
        if not file.is_file():
            raise Refused(404, 'NoSuchKey')
        return file.read_bytes()

    def do_GET(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        try:
            self.check_signature(path)
            content = self.content(path)
            status, code = 200, 'ok'
        except Refused as no:
            status, code = no.status, no.code
            content = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>no</Message></Error>'.encode()
        with lock:
            print(f'{status} {code} {self.path}', flush=True)
        wanted = re.fullmatch(r'bytes=(\d+)-(\d+)', self.headers.get('Range', ''))
        total = len(content)
        if status == 200 and wanted:
            begin, end = int(wanted[1]), min(int(wanted[2]) + 1, total)
            status, content = 206, content[begin:end]
        self.send_response(status)
        if status == 206:
            self.send_header('Content-Range', f'bytes {begin}-{end - 1}/{total}')
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Bucket)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
