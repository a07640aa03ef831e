#!/usr/bin/env python3
"""youtube_stand_in.py CERTIFICATE KEY REPLIES [FOLDER]: YouTube's player interface for the real yt-dlp, on loopback.

A proxy that knows nothing but CONNECT and serves TLS itself at the other end of every tunnel, so that nothing leaves
the machine whatever host is asked for. REPLIES is a JSON object from video ids to what the player endpoint says:
{"status", "reason", "subreason"} is YouTube's way to refuse; {"http": 429, "headers": {...}} fails the request;
{"as": ID} answers for another video; {"close": true} hangs up; {"empty": true} plays, but offers no formats, and
{"drm": true} only protected ones; {"withheld": true} leaves out the URLs of the pair, and with {"alone": true} there is
nothing else; {"signed": true} signs all URLs by a script that nobody can read, or, with the reply {"readable": true} to
"script", by one that a solver understands: it turns values round; {"bytes": {"18": 900}} changes the size of
a format, null leaves it out; {"captions": {LANGUAGE: TEXT or status}} offers subtitles, those of "de" made by the site;
{"body": TEXT} is sent as it is. An id that is not in it plays: itag 18, and the pair 134 + 140, on MEDIA; with FOLDER,
that of the tests' videos, they are moov_first.mp4, pair_video.mp4 and pair_audio.m4a. Prints its port, then one line for
every request.
"""
import http.server
import json
import os
import re
import ssl
import sys
import urllib.parse

CERTIFICATE, KEY, REPLIES = sys.argv[1:4]
FILES = {}
BYTES = {'18': 3000, '134': 1500, '140': 500}
if len(sys.argv) > 4:
    for itag, name in {'18': 'moov_first.mp4', '134': 'pair_video.mp4', '140': 'pair_audio.m4a'}.items():
        FILES[itag] = os.path.join(sys.argv[4], name)
        BYTES[itag] = os.path.getsize(FILES[itag])
MEDIA = 'http://127.0.0.1:9/videoplayback?expire=1893456000&ip=127.0.0.1&clen=1000&dur=60.0&itag='
with open(REPLIES, encoding='utf-8') as file:
    replies = json.load(file)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(CERTIFICATE, KEY)

SCRAMBLED = 'signature'
RIGHT_SIGNATURE = SCRAMBLED[::-1]
# Of the shape that yt-dlp's solver looks for.
READABLE = '''(function() {
    var settings = {signatureTimestamp: 20000};
    var Address = function(url, name, value) { this.values = {}; if (name) this.values[name] = value; };
    Address.prototype.get = function(name) { return this.values[name]; };
    Address.prototype.set = function(name, value) { this.values[name] = value; };
    Address.prototype.turn = function() {
        for (var name of ["s", "n"])
            if (this.values[name]) this.values[name] = turned(this.values[name]);
    };
    function turned(value) {
        return encodeURIComponent(decodeURIComponent(value).split("").reverse().join(""));
    }
    function addressed(url, name, value) {
        var address = new Address(url, name, value);
        address.set("alr", "yes");
        return address;
    }
}).call(this);
'''


def media_format(itag, kind, codecs, **more):
    return {'itag': itag, 'url': MEDIA + str(itag), 'mimeType': f'{kind}; codecs="{codecs}"', 'bitrate': 500000,
            'contentLength': '1000', 'approxDurationMs': '60000', 'quality': 'medium', **more}


def playable(video):
    frame = {'width': 640, 'height': 360, 'fps': 30, 'qualityLabel': '360p'}
    audio = {'audioQuality': 'AUDIO_QUALITY_MEDIUM', 'audioSampleRate': '44100', 'audioChannels': 2}
    return {
        'playabilityStatus': {'status': 'OK'},
        'videoDetails': {'videoId': video, 'title': 'A video', 'lengthSeconds': '60', 'isLiveContent': False},
        'streamingData': {
            'formats': [media_format(18, 'video/mp4', 'avc1.42001E, mp4a.40.2', **frame, **audio)],
            'adaptiveFormats': [media_format(134, 'video/mp4', 'avc1.4d401e', **frame),
                                media_format(140, 'audio/mp4', 'mp4a.40.2', **{**audio, 'quality': 'tiny'})],
        },
    }


def withhold(media):
    media['serverAbrStreamingUrl'] = MEDIA + 'sabr'
    for each in media['adaptiveFormats']:
        del each['url']


