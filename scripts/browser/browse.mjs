// browse.mjs URL PICTURE: looks at the page of `reelpipe browse` with Debian's Chromium, as scripts/check_browse wants
// it: writes "vanish FILE" when a clip is to be removed.
import { accessible, check, end, finish, open, same } from "./looks.mjs";

const [url, picture] = process.argv.slice(2);
const evil = "<img src=x onerror=alert(1)>";
const ofTheServer = (each) => each.startsWith(url);
const wait = { timeout: 60_000 };
const until = (page, id, text) => page.waitForFunction(([i, t]) => document.getElementById(i).textContent.includes(t), [id, text], wait);
const ids = (page) => page.$$eval("#clips strong", (all) => all.map((each) => each.textContent));
const focused = (page) => page.evaluate(() => document.activeElement.textContent);
const framesShown = (page) => page.waitForFunction(() => document.querySelectorAll("#clips img").length >= 12, null, wait);
const option = (page, select, begin) => page.$$eval(`#${select} option`, (all, text) => all.find((each) => each.textContent.startsWith(text)).value, begin);

const wide = await open(url, "wide", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }, ofTheServer);
const narrow = await open(url, "360 px", { viewport: { width: 360, height: 740 }, colorScheme: "light" }, ofTheServer);
const night = await open(url, "dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }, ofTheServer);
for (const { page } of [wide, narrow, night]) await until(page, "status", "Page 1: 60 clips.");

const { page } = wide;
same("the folder's numbers", await page.textContent("#counts"), "79 stored, 1 failed, 0 pending, 0 marked as bad.");
same("each label with its clips", (await page.$$eval("#label option", (all) => all.map((each) => each.textContent))).slice(0, 3),
  ["all 9 labels", `${evil}: 7, 1 failed`, "aurora: 9"]);
await framesShown(page);
check("frames are shown", await page.$$eval("#clips img", (all) => all.every((each) => each.complete && each.naturalWidth > 0)));
check("frames of clips far below are not made yet", (await page.$$("#clips img")).length < 60);
await page.screenshot({ path: picture });
await framesShown(night.page);
await night.page.screenshot({ path: picture.replace(".png", "-dark.png") });
await narrow.page.screenshot({ path: picture.replace(".png", "-narrow.png") });
const overflow = (each) => each.evaluate(() => document.documentElement.scrollWidth);
check("360 px: nothing is wider than the screen", await overflow(narrow.page) <= 360, await overflow(narrow.page));
same("dark: the background is dark", await night.page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(20, 23, 26)");
for (const each of [wide, narrow, night]) await accessible(each);

const first = await ids(page);
await page.click("#next");
await until(page, "status", "Page 2: 20 clips, the last.");
check("the next page has other clips", (await ids(page)).every((id) => !first.includes(id)));
await page.click("#previous");
await until(page, "status", "Page 1: 60 clips.");
same("the page before is the same again", await ids(page), first);
await page.selectOption("#label", await option(page, "label", evil));
await until(page, "status", "Page 1: 8 clips, the last.");
check("markup of a label is text", (await page.textContent("#clips")).includes(evil));
await page.selectOption("#show", "shorter");
await until(page, "status", "Page 1: 1 clip, the last.");
same("the shorter clip", await ids(page), ["counter_000015_000025"]);
await page.goBack();
await until(page, "status", "Page 1: 8 clips, the last.");
check("the browser's own button goes back", true);

// From here on by the keyboard.
await page.focus("#clips button");
await page.keyboard.press("Enter");
await page.waitForFunction(() => document.getElementById("player").currentTime > 0.2, null, wait);
check("a clip plays", true);
same("the title of the clip has the focus", await focused(page), "counter_000001_000004");
await page.evaluate(() => { document.getElementById("player").currentTime = 2.5; });
await page.waitForFunction(() => { const v = document.getElementById("player"); return !v.seeking && v.currentTime >= 2.4; }, null, wait);
check("it seeks", true);
await until(page, "facts", "as stored");
await accessible({ name: "a clip", page });
await page.keyboard.press("ArrowRight");
await until(page, "clip-title", "counter_000005_000008");
await page.focus("#note");
await page.keyboard.type(`${evil}, "blurred"`);
await page.keyboard.press("Enter");
await until(page, "marked", "Marked as bad");
check("the note is text", (await page.textContent("#clips li:nth-child(2) .mark")).includes(`bad: ${evil}, "blurred"`));
await page.screenshot({ path: picture.replace(".png", "-clip.png") });
await page.keyboard.press("Escape");
check("the focus is back on the clip", (await focused(page)).includes("counter_000005_000008"), await focused(page));
await page.selectOption("#show", "marked");
await until(page, "status", "Page 1: 1 clip, the last.");
same("the marked clip is found", await ids(page), ["counter_000005_000008"]);
await page.click("#clips button");
await page.click("#unmark");
await until(page, "marked", "Not marked any more.");
await page.click("#close");
await page.selectOption("#show", "failed");
await until(page, "status", "Page 1: 1 clip, the last.");
await page.click("#clips button");
await until(page, "facts", "failed: ");
check("a clip that failed has no player", await page.isHidden("#player"));
await page.click("#close");

await narrow.page.click("#clips button");
await until(narrow.page, "facts", "as stored");
const widest = await narrow.page.$eval("#viewer", (dialog) => [dialog.scrollWidth, dialog.clientWidth]);
check("360 px: a clip fits, too", widest[0] <= widest[1] && widest[1] <= 360, widest);
await narrow.page.screenshot({ path: picture.replace(".png", "-narrow-clip.png") });
await accessible({ name: "a clip, 360 px", page: narrow.page });
await end(narrow);
await night.page.click("#clips button");
await until(night.page, "facts", "as stored");
await accessible({ name: "a clip, dark", page: night.page });
await end(night);

same("nothing was complained about", wide.complaints, []);
await page.selectOption("#show", "stored");
await page.selectOption("#label", await option(page, "label", "sierpinski"));
await until(page, "status", "Page 1: 9 clips, the last.");
console.log("vanish sierpinski/sierpinski_000000_000002.mp4");
await page.waitForTimeout(500);
await page.click("#clips button");
await until(page, "trouble", "the file sierpinski/sierpinski_000000_000002.mp4 is gone");
await until(page, "facts", "missing");
check("a clip that vanished is told", true);
// The browser itself says on the console that a clip is gone.
wide.complaints.splice(0, wide.complaints.length, ...wide.complaints.filter((text) => !text.includes("404 (Not Found)")));
await end(wide);
await finish();
