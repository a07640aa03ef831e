"""A resolver worker: answers one JSON object a line with one JSON object a line, with one yt_dlp for all of them.

Standard input is the socket to the pool. The first line holds the settings and is answered by what was loaded; every
later line is {"id", "url"} and is answered by the chosen formats or by the failure; or it is {"id", "download", "to", ...}
and is answered when that format of an earlier answer has been downloaded. The end of input ends the worker.
Argument: the pid of the pool's process.
"""
import sys

del sys.path[0]  # the folder of this script, which is none

import contextlib
import ctypes
import errno
import importlib.util
import inspect
import io
import ipaddress
import itertools
import json
import os
import re
import resource
import signal
import socket
import urllib.request

TEXT_LIMIT = 16 << 10
KEPT = (
    'format_id', 'url', 'protocol', 'container', 'vcodec', 'acodec', 'height', 'filesize', 'filesize_approx',
    'http_headers', 'cookies', 'downloader_options', 'available_at',
)


# What the site says of a video beside its formats, and what is kept of each of these.
DESCRIBED = (
    'title', 'channel', 'channel_id', 'uploader', 'upload_date', 'duration', 'categories', 'tags', 'license', 'description',
    'chapters', 'language', 'age_limit', 'view_count', 'format_id',
)
FORMAT = ('format_id', 'ext', 'protocol', 'vcodec', 'acodec', 'width', 'height', 'fps', 'tbr', 'filesize')
MOST_OF_A_LIST = 200

# Tracks of subtitles in languages that match are asked for one by one: 'all' may mean two hundred translations.
MOST_TRACKS = 8
TRACK_LIMIT = 4 << 20
LANGUAGE = re.compile('[A-Za-z0-9_-]{1,40}')  # it becomes a part of a file's name

# The protocols that others than yt_dlp fetch, and what says nothing of one format among what is said of the video.
FETCHED_BY_OTHERS = 'http', 'https', 'm3u8', 'm3u8_native'
OF_THE_VIDEO = {
    'formats', 'requested_formats', 'requested_downloads', 'thumbnails', 'subtitles', 'automatic_captions',
    'requested_subtitles', 'heatmap', 'chapters', 'description', 'tags', 'categories', 'comments', 'entries',
}

# How a format is downloaded, whatever the user wishes: whole or not at all, under the name that it is given, and by
# yt_dlp itself, as other programs open whatever a manifest names.
DOWNLOADING = {
    'nopart': True, 'overwrites': True, 'continuedl': False, '_no_ytdl_file': True, 'keep_fragments': False,
    'skip_unavailable_fragments': False, 'updatetime': False, 'retries': 3, 'fragment_retries': 3,
    'external_downloader': None, 'concurrent_fragment_downloads': 1,
}


# What YouTube counts: each of the players that yt_dlp pretends to be asks for itself, and so does each new try.
PLAYER_REQUEST = re.compile(r'\[youtube[^\]]*\] \S+: Downloading .*player API JSON')


class Log:
    """Collects the warnings of the current call; nothing is printed. What is withheld is worth one for who gets nothing."""

    def __init__(self):
        self.warnings = []
        self.withheld = []
        self.player_requests = 0

    def clear(self):
        self.warnings.clear()
        self.withheld.clear()
        self.player_requests = 0

    def debug(self, message):
        self.player_requests += bool(PLAYER_REQUEST.match(str(message)))

    info = error = debug  # errors are raised as well

    def warning(self, message, *args, **kwargs):
        if len(self.warnings) < 40:
            self.warnings.append(str(message)[:TEXT_LIMIT])


def die_with(parent):
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit()


