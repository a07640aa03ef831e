// live.mjs URL PICTURE: looks at the page of `reelpipe download --serve` with Debian's Chromium, as scripts/check_live
// wants it: writes "open" and "restart" when the run may go on, and when the next one may begin.
import { accessible, check, end, finish, open, same } from "./looks.mjs";

const [url, picture] = process.argv.slice(2);
const ofTheServer = (each) => each.startsWith(url);
const number = (text) => Number(text.replaceAll(",", ""));
const wait = { timeout: 60_000 };
const until = (page, id, text) => page.waitForFunction(([i, t]) => document.getElementById(i).textContent.includes(t), [id, text], wait);
const tile = (page, n) => page.$eval(`#tiles div:nth-child(${n}) dd span`, (dd) => dd.textContent);

const wide = await open(url, "wide", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }, ofTheServer);
const narrow = await open(url, "360 px", { viewport: { width: 360, height: 740 }, colorScheme: "light" }, ofTheServer);
const night = await open(url, "dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }, ofTheServer);
for (const { page } of [wide, narrow, night]) await until(page, "title", "2 of 3 clips");

same("the run is at work", await wide.page.textContent("#connection"), "At work.");
same("the title follows", await wide.page.title(), "66 % reelpipe");
same("stored and failed", [await tile(wide.page, 1), await tile(wide.page, 3)].map(number), [1, 1]);
same("all stages are there", await wide.page.$$eval("#stages tr", (rows) => rows.length), 9);
check("markup of a label or a server is text", (await wide.page.textContent("#messages")).includes("<img src=x onerror=alert(1)>"),
  await wide.page.textContent("#messages"));
const before = await wide.page.$eval("#tiles div:nth-child(7) dd span", (dd) => dd.textContent);
await wide.page.waitForFunction((b) => document.querySelector("#tiles div:nth-child(7) dd span").textContent !== b, before, wait);
check("the page moves while the run goes on", true);
const overflow = await narrow.page.evaluate(() => document.documentElement.scrollWidth);
check("360 px: nothing is wider than the screen", overflow <= 360, overflow);
same("dark: the background is dark", await night.page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(20, 23, 26)");
await wide.page.screenshot({ path: picture });
await narrow.page.screenshot({ path: picture.replace(".png", "-narrow.png") });
for (const each of [wide, narrow, night]) await accessible(each);
await end(narrow);
await end(night);

const report = await open(`${url}report`, "report", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }, ofTheServer);
await report.page.waitForSelector("#tiles div", wait);
check("the report of the folder is there during the run", (await report.page.textContent("#tiles")).includes("3"));
await accessible(report);
await end(report);
same("the link leads to it", await wide.page.getAttribute("#report", "href"), `${url}report`);

console.log("open");
await until(wide.page, "connection", "The run has ended.");
same("the end is shown", [await wide.page.textContent("#title"), number(await tile(wide.page, 1))], ["3 of 3 clips", 2]);
same("nothing was complained about", wide.complaints, []);
console.log("restart");
await until(wide.page, "title", "3 of 4 clips");
same("the page goes on with the next run", await wide.page.textContent("#connection"), "At work.");
same("what was there before", number(await tile(wide.page, 2)), 2);
// The browser itself says on the console that nobody answered between the runs.
wide.complaints.splice(0, wide.complaints.length, ...wide.complaints.filter((text) => !text.includes("ERR_CONNECTION_REFUSED")));
await end(wide);
console.log("open");
await finish();