def resize(media, sizes):
    for each in media['formats'] + media['adaptiveFormats']:
        size = {**BYTES, **sizes}[str(each['itag'])]
        each['contentLength'] = str(size)
        if size is None:
            del each['contentLength']


def sign(media):
    for each in media['formats'] + media['adaptiveFormats']:
        each['signatureCipher'] = urllib.parse.urlencode({'s': SCRAMBLED, 'sp': 'sig', 'url': each.pop('url')})


def captions(video, languages):
    tracks = [{'baseUrl': f'https://www.youtube.com/api/timedtext?v={video}&lang={language}', 'languageCode': language,
               'vssId': '.' + language, 'name': {'simpleText': language}} for language in languages]
    for track in tracks:
        if track['languageCode'] == 'de':
            track.update(kind='asr', vssId='a.de', isTranslatable=True)
    return {'playerCaptionsTracklistRenderer': {
        'captionTracks': tracks,
        'translationLanguages': [{'languageCode': 'de', 'languageName': {'simpleText': 'de'}}]}}


def refusal(said):
    status = {'status': said['status'], 'reason': said['reason']}
    if 'subreason' in said:
        status['errorScreen'] = {'playerErrorMessageRenderer': {
            'reason': {'simpleText': said['reason']}, 'subreason': {'simpleText': said['subreason']}}}
    return {'playabilityStatus': status}


class StandIn(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_CONNECT(self):
        self.send_response(200)
        self.end_headers()
        self.connection = tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile('rb')
        self.wfile = self.connection.makefile('wb', buffering=0)
        self.close_connection = False

    def do_GET(self):
        print(self.command, self.path, flush=True)
        if self.path.startswith('/iframe_api'):
            self.send(200, 'https://www.youtube.com/s/player/01234567/www-widgetapi.js')
        elif self.path.startswith('/s/player/'):
            is_readable = replies.get('script', {}).get('readable')
            self.send(200, None, body=(READABLE if is_readable else 'no script that yt-dlp knows').encode())
        elif self.path.startswith('/api/timedtext'):
            asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            said = replies[asked['v'][0]]['captions'][asked['lang'][0]]
            if isinstance(said, int):
                self.send(said, {})
            else:
                self.send(200, None, body=said.encode())
        elif self.path.startswith(MEDIA):
            asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
            if asked['itag'] not in FILES:
                self.send(502, {})
            elif asked.get('sig', RIGHT_SIGNATURE) != RIGHT_SIGNATURE:
                self.send(403, {})
            else:
                self.send_range(FILES[asked['itag']])
        else:
            self.send(502 if self.path.startswith('http') else 404, {})

    def send_range(self, name):
        with open(name, 'rb') as file:
            content = file.read()
        first, last = 0, len(content) - 1
        if asked := re.fullmatch(r'bytes=(\d+)-(\d*)', self.headers.get('Range', '')):
            first, last = int(asked[1]), min(int(asked[2] or last), last)
        self.send(206 if asked else 200, None, {'Content-Range': f'bytes {first}-{last}/{len(content)}'},
                  content[first:last + 1])

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        video = body.get('videoId', '')
        print(self.command, self.path.partition('?')[0], video, flush=True)
        if self.path.startswith('/youtubei/v1/player'):
            self.player(video, replies.get(video, {}))
        else:
            self.send(200, {'contents': {'nothing': 1}})

    def player(self, video, said):
        if said.get('close'):
            self.close_connection = True
        elif 'http' in said:
            self.send(said['http'], {}, said.get('headers', {}))
        elif 'body' in said:
            self.send(200, None, body=said['body'].encode())
        elif 'status' in said:
            self.send(200, refusal(said))
        else:
            reply = playable(said.get('as', video))
            resize(reply['streamingData'], said.get('bytes', {}))
            if said.get('empty') or said.get('drm'):
                del reply['streamingData']
            if said.get('drm'):
                reply['streamingData'] = {'licenseInfos': [{'drmFamily': 'WIDEVINE'}]}
            if said.get('withheld'):
                withhold(reply['streamingData'])
            if said.get('alone'):
                reply['streamingData']['formats'] = []
            if said.get('signed'):
                sign(reply['streamingData'])
            if 'captions' in said:
                reply['captions'] = captions(video, said['captions'])
            self.send(200, reply)

    def send(self, status, reply, headers=(), body=None):
        if body is None:
            body = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), StandIn)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