def parameters(settings, log):
    chosen = {
        'quiet': True,
        'noprogress': True,
        'color': 'never',
        'no_color': True,
        'logger': log,
        'ignoreerrors': False,
        'noplaylist': True,
        'extract_flat': False,
        # Tried in this order: generic takes every URL, so it comes last. Truncated ids are refused without a request.
        'allowed_extractors': ['youtube', 'youtube:truncated_(id|url)', 'html5', 'generic'],
        'socket_timeout': 15,
        'extractor_retries': 1,  # waiting and trying again is the caller's business
        'retries': 0,
        'proxy': settings['proxy'],
        'source_address': '0.0.0.0',  # media are fetched over IPv4 too, and URLs are bound to the address
        'cachedir': settings['cache'] or False,
        # Of those that are installed and new enough, it takes the fastest. Older versions ignore this.
        'js_runtimes': {name: {} for name in ('deno', 'node', 'bun', 'quickjs')},
    }
    if settings['extractors']:
        # Those without a condition of their own come last, as they take every URL.
        names = [name for name in settings['extractors'].split(',') if name]
        chosen['allowed_extractors'] = sorted(names, key=lambda name: name in ('generic', 'html5'))
    if settings['cookies']:
        # A stream, because yt_dlp writes to what it was given.
        with open(settings['cookies'], encoding='utf-8') as file:
            chosen['cookiefile'] = io.StringIO(file.read())
    if settings['subtitles']:
        # Those that people wrote; where a language has none of them, those that the site made by itself.
        chosen.update(writesubtitles=True, writeautomaticsub=True, subtitlesformat='vtt/srt',
                      subtitleslangs=settings['subtitles'].split(','))
    chosen.update(settings['parameters'])
    return chosen


def javascript(ydl, settings):
    """What yt_dlp has to run the site's scripts with; nothing if it is too old to take anything."""
    if not hasattr(ydl, '_js_runtimes'):
        return {}
    fit, unfit = [], []
    for runtime in ydl._js_runtimes.values():
        info = getattr(runtime, 'info', None)
        if info and getattr(info, 'supported', True):
            fit.append(f'{info.name} {info.version}')
        elif info:
            least = '.'.join(map(str, getattr(runtime, 'MIN_SUPPORTED_VERSION', ())))
            unfit.append(f'{info.name} {info.version}, older than {least}')
    return {
        'js': fit,
        'unfit': unfit,
        'solver': bool(importlib.util.find_spec('yt_dlp_ejs') or ydl.params.get('remote_components')
                       or ydl.cache.load('challenge-solver', 'core')),
        'clients': player_clients(ydl, settings, bool(fit)),
    }


def player_clients(ydl, settings, runs_scripts):
    """The players of YouTube that yt_dlp pretends to be."""
    chosen = ydl.params.get('extractor_args', {}).get('youtube', {}).get('player_client')
    if chosen:
        return chosen
    try:
        from yt_dlp.extractor.youtube import YoutubeIE
    except ImportError:
        return []
    kind = 'AUTHED_' if settings['cookies'] else '' if runs_scripts else 'JSLESS_'
    return list(getattr(YoutubeIE, f'_DEFAULT_{kind}CLIENTS', ()))


def runs_scripts(ydl):
    """Whether yt_dlp can run the site's scripts after this call; None: it has not come to that, or nobody knows."""
    director = getattr(getattr(ydl, '_ies_instances', {}).get('Youtube'), '_jsc_director', None)
    providers = getattr(director, 'providers', None)
    return providers and any(each.is_available() for each in providers.values())


# Formats without a URL are worth a warning only for some of the players that yt_dlp pretends to be.
WITHHELD = 'missing a URL', 'require a GVS PO Token'


def tell_what_is_withheld(ydl, log):
    def write_debug(message, *args, **kwargs):
        if any(words in str(message) for words in WITHHELD):
            log.withheld[:] = [str(message)[:TEXT_LIMIT]]

    ydl.write_debug = write_debug


def tell_what_has_no_url(log):
    """Older versions pass over formats without a URL in silence. Newer ones say so, and take other arguments here."""
    try:
        from yt_dlp.extractor.youtube import YoutubeIE
        extract = YoutubeIE._extract_formats_and_subtitles
        names = list(inspect.signature(extract).parameters)
    except (ImportError, AttributeError):
        return
    if names[1:2] != ['streaming_data']:
        return

    def has_url(format):
        return 'url' in format or 'signatureCipher' in format or 'cipher' in format

    def telling(self, streaming_data, *args, **kwargs):
        for media in streaming_data or ():
            if not isinstance(media, dict) or not media.get('serverAbrStreamingUrl'):
                continue
            lists = [each for each in (media.get('formats'), media.get('adaptiveFormats')) if isinstance(each, list)]
            if not all(has_url(each) for each in itertools.chain(*lists) if isinstance(each, dict)):
                log.withheld[:] = ['some formats are missing a URL, as the site offers them by SABR only']
        return extract(self, streaming_data, *args, **kwargs)

    YoutubeIE._extract_formats_and_subtitles = telling


