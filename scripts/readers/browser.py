#!/usr/bin/env python3
"""browser.py plays|seeks FIRST COUNT CLIP: what Chromium shows of a clip, by the numbers that its pixels say.

`seeks` goes to every fifth frame and to the last one.
"""

import base64
import sys

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from frames import BAR_HEIGHT, BARS, HEIGHT, WIDTH, describe_playing

RATE = 30  # frames a second
PATIENCE = 180  # seconds

# Opens the clip, and reads the bars of what it shows.
OPEN = f"""
const [data, places, done] = arguments;
const video = document.createElement('video');
video.muted = true;
document.body.replaceChildren(video);
const canvas = document.createElement('canvas').getContext('2d', {{willReadFrequently: true}});
canvas.canvas.width = {WIDTH}, canvas.canvas.height = {HEIGHT};
const number = () => {{
    canvas.drawImage(video, 0, 0);
    const row = canvas.getImageData(0, {BAR_HEIGHT // 2}, {WIDTH}, 1).data;
    let said = 0;
    for (let bar = 0; bar < {BARS}; ++bar)
        said = said * 2 + (row[4 * Math.floor((bar + 0.5) * {WIDTH} / {BARS})] > 127);
    return said;
}};
const happens = event => new Promise(resolve => video.addEventListener(event, resolve, {{once: true}}));
const shown = [];
video.onerror = () => done({{error: video.error.message}});
video.src = URL.createObjectURL(new Blob([Uint8Array.from(atob(data), c => c.charCodeAt(0))], {{type: 'video/mp4'}}));
"""
PLAYS = """
const see = () => { shown.push(number()); video.requestVideoFrameCallback(see); };
video.requestVideoFrameCallback(see);
video.playbackRate = 0.5;
happens('ended').then(() => done({shown}));
video.play();
"""
SEEKS = """
(async () => {
    await happens('loadeddata');
    for (const place of places) {
        const is_painted = new Promise(resolve => { video.requestVideoFrameCallback(resolve); setTimeout(resolve, 3000); });
        video.currentTime = place;
        await happens('seeked');
        await is_painted;  // may come later than `seeked`
        shown.push(number());
    }
    done({shown});
})();
"""


def answer_of(script, clip, places):
    options = Options()
    for each in ("--headless=new", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"):
        options.add_argument(each)
    options.binary_location = "/usr/bin/chromium"
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    try:
        driver.set_script_timeout(PATIENCE)
        with open(clip, "rb") as file:
            data = base64.b64encode(file.read()).decode()
        return driver.execute_async_script(OPEN + script, data, places)
    finally:
        driver.quit()


def main(what, first, count, clip):
    wanted = list(range(int(first), int(first) + int(count)))
    places = sorted({*range(0, len(wanted), 5), len(wanted) - 1})
    answer = answer_of(PLAYS if what == "plays" else SEEKS, clip, [(place + 0.5) / RATE for place in places])
    if "error" in answer:
        return answer["error"]
    shown = answer["shown"]
    if what == "seeks":
        right = sum(number == wanted[place] for number, place in zip(shown, places))
        return "right" if right == len(places) else f"{right} of {len(places)} right"
    return describe_playing(shown, wanted)


if __name__ == "__main__":
    print(main(*sys.argv[1:5]))
