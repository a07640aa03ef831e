// Follows a run. Whatever a site or a list has written stands in the page as text, never as markup.
"use strict";

const part = (id) => document.getElementById(id);
const count = (n) => n.toLocaleString("en");
const decimal = (n) => n.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const megabytes = (n) => `${decimal(n / 1e6)} MB`;
const gigabytes = (n) => `${decimal(n / 1e9)} GB`;

function duration(seconds) {
  const s = Math.round(seconds);
  const two = (n) => String(n).padStart(2, "0");
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)} min`;
  return `${Math.floor(s / 86400)} d ${two(Math.floor(s / 3600) % 24)} h`;
}

// What is there already stays, so that a selection and a screen reader's place survive.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function child(parent, i, tag) {
  return parent.children[i] || parent.appendChild(document.createElement(tag));
}

// Each row is a list of cells: a text, or { number }, { head } or { part, of }.
function fill(table, rows) {
  while (table.children.length > rows.length) table.lastChild.remove();
  rows.forEach((cells, r) => {
    const row = child(table, r, "tr");
    cells.forEach((cell, c) => {
      const node = child(row, c, cell.head === undefined ? "td" : "th");
      if (cell.head !== undefined) {
        node.scope = "row";
        write(node, cell.head);
      } else if (cell.number !== undefined) {
        node.className = "number";
        write(node, count(cell.number));
      } else if (cell.of !== undefined) {
        const meter = child(node, 0, "meter");
        meter.max = Math.max(cell.of, 1);
        meter.value = cell.part;
        meter.setAttribute("aria-label", cell.name);
        write(child(node, 1, "span"), `${count(Math.round(cell.part))}/${count(cell.of)}`);
      } else {
        write(node, cell);
      }
    });
  });
}

function tiles(list) {
  list.forEach(([name, value, small], i) => {
    const tile = child(part("tiles"), i, "div");
    write(child(tile, 0, "dt"), name);
    const text = child(tile, 1, "dd");
    write(child(text, 0, "span"), value);
    write(child(text, 1, "small"), small);
  });
}

const states = { running: "At work", waiting: "Waiting", finishing: "Finishing what is in flight", ended: "The run has ended" };

function show(run) {
  const done = run.clips - run.left;
  const percent = run.clips ? 100 * done / run.clips : 0;
  const title = `${Math.floor(percent)} % reelpipe`;
  if (document.title !== title) document.title = title;
  write(part("title"), `${count(done)} of ${count(run.clips)} clips`);
  part("done").value = percent / 100;
  write(part("done"), `${percent.toFixed(1)} %`);
  const times = [];
  if (run.left_s !== null) times.push(`${duration(run.left_s)} by the speed of the last minute`);
  if (run.left_by_quota_s !== null) times.push(`${duration(run.left_by_quota_s)} by quota (${count(run.resolves_per_hour)} videos an hour)`);
  write(part("left"), run.state === "ended" || !run.left ? "" : `${count(run.left)} left: ${times.join(", ") || "nobody knows how long"}.`);
  write(part("trouble"), run.held_up_by && run.state !== "ended" ? `Waiting (${run.held_up_by.reason}): ${run.held_up_by.meaning}` : "");
  tiles([
    ["Stored", count(run.stored), run.shorter ? `${count(run.shorter)} shorter than asked for` : ""],
    ["There before", count(run.exists), ""],
    ["Failed", count(run.failed), run.failed_before ? `${count(run.failed_before)} in earlier runs` : ""],
    ["Clips a second", decimal(run.clips_per_s), "last minute"],
    ["Fetched", megabytes(run.fetched), `${megabytes(run.bytes_per_s)}/s`],
    ["Cutting", `${count(run.cutting)}/${count(run.jobs)}`, `${count(run.under_way)} clips under way`],
    ["At work for", duration(run.elapsed_s), `since ${run.started.replace("T", " ").replace("Z", " UTC")}`],
    ["Free on disk", run.disk ? gigabytes(run.disk.free) : "?", run.disk ? `of ${gigabytes(run.disk.size)}` : ""],
  ]);
  write(part("bottleneck"), run.bottleneck ? `The bottleneck is ${run.bottleneck}.` : "");
  fill(part("stages"), run.stages.map((s, i) => [
    { head: s.name },
    { part: Math.min(s.busy, s.workers), of: s.workers, name: `busy workers of ${s.name}` },
    i === 0 ? "" : { part: s.queued, of: s.queue, name: `queue of ${s.name}` },
    { number: s.out }, { number: s.failed }, { number: s.retried },
  ]));
  fill(part("failures"), run.failures.map((f) => [{ number: f.count }, { head: f.reason }, f.meaning]));
  fill(part("messages"), run.messages.toReversed().map((m) => [m.time.replace("T", " ").replace("Z", ""), m.severity, m.text]));
}

// A browser asks again by itself when a connection breaks, but not after an error of the server, or a run that ended:
// the next run may listen on the same port.
let ended = false;
part("report").search = location.search;
function follow() {
  const events = new EventSource(`events${location.search}`);
  events.onmessage = (event) => {
    const run = JSON.parse(event.data);
    ended = run.state === "ended";
    show(run);
    write(part("connection"), `${states[run.state]}.`);
    if (ended) {
      events.close();
      setTimeout(follow, 5000);
    }
  };
  events.onerror = () => {
    events.close();
    if (!ended) write(part("connection"), "No answer from the run; asking again. What is shown is from before.");
    setTimeout(follow, 3000);
  };
}
follow();