def unknown_parameters(yt_dlp, wanted):
    """Those that mean nothing to this version: YoutubeDL takes any. It is told only, so nothing may fail here."""
    try:
        known = yt_dlp.parse_options(['--ignore-config']).ydl_opts if wanted else {}
    except (Exception, SystemExit):
        return []
    described = set(re.findall(r'\w+', yt_dlp.YoutubeDL.__doc__ or ''))  # some have no option of the program
    return sorted(wanted.keys() - known.keys() - described)


def remember(selector, chosen):
    """A selector of formats that leaves all that it chose in a list: yt_dlp gives back the last one only."""

    def select(context):
        chosen[:] = selector(context)
        return chosen

    return select


class BadSelector(Exception):
    """The selector of formats is none that yt_dlp understands."""


class NoSuchExtractor(Exception):
    """A name that stands for none of yt_dlp's extractors."""


def selector_of(ydl, text):
    try:
        return ydl.build_format_selector(text)
    except Exception as error:  # of syntax, of a value, of a regular expression
        raise BadSelector(f'{type(error).__name__}: {error}') from error


def check_extractors(ydl, names):
    """yt_dlp takes regular expressions, and names that mean nothing to it."""
    loaded = [extractor.IE_NAME for extractor in ydl._ies.values()]
    for name in names.split(','):
        is_of_all = name in ('', 'all', 'default') or name.startswith('-')
        if not is_of_all and not any(re.fullmatch(name, each, re.I) for each in loaded):
            raise NoSuchExtractor(name)


def load(settings, log, chosen):
    if settings['module']:
        sys.path.insert(0, settings['module'])
    if os.environ.setdefault('YTDLP_NO_PLUGINS', '1'):
        # Versions before 2024.10.22 do not know the variable; this makes the packages unknown to them.
        sys.modules['yt_dlp_plugins'] = sys.modules['ytdlp_plugins'] = None
    import yt_dlp
    import yt_dlp.version
    urllib.request.FTPHandler.ftp_open = refuse_ftp
    ydl = yt_dlp.YoutubeDL(parameters(settings, log))
    check_extractors(ydl, settings['extractors'])
    tell_what_is_withheld(ydl, log)
    tell_what_has_no_url(log)
    ydl.format_selector = remember(selector_of(ydl, settings['format']), chosen)
    return ydl, {
        'ready': True,
        'yt_dlp': yt_dlp.version.__version__,
        'python': '.'.join(map(str, sys.version_info[:3])),
        'unknown': unknown_parameters(yt_dlp, settings['parameters']),
        **javascript(ydl, settings),
    }


class Unusable(Exception):
    """The page is no single video."""
    expected = True


class NotDownloaded(Exception):
    """What was found is not downloaded, and not for want of a network."""
    expected = True


def is_expected(error, inner):
    """Whether an extractor foresaw it; network errors may not say. A bug of an extractor is not foreseen."""
    for place in (inner, error.__context__):
        if hasattr(place, 'expected'):
            return place.expected
    return None if isinstance(inner, OSError) else False


def system_error(error, text):
    """The number of an error of the disk, which yt_dlp may tell in words only."""
    told = re.search(r'unable to (?:write data|open for writing): \[Errno (\d+)\]', text)
    return int(told[1]) if told else error.errno if type(error) is OSError else None


def failure(error):
    inner = (getattr(error, 'exc_info', None) or (None, None))[1] or error
    status = headers = None
    for place in (inner, getattr(inner, 'cause', None)):
        for name in ('status', 'code'):
            if status is None and isinstance(getattr(place, name, None), int):
                status = getattr(place, name)
                headers = getattr(getattr(place, 'response', place), 'headers', None)
    return {
        'ok': False,
        'errno': system_error(inner, str(error)),
        'exc': type(inner).__name__,
        'expected': is_expected(error, inner),
        'status': status,
        'retry_after': headers.get('Retry-After') if headers else None,
        'msg': (str(error) or repr(error))[:TEXT_LIMIT],
    }


