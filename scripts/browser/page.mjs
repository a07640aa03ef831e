// page.mjs PAGE EXPECTED PICTURE: looks at the page of `reelpipe report --html` with Debian's Chromium.
//
// EXPECTED is a JSON file with what scripts/check_page read from the ledger. Writes a PNG to PICTURE. Prints a line for
// each check, and ends with status 1 if one fails.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { accessible, check, end, finish, open as openAt, same } from "./looks.mjs";

const [file, expectedFile, picture] = process.argv.slice(2);
const expected = JSON.parse(readFileSync(expectedFile, "utf8"));
const url = pathToFileURL(file).href;
const open = (name, options) => openAt(url, name, options);

const column = (page, table, n) => page.$$eval(`#${table} tbody tr`, (rows, i) => rows.map((row) => row.children[i].textContent), n);
const number = (text) => Number(text.replaceAll(",", ""));

const wide = await open("wide", { viewport: { width: 1280, height: 900 }, colorScheme: "light" });
{
  const { page } = wide;
  console.log(`the page is ready after ${wide.ready} ms`);
  const outcomes = await page.$$eval("#reasons tbody tr", (rows) => rows.map((r) => [r.children[0].textContent, r.children[1].textContent]));
  same("outcomes are the ledger's", outcomes.map(([name, count]) => [name, number(count)]).sort(), Object.entries(expected.outcomes).sort());
  same("tiles are the ledger's", number(await page.$eval("#tiles dd", (dd) => dd.firstChild.textContent)), expected.outcomes.stored);

  await page.click("#label-table th:nth-child(2) button");
  const wanted = (await column(page, "label-table", 1)).map(number);
  check("labels sort by number", wanted.every((n, i) => i === 0 || n <= wanted[i - 1]), wanted);
  same("the sorted column says so", await page.getAttribute("#label-table th:nth-child(2)", "aria-sort"), "descending");
  const labels = await page.$$eval("#label-table tbody tr", (rows) => rows.map((r) => [...r.children].map((c) => c.textContent)));
  check("labels are the ledger's", labels.slice(0, 20).every(([name, , stored, failures]) => {
    const [s, f] = expected.labels[name === "(no label)" ? "" : name] || [];
    return number(stored) === s && number(failures) === f;
  }), labels.slice(0, 3));

  const all = number((await page.textContent("#failures [role=status]")).match(/of ([\d,]+)/)[1]);
  if (all > 10) {
    await page.fill("#failed-search", expected.search);
    same("the search finds a failed clip", await column(page, "failed", 0), [expected.search]);
    same("the search says how many", await page.textContent("#failures [role=status]"), "Rows 1 to 1 of 1.");
    await page.fill("#failed-search", "");
  }
  await page.selectOption("#failed-choice", expected.rare);
  check("a reason is chosen", (await column(page, "failed", 2)).every((r) => r === expected.rare));
  await page.selectOption("#failed-choice", "");
  await page.focus("#failed th:first-child button");
  await page.keyboard.press("Enter");
  const ids = await column(page, "failed", 0);
  check("the keyboard sorts", ids.length > 1 && ids.every((id, i) => i === 0 || ids[i - 1].localeCompare(id, "en") <= 0), ids.slice(0, 5));
  if (all > 25) {
    await page.click("#failures button:text('Next')");
    check("there is a next page", (await page.textContent("#failures [role=status]")).startsWith("Rows 26 "));
  }

  const images = await page.$$eval(".sheet img", (all) => all.map((i) => [i.complete && i.naturalWidth > 0, i.alt.length > 0]));
  same(`${images.length} frames are shown, each with a text`, images.filter(([shown, text]) => !shown || !text), []);
  same("as many as the report made", images.length, expected.frames);
  const blank = await page.$$eval("canvas", (all) => all.filter((c) => !new Uint32Array(
    c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer).some((p) => p !== 0)).length);
  same(`all ${(await page.$$("canvas")).length} charts are drawn`, blank, 0);
  await accessible(wide);
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: picture, fullPage: false });
  await page.pdf({ path: `${picture}.pdf` });
  await end(wide);
}

const narrow = await open("360 px", { viewport: { width: 360, height: 740 }, colorScheme: "light" });
const overflow = await narrow.page.evaluate(() => document.documentElement.scrollWidth);
check("360 px: nothing is wider than the screen", overflow <= 360, overflow);
await accessible(narrow);
await narrow.page.screenshot({ path: picture.replace(".png", "-narrow.png") });
await end(narrow);

const night = await open("dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" });
same("dark: the background is dark", await night.page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(20, 23, 26)");
await accessible(night);
await night.page.screenshot({ path: picture.replace(".png", "-dark.png") });
await end(night);

const plain = await open("without JavaScript", { javaScriptEnabled: false });
check("without JavaScript: there is a summary", (await plain.page.textContent("main")).includes("Failures by reason"));
await end(plain);

await finish();
