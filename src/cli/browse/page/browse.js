// Shows the clips of a folder. Whatever a site, a list or a person has written stands in the page as text, never as
// markup. Keys of clips and labels come as parts of URLs and stay so: they may hold bytes that are no text.
"use strict";

const part = (id) => document.getElementById(id);
const count = (n) => n.toLocaleString("en");
const clips = (n) => (n === 1 ? "1 clip" : `${count(n)} clips`);
const token = new URLSearchParams(location.search).get("token");

function made(tag, text, name) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (name) node.className = name;
  return node;
}

function url(path, values = {}) {
  const all = Object.entries(token ? { ...values, token } : values);
  return `${path}?${all.map(([name, value]) => `${name}=${value}`).join("&")}`;
}

// What the server says is wrong is the text of the error.
async function ask(path, values, options) {
  let reply;
  try {
    reply = await fetch(url(path, values), options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("No answer: reelpipe browse has ended, or cannot be reached.");
  }
  if (!reply.ok) throw new Error((await reply.text()).trim());
  return reply.json();
}

// --- Which clips: the filter is in the address, so that the browser's own buttons work.

let filter = {}, cursors = [{}], next = null, shown = [], loads = 0;

function readFilter() {
  const all = location.hash.slice(1).split("&").filter(Boolean).map((each) => each.split("="));
  filter = Object.fromEntries(all.filter(([name]) => name === "label" || name === "show"));
  const from = all.find(([name, value]) => name === "from" && value);
  cursors = [from ? { from: from[1] } : {}];
  part("from").value = from ? decodeURIComponent(from[1]) : "";
}

function writeFilter() {
  const wanted = [];
  if (part("label").value !== "*") wanted.push(`label=${part("label").value}`);
  if (part("show").value) wanted.push(`show=${part("show").value}`);
  if (part("from").value) wanted.push(`from=${encodeURIComponent(part("from").value)}`);
  if (`#${wanted.join("&")}` === (location.hash || "#")) start();
  else location.hash = wanted.join("&");
}

function choices(select, list, chosen) {
  select.replaceChildren(...list.map(([value, text]) => {
    const option = made("option", text);
    option.value = value;
    return option;
  }));
  select.selectedIndex = Math.max(list.findIndex(([value]) => value === chosen), 0);
}

function labelText(each) {
  const numbers = [count(each.stored)];
  if (each.failed) numbers.push(`${count(each.failed)} failed`);
  if (each.pending) numbers.push(`${count(each.pending)} pending`);
  return `${each.label || "(no label)"}: ${numbers.join(", ")}`;
}

function showFolder(folder) {
  document.title = `${folder.name} - reelpipe`;
  part("title").textContent = `Clips of ${folder.name}`;
  part("counts").textContent = `${count(folder.stored)} stored, ${count(folder.failed)} failed, ` +
    `${count(folder.pending)} pending, ${count(folder.marked)} marked as bad.`;
  choices(part("label"), [["*", `all ${count(folder.labels.length)} labels`],
    ...folder.labels.map((each) => [each.key, labelText(each)])], filter.label);
  choices(part("show"), [["", "all outcomes"],
    ["stored", `stored: ${count(folder.stored)}`],
    ["shorter", `shorter than asked for: ${count(folder.shorter)}`],
    ["marked", `marked as bad: ${count(folder.marked)}`],
    ["failed", `failed: ${count(folder.failed)}`],
    ...folder.reasons.map((each) => [each.reason, `failed, ${each.reason}: ${count(each.clips)}`])], filter.show);
}

async function showPage(wantsFocus) {
  const load = ++loads;
  part("clips").setAttribute("aria-busy", "true");
  try {
    const [page, folder] = await Promise.all([ask("clips.json", { ...filter, ...cursors.at(-1) }), ask("folder.json")]);
    if (load !== loads) return;
    stills.forget();
    showFolder(folder);
    shown = page.clips;
    next = page.next;
    part("clips").replaceChildren(...shown.map(item));
    part("status").textContent = shown.length === 0 ? "There is no such clip." :
      `Page ${count(cursors.length)}: ${clips(shown.length)}${next ? "" : ", the last"}.`;
    part("previous").disabled = cursors.length === 1;
    part("next").disabled = !next;
    if (wantsFocus) part("clips").querySelector("button")?.focus();
  } catch (error) {
    if (load === loads) part("status").textContent = error.message;
  } finally {
    if (load === loads) part("clips").removeAttribute("aria-busy");
  }
}

function start() {
  readFilter();
  return showPage(false);
}

// --- The clips of a page

// Stills are asked for when they come near the screen, a few at a time, so that the other requests need not wait.
const stills = {
  waiting: [],
  atWork: 0,
  stop: new AbortController(),
  seen: new IntersectionObserver((entries) => {
    for (const each of entries.filter((entry) => entry.isIntersecting)) {
      stills.seen.unobserve(each.target);
      stills.waiting.push(each.target);
    }
    stills.work();
  }, { rootMargin: "200px" }),

  forget() {
    this.seen.disconnect();
    this.waiting = [];
    this.stop.abort();
    this.stop = new AbortController();
  },

  async work() {
    if (this.atWork >= 3 || this.waiting.length === 0) return;
    const frame = this.waiting.shift();
    this.atWork += 1;
    this.work();
    try {
      const still = await ask("still.json", { clip: frame.dataset.key }, { signal: this.stop.signal });
      const image = made("img");
      image.alt = "";
      image.src = `data:image/jpeg;base64,${still.jpeg}`;
      frame.replaceChildren(image);
    } catch (error) {
      if (error.name !== "AbortError") frame.textContent = error.message;
    }
    this.atWork -= 1;
    this.work();
  },
};

function markText(clip) {
  return clip.mark ? `bad${clip.mark.note ? `: ${clip.mark.note}` : ""}` : "";
}

function item(clip, place) {
  const node = made("li"), button = made("button");
  button.type = "button";
  const frame = made("span", clip.reason ? clip.reason : "", "frame");
  frame.dataset.key = clip.key;
  if (!clip.reason) stills.seen.observe(frame);
  const text = clip.reason ? clip.message : `${clip.duration_s.toFixed(2)} s, ${clip.width}x${clip.height}` +
    (clip.missing_s > 0 ? `, ${clip.missing_s.toFixed(2)} s missing` : "");
  button.append(frame, made("strong", clip.id), made("span", clip.label || "(no label)", "muted"),
    made("span", text), made("span", markText(clip), "mark"));
  button.addEventListener("click", () => view(place));
  node.append(button);
  return node;
}

// --- One clip

let place = 0, views = 0;

function fact(name, value) {
  if (value === undefined || value === null || value === "") return [];
  return [made("dt", name), made("dd", String(value))];
}

function facts(clip) {
  const run = `run ${clip.run}, ${clip.recorded} UTC, ${count(clip.attempts)} ${clip.attempts === 1 ? "attempt" : "attempts"}`;
  const stored = clip.outcome === "stored";
  const known = [
    ...fact("Outcome", stored ? "stored" : `failed: ${clip.reason} (${clip.class})`),
    ...fact("Message", clip.message),
    ...fact("Next", clip.next),
    ...fact("Segment", `${clip.video}, ${clip.start} s to ${clip.end} s`),
  ];
  if (stored) known.push(
    ...fact("File", `${clip.file}: ${clip.on_disk}`),
    ...fact("Length", `${clip.duration_s.toFixed(3)} s, ${count(clip.frames)} frames` +
      (clip.missing_s > 0 ? `, ${clip.missing_s.toFixed(3)} s missing` : "")),
    ...fact("Streams", clip.streams),
    ...fact("Size", `${count(clip.bytes)} bytes`),
    ...fact("Frames copied", clip.copied),
    ...fact("Encoded because", clip.encoded_because));
  known.push(...fact("Made by", run), ...fact("Fetched for the video", `${count(clip.fetched)} bytes`));
  for (const each of clip.warnings || []) known.push(...fact("yt-dlp warned", each));
  for (const name of ["title", "channel", "uploader", "upload_date", "license"])
    known.push(...fact(`The site's ${name}`, clip.metadata?.[name]));
  return known;
}

function attempts(list) {
  return list.map((each) => {
    const row = made("tr");
    row.append(made("td", each.at), made("td", String(each.run)), made("td", each.reason),
      made("td", each.address ? `${each.address}: ${each.message}` : each.message));
    return row;
  });
}

// A mark holds for a segment, under each of its labels.
function setMark(clip, mark) {
  shown.forEach((each, i) => {
    if (each.id !== clip.id) return;
    each.mark = mark;
    part("clips").children[i].querySelector(".mark").textContent = markText(each);
  });
  if (shown[place] === clip) showMark(mark);
}

function showMark(mark) {
  part("marked").textContent = mark ? `Marked as bad, ${mark.at} UTC.` : "";
  part("mark").textContent = mark ? "Change the note" : "Mark as bad";
  part("note").value = mark ? mark.note : "";
  part("unmark").disabled = !mark;
}

function stopPlayer() {
  part("player").removeAttribute("src");
  part("player").load();
}

async function view(which) {
  const load = ++views, clip = shown[which], player = part("player");
  place = which;
  part("clip-title").textContent = clip.id;
  part("clip-label").textContent = clip.label || "(no label)";
  part("trouble").textContent = "";
  part("before").disabled = which === 0;
  part("after").disabled = which === shown.length - 1;
  part("facts").replaceChildren();
  part("attempts-part").hidden = true;
  player.hidden = Boolean(clip.reason);
  stopPlayer();
  showMark(clip.mark);
  if (!part("viewer").open) part("viewer").showModal();
  part("clip-title").focus();
  if (!clip.reason) {
    player.src = url("clip.mp4", { clip: clip.key });
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) player.play().catch(() => {});
  }
  try {
    const known = await ask("clip.json", { clip: clip.key });
    if (load !== views) return;
    setMark(clip, known.mark);
    part("facts").replaceChildren(...facts(known));
    part("attempts").replaceChildren(...attempts(known.failed_attempts));
    part("attempts-part").hidden = known.failed_attempts.length === 0;
  } catch (error) {
    if (load === views) part("trouble").textContent = error.message;
  }
}