# What follows is in program_reply.cpp, too, for a yt-dlp that is a program: they give the same of the same.
def only_video(info):
    if info is None:
        raise Unusable('nothing was found')
    if info.get('_type') not in ('playlist', 'multi_video'):
        return info
    entries = list(itertools.islice(info.get('entries') or (), 2))
    if len(entries) != 1:
        raise Unusable('the page offers several videos or none where one is expected')
    return only_video(entries[0])


def is_one_file(chosen):
    """Older yt_dlp splits a single file into fragments that are byte ranges of it."""
    whole = str(chosen.get('url')) + '&range='
    return (chosen.get('protocol') == 'http_dash_segments' and str(chosen.get('container')).endswith('_dash')
            and all(str(part.get('url')).startswith(whole) for part in chosen.get('fragments') or ()))


def slim(ydl, chosen, downloads):
    kept = {name: chosen.get(name) for name in KEPT}
    if is_one_file(chosen):
        kept['protocol'] = 'https'
    if downloads and kept['protocol'] not in FETCHED_BY_OTHERS:
        kept['download'] = ydl.sanitize_info({name: chosen[name] for name in chosen.keys() - OF_THE_VIDEO})
    return kept


def bounded(value):
    if isinstance(value, list):
        return [bounded(each) for each in value[:MOST_OF_A_LIST]]
    return value[:TEXT_LIMIT] if isinstance(value, str) else value


def described(video):
    kept = {name: bounded(video[name]) for name in DESCRIBED if video.get(name) is not None}
    kept['formats'] = [{name: each[name] for name in FORMAT if each.get(name) is not None}
                       for each in bounded(video.get('formats') or [])]
    return kept


def text_of(ydl, track):
    if track.get('data') is not None:
        return str(track['data'])[:TRACK_LIMIT]
    if not re.match('https?://', track['url'], re.I):
        refuse_ftp()
    with ydl.urlopen(track['url']) as response:
        text = response.read(TRACK_LIMIT + 1)
    if len(text) > TRACK_LIMIT:
        raise ValueError(f'it is larger than {TRACK_LIMIT >> 20} MB')
    return text.decode('utf-8', 'replace')


def subtitles(ydl, log, video, settings):
    """The tracks that are wanted, and how many requests they took. What is not to be had is worth a warning."""
    wanted = [(language, track) for language, track in (video.get('requested_subtitles') or {}).items()
              if track.get('ext') in ('vtt', 'srt') and LANGUAGE.fullmatch(language)]
    for language, _ in wanted[MOST_TRACKS:]:
        log.warning(f'subtitles in {language} are left out: {MOST_TRACKS} tracks a video are the most')
    texts, requests = {}, 0
    with public_addresses_only(ydl, settings['public_only']):
        for language, track in wanted[:MOST_TRACKS]:
            requests += track.get('data') is None
            try:
                texts[language] = text_of(ydl, track)
            except Exception as error:
                log.warning(f'no subtitles in {language}: {REFUSED[0] if REFUSED else error}')
                REFUSED.clear()
    return {'subtitles': texts, 'subtitle_requests': requests}


def media(ydl, log, info, chosen, settings):
    video = only_video(info)
    return {
        **({'metadata': described(video)} if settings['metadata'] else {}),
        **(subtitles(ydl, log, video, settings) if settings['subtitles'] else {}),
        'ok': True,
        'duration': video.get('duration'),
        'live_status': video.get('live_status'),
        'choices': [[slim(ydl, part, settings['fallback']) for part in each.get('requested_formats') or [each]]
                    for each in (chosen if len(chosen) > 1 else [video])],
    }


REFUSED = []  # what yt_dlp makes of an error in what it calls differs from version to version


def refuse(what):
    REFUSED.append(f'refused: {what}')
    raise NotDownloaded(REFUSED[0])


