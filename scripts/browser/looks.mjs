// What the checks of pages share: Debian's Chromium, and lines that say what holds.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
let failed = 0;

export function check(what, holds, ...facts) {
  console.log(`${holds ? "ok" : "FAILED"}  ${what}`, ...(holds ? [] : facts));
  if (!holds) failed += 1;
}
export const same = (what, found, wanted) => check(what, JSON.stringify(found) === JSON.stringify(wanted), found, "instead of", wanted);

// The page, with what it asked for besides itself and its own parts, and what it complained about.
export async function open(url, name, options, isPart = () => false) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const asked = [], complaints = [];
  const isOwn = (each) => each === url || each.startsWith("data:") || isPart(each);
  page.on("request", (request) => { if (!isOwn(request.url())) asked.push(request.url()); });
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => { complaints.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  const begun = Date.now();
  await page.goto(url);
  const ready = Date.now() - begun;
  return { name, context, page, asked, complaints, ready };
}

export async function end({ name, context, asked, complaints }) {
  same(`${name}: no request`, asked, []);
  same(`${name}: nothing on the console`, complaints, []);
  await context.close();
}

export async function accessible({ name, page }) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run());
  same(`${name}: axe-core finds nothing (${found.passes.length} rules pass)`,
    found.violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 200)}`), []);
}

// Ends the program, with status 1 if a check failed.
export async function finish() {
  await browser.close();
  process.exit(failed === 0 ? 0 : 1);
}