async function change(path, values) {
  const clip = shown[place], load = views;
  try {
    const mark = await ask(path, { clip: clip.key, ...values }, { method: "POST", headers: { "Reelpipe-Change": "yes" } });
    setMark(clip, mark);
    if (load !== views) return;
    part("trouble").textContent = "";
    if (!mark) part("marked").textContent = "Not marked any more.";
  } catch (error) {
    if (load === views) part("trouble").textContent = error.message;
  }
}

// The player does not say what the server said.
part("player").addEventListener("error", async () => {
  const load = views;
  if (!part("player").hasAttribute("src")) return;
  let why = "The browser cannot play this clip.";
  try {
    const reply = await fetch(url("clip.mp4", { clip: shown[place].key }), { headers: { Range: "bytes=0-0" } });
    if (!reply.ok) why = (await reply.text()).trim();
  } catch {
    why = "No answer: reelpipe browse has ended, or cannot be reached.";
  }
  if (load === views) part("trouble").textContent = why;
});

part("viewer").addEventListener("close", () => {
  views += 1;
  stopPlayer();
  part("clips").children[place]?.querySelector("button").focus();
});
part("viewer").addEventListener("keydown", (event) => {
  // There the keys have another meaning.
  if (event.target.closest("input, video, .scroll") || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "ArrowLeft" && place > 0) view(place - 1);
  if (event.key === "ArrowRight" && place < shown.length - 1) view(place + 1);
});
part("before").addEventListener("click", () => view(place - 1));
part("after").addEventListener("click", () => view(place + 1));
part("close").addEventListener("click", () => part("viewer").close());
part("marking").addEventListener("submit", (event) => {
  event.preventDefault();
  change("mark", { note: encodeURIComponent(part("note").value) });
});
part("unmark").addEventListener("click", () => change("unmark", {}));

part("filters").addEventListener("submit", (event) => {
  event.preventDefault();
  writeFilter();
});
for (const id of ["label", "show"]) part(id).addEventListener("change", writeFilter);
part("next").addEventListener("click", () => {
  cursors.push({ after: next });
  showPage(true);
});
part("previous").addEventListener("click", () => {
  cursors.pop();
  showPage(true);
});
addEventListener("hashchange", start);
start();