@contextlib.contextmanager
def public_addresses_only(ydl, is_wanted):
    """Also for redirects. A proxy looks up names itself."""
    look_up = socket.getaddrinfo

    def public(host, *args, **kwargs):
        found = look_up(host, *args, **kwargs)
        for *_, address in found:
            if not ipaddress.ip_address(address[0].partition('%')[0]).is_global:
                refuse(f'{host} ({address[0]}) is not a public address')
        return found

    if is_wanted and not ydl.params['proxy']:
        socket.getaddrinfo = public
    try:
        yield
    finally:
        socket.getaddrinfo = look_up


def refuse_ftp(*args):
    refuse('not an http(s) URL')


def all_urls(format):
    yield format['url']
    for part in [format, *(format.get('fragments') or ())]:
        yield from (part[name] for name in ('url', 'fragment_base_url', 'manifest_url') if part.get(name))


def download(ydl, request):
    from yt_dlp.downloader import get_suitable_downloader
    from yt_dlp.downloader.external import ExternalFD
    wanted = request['download']
    if not isinstance(wanted.get('fragments') or [], list):
        raise NotDownloaded('its pieces are not known beforehand')
    if not all(re.match('https?://', url, re.I) for url in all_urls(wanted)):
        refuse_ftp()
    ydl.params.update(DOWNLOADING)
    downloader = get_suitable_downloader(dict(wanted), ydl.params)
    if downloader is None or issubclass(downloader, ExternalFD):
        raise NotDownloaded(f'format {wanted.get("format_id")} comes over {wanted["protocol"]!r}, which takes other programs')
    if wanted.get('cookies') and hasattr(ydl, '_load_cookies'):
        ydl._load_cookies(wanted['cookies'], autoscope=False)
    limit = request['limit']
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))  # of one file: a piece may stand beside what is done

    def stop_at_limit(progress):
        if (progress.get('downloaded_bytes') or 0) > limit:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))

    ydl.add_progress_hook(stop_at_limit)
    try:
        with public_addresses_only(ydl, request['public_only']):
            done, _ = ydl.dl(request['to'], wanted)
    except Exception:
        if REFUSED:
            raise NotDownloaded(REFUSED[0])
        raise
    if not done:
        raise NotDownloaded('yt-dlp did not download it')
    return {'ok': True}


def answer(ydl, log, chosen, settings, request):
    log.clear()
    chosen.clear()
    REFUSED.clear()
    getattr(ydl, '_printed_messages', set()).clear()  # say once a call what is said only once
    try:
        if 'download' in request:
            reply = download(ydl, request)
        else:
            reply = media(ydl, log, ydl.extract_info(request['url'], download=False), chosen, settings)
    except (Exception, SystemExit) as error:  # an odd page can raise anything
        reply = failure(error)
        reply['scripts'] = runs_scripts(ydl)
        log.warnings += log.withheld
    reply.update(id=request['id'], warnings=log.warnings, player_requests=log.player_requests)
    return reply


def resident_bytes():
    # Not getrusage's maximum: that begins with what the process had which started this one.
    with open('/proc/self/statm', 'rb') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def main():
    die_with(int(sys.argv[1]))
    link = os.dup(0)  # not inherited by what yt_dlp starts, as descriptor 0 would be
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    lines = open(link, 'rb', closefd=False)

    def say(message):
        text = json.dumps(message, allow_nan=False, ensure_ascii=False, default=str)
        rest = memoryview(text.encode('utf-8', 'replace') + b'\n')
        while rest:
            rest = rest[os.write(link, rest):]

    log = Log()
    chosen = []
    try:
        settings = json.loads(lines.readline() or b'null')
        ydl, hello = load(settings, log, chosen)
    except BadSelector as error:
        say({'ready': False, 'selector': True, 'msg': str(error)})
        return
    except NoSuchExtractor as error:
        say({'ready': False, 'extractor': str(error)})
        return
    except (Exception, SystemExit) as error:
        say({'ready': False, 'missing': isinstance(error, ImportError), 'msg': f'{type(error).__name__}: {error}'})
        return
    say(hello)
    for calls, line in enumerate(lines, 1):
        reply = answer(ydl, log, chosen, settings, json.loads(line))
        reply['last'] = calls >= settings['calls'] or resident_bytes() > settings['memory']
        say(reply)


main()
