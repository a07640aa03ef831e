// Draws the page from the JSON in its element "data". All that comes from lists and sites is set as text, never as
// markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const palettes = {
    light: { text: "#1a1d21", grid: "#dfe3e8", good: "#1769b5", bad: "#b3361b", other: "#6b7682" },
    dark: { text: "#e8eaed", grid: "#343b43", good: "#63aaf0", bad: "#ff8a6b", other: "#9aa5b1" },
  };
  const charts = [];

  // ---------------------------------------------------------------------------------------------- words and numbers

  const count = (n) => n.toLocaleString("en", { maximumFractionDigits: 0 });
  const decimal = (n, digits = 2) => n.toLocaleString("en", { maximumFractionDigits: digits });
  const plural = (n, word) => `${count(n)} ${word}${n === 1 ? "" : "s"}`;
  const percent = (part, whole) => (whole > 0 ? `${decimal((100 * part) / whole, 1)} %` : "–");
  const time = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");

  function bytes(n) {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let power = 0;
    for (; n >= 1000 && power < units.length - 1; ++power) n /= 1000;
    return `${decimal(n, n < 10 && power > 0 ? 2 : n < 100 ? 1 : 0)} ${units[power]}`;
  }

  function duration(seconds) {
    if (seconds < 90) return `${decimal(seconds, 1)} s`;
    if (seconds < 5400) return `${decimal(seconds / 60, 1)} min`;
    if (seconds < 172800) return `${decimal(seconds / 3600, 1)} h`;
    return `${decimal(seconds / 86400, 1)} days`;
  }

  // ---------------------------------------------------------------------------------------------- elements

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const section = (id) => document.getElementById(id);
  const say = (id, ...text) => section(id).append(element("p", {}, ...text));

  // ---------------------------------------------------------------------------------------------- tables

  function cell(column, row) {
    const value = column.value(row);
    const text = column.show ? column.show(value, row) : String(value);
    const attributes = column.number ? { class: "number" } : {};
    return column.head ? element("th", { scope: "row", ...attributes }, text) : element("td", attributes, text);
  }

  function compare(column, a, b) {
    const [x, y] = [column.value(a), column.value(b)];
    return column.number ? x - y : String(x).localeCompare(String(y), "en");
  }

  // A table whose columns sort. Long ones have a search field and are shown a page at a time.
  // columns: {title, value(row), show(value, row), number, head}; choose: a column to select rows by.
  function table(place, { id, caption, columns, rows, choose = null, pageSize = 25 }) {
    const state = { sorted: null, descending: false, first: 0, shown: rows };
    const body = element("tbody");
    const status = element("p", { role: "status", class: "muted" });
    const heads = columns.map((column) => {
      const button = element("button", { type: "button" }, column.title);
      const head = element("th", { scope: "col", ...(column.number ? { class: "number" } : {}) }, button);
      button.addEventListener("click", () => {
        state.descending = state.sorted === column ? !state.descending : Boolean(column.number);
        state.sorted = column;
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", state.descending ? "descending" : "ascending");
        update();
      });
      return head;
    });

    const search = element("input", { type: "search", id: `${id}-search` });
    const select = element("select", { id: `${id}-choice` }, element("option", { value: "" }, "all"));
    const previous = element("button", { type: "button" }, "Previous");
    const next = element("button", { type: "button" }, "Next");
    const texts = new Map();
    const textOf = (row) => {
      if (!texts.has(row)) texts.set(row, columns.map((c) => c.value(row)).join("\n").toLowerCase());
      return texts.get(row);
    };

    function draw() {
      const page = state.shown.slice(state.first, state.first + pageSize);
      body.replaceChildren(...page.map((row) => element("tr", {}, ...columns.map((column) => cell(column, row)))));
      // A button that is disabled loses the focus.
      previous.setAttribute("aria-disabled", state.first === 0);
      next.setAttribute("aria-disabled", state.first + pageSize >= state.shown.length);
      status.textContent = page.length === 0 ? "No row matches." :
        `Rows ${count(state.first + 1)} to ${count(state.first + page.length)} of ${count(state.shown.length)}.`;
    }

    function turn(by) {
      if (state.first + by < 0 || state.first + by >= state.shown.length) return;
      state.first += by;
      draw();
    }

    function update() {
      const words = search.value.toLowerCase();
      state.shown = rows.filter((row) => (!select.value || String(choose.value(row)) === select.value) &&
        (!words || textOf(row).includes(words)));
      if (state.sorted) state.shown.sort((a, b) => compare(state.sorted, a, b) * (state.descending ? -1 : 1));
      state.first = 0;
      draw();
    }

    const controls = element("div", { class: "controls" });
    if (rows.length > 10) {
      controls.append(element("div", {}, element("label", { for: search.id }, `Search: ${caption}`), search));
      search.addEventListener("input", update);
    }
    if (choose) {
      for (const value of [...new Set(rows.map(choose.value))].sort()) select.append(element("option", { value }, value));
      controls.append(element("div", {}, element("label", { for: select.id }, choose.title), select));
      select.addEventListener("change", update);
    }
    if (rows.length > pageSize) {
      controls.append(previous, next);
      previous.addEventListener("click", () => turn(-pageSize));
      next.addEventListener("click", () => turn(pageSize));
    }
    draw();
    const made = element("table", { id }, element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...heads)), body);
    if (controls.children.length > 0) place.append(controls, status);
    place.append(element("div", { class: "scroll", role: "region", "aria-label": `Table: ${caption}`, tabindex: "0" }, made));
  }

  // ---------------------------------------------------------------------------------------------- charts

  // Its numbers are in a table beside it, or in one that opens below it.
  function chart(place, { title, type, labels, sets, xTitle, yTitle, horizontal = false, stacked = false, tall = false }) {
    const canvas = element("canvas", { role: "img", "aria-label": `Chart: ${title}` });
    place.append(element("figure", {}, element("figcaption", {}, title),
      element("div", { class: tall ? "canvas tall" : "canvas" }, canvas)));
    const axis = (text) => ({ title: { display: Boolean(text), text: text || "" }, stacked, grid: {}, ticks: { maxRotation: 0, autoSkipPadding: 12 } });
    const made = new Chart(canvas, {
      type,
      data: {
        labels,
        datasets: sets.map(({ label, values, colour }) => ({
          label, data: values, colour, borderWidth: type === "line" ? 1.5 : 0, pointRadius: values.length < 3 ? 3 : 0,
          borderDash: type === "line" && colour === "bad" ? [5, 3] : [],
          tension: 0, categoryPercentage: horizontal ? 0.8 : 1, barPercentage: horizontal ? 1 : 0.94,
        })),
      },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, indexAxis: horizontal ? "y" : "x",
        interaction: { mode: "index", intersect: false, axis: horizontal ? "y" : "x" },
        plugins: { legend: { display: sets.length > 1 } },
        scales: { x: { ...axis(xTitle), beginAtZero: true }, y: { ...axis(yTitle), beginAtZero: true } },
      },
    });
    charts.push(made);
  }

  function colour(printing = false) {
    const palette = dark.matches && !printing ? palettes.dark : palettes.light;
    for (const made of charts) {
      for (const set of made.data.datasets) set.borderColor = set.backgroundColor = palette[set.colour];
      for (const axis of [made.options.scales.x, made.options.scales.y]) {
        axis.ticks.color = axis.title.color = palette.text;
        axis.grid.color = palette.grid;
      }
      made.options.plugins.legend.labels = { color: palette.text };
      made.update();
    }
  }

  function numbers(place, { id, title, columns, rows }) {
    const details = element("details", {}, element("summary", {}, `${title}, as a table`));
    table(details, { id, caption: title, columns, rows });
    place.append(details);
  }

  // ---------------------------------------------------------------------------------------------- sections

  function head() {
    const { totals, traffic } = data;
    section("made").textContent = `Made by reelpipe ${data.reelpipe} at ${data.made} UTC, from the ledger of all runs.`;
    const tile = (name, value, note = "") => section("tiles").append(
      element("div", {}, element("dt", {}, name), element("dd", {}, value, ...(note ? [element("small", {}, note)] : []))));
    tile("Clips stored", count(totals.stored), percent(totals.stored, totals.stored + totals.failed + totals.pending));
    tile("Clips failed", count(totals.failed), percent(totals.failed, totals.stored + totals.failed + totals.pending));
    if (totals.pending > 0) tile("Clips pending", count(totals.pending), "at the end of the last run");
    else if (data.runs.length > 0 && !data.runs[0].ended) tile("Clips pending", "not known", "the last run has not ended");
    tile("Videos", count(totals.videos));
    tile("Size of the clips", bytes(totals.bytes), `${duration(totals.duration_s)} of video`);
    tile("Bytes fetched", bytes(traffic.fetched));
    if (totals.shorter > 0) tile("Shorter than asked for", count(totals.shorter));
    for (const each of document.querySelectorAll("main section"))
      section("sections").append(element("li", {}, element("a", { href: `#${each.id}` }, each.querySelector("h2").textContent)));
  }

  function outcomes() {
    const rows = [{ reason: "stored", class: "", count: data.totals.stored, meaning: "The clip is on disk, and was verified.", example: "", message: "" },
      ...data.failures];
    const all = rows.reduce((sum, row) => sum + row.count, 0);
    chart(section("outcomes"), {
      title: "Clips by outcome", type: "bar", horizontal: true, stacked: true, tall: rows.length > 8, xTitle: "clips",
      labels: rows.map((r) => r.reason),
      sets: [{ label: "stored", colour: "good", values: rows.map((r) => (r.reason === "stored" ? r.count : 0)) },
        { label: "failed", colour: "bad", values: rows.map((r) => (r.reason === "stored" ? 0 : r.count)) }],
    });
    table(section("outcomes"), {
      id: "reasons", caption: "Outcomes by reason", rows,
      columns: [{ title: "Outcome", value: (r) => r.reason, head: true },
        { title: "Clips", value: (r) => r.count, show: count, number: true },
        { title: "Share", value: (r) => r.count, show: (n) => percent(n, all), number: true },
        { title: "Class", value: (r) => r.class },
        { title: "What it means, and what to do", value: (r) => r.final ? `${r.meaning} To ask again: --retry ${r.reason}` : r.meaning },
        { title: "Example", value: (r) => (r.example ? `${r.example}: ${r.message}` : "") }],
    });
  }

  function overTime() {
    const { seconds, at, stored, failed, fetched } = data.time;
    if (at.length === 0) return say("time", "Nothing has happened yet.");
    // A pause is a gap in the lines.
    const steps = [];
    at.forEach((begin, i) => {
      if (i > 0 && begin - at[i - 1] > seconds) steps.push(null);
      steps.push(i);
    });
    const values = (of, unit) => steps.map((i) => (i === null ? null : of[i] / unit / seconds));
    const labels = steps.map((i) => (i === null ? "pause" : time(at[i]).slice(5, seconds < 60 ? 19 : 16)));
    say("time", `Each point is the mean of ${duration(seconds)}. Times are UTC; pauses are gaps.`);
    const place = element("div", { class: "charts" });
    section("time").append(place);
    chart(place, {
      title: "Clips a second", type: "line", labels, yTitle: "clips/s",
      sets: [{ label: "stored", colour: "good", values: values(stored, 1) }, { label: "failed", colour: "bad", values: values(failed, 1) }],
    });
    chart(place, { title: "MB a second, counted when a video is done", type: "line", labels, yTitle: "MB/s",
      sets: [{ label: "fetched", colour: "good", values: values(fetched, 1e6) }] });
    numbers(section("time"), {
      id: "steps", title: "Clips and bytes over time", rows: at.map((_, i) => i),
      columns: [{ title: "From (UTC)", value: (i) => at[i], show: time, number: true },
        { title: "Stored", value: (i) => stored[i], show: count, number: true },
        { title: "Failed", value: (i) => failed[i], show: count, number: true },
        { title: "Fetched", value: (i) => fetched[i], show: bytes, number: true }],
    });
  }

  function ceilings(run) {
    const { measured } = run;
    const stage = (name) => measured.stages.find((s) => s.name === name) || { busy_s: 0, in: 0 };
    const items = [`Its bottleneck was the stage “${measured.bottleneck || "none"}”.`,
      `Cutting kept ${percent(stage("cut").busy_s, measured.jobs * measured.wall_s)} of ${plural(measured.jobs, "CPU worker")} busy (--jobs).`];
    const rate = measured.fetched / measured.wall_s;
    items.push(measured.limit_rate > 0 ?
      `It fetched ${bytes(rate)} a second, ${percent(rate, measured.limit_rate)} of --limit-rate.` :
      `It fetched ${bytes(rate)} a second; without --limit-rate, the ceiling of the link is not known.`);
    if (measured.resolves_per_hour > 0) {
      const asked = (stage("resolve").in * 3600) / measured.wall_s;
      items.push(`It asked for ${decimal(asked, 0)} videos an hour, ${percent(asked, measured.resolves_per_hour)} of its quota (--resolve-rate).`);
    }
    return element("ul", {}, ...items.map((text) => element("li", {}, text)));
  }

  function stages() {
    const rows = Object.entries(data.stages).map(([name, seconds]) => ({ name, seconds }));
    const all = rows.reduce((sum, row) => sum + row.seconds, 0);
    chart(section("stages"), { title: "Time in each stage, summed over all clips", type: "bar", horizontal: true, xTitle: "seconds",
      labels: rows.map((r) => r.name), sets: [{ label: "seconds", colour: "good", values: rows.map((r) => r.seconds) }] });
    table(section("stages"), {
      id: "stage-times", caption: "Time by stage", rows,
      columns: [{ title: "Stage", value: (r) => r.name, head: true },
        { title: "Time", value: (r) => r.seconds, show: duration, number: true },
        { title: "Share", value: (r) => r.seconds, show: (s) => percent(s, all), number: true }],
    });
    const run = data.measured_run;
    if (!run) return say("stages", "No run has ended that measured its stages, so no bottleneck can be named.");
    section("stages").append(element("h3", {}, `The run that started at ${run.started}`), ceilings(run));
    table(section("stages"), {
      id: "stage-measures", caption: `Stages of that run, of ${duration(run.measured.wall_s)}; seconds are summed over the workers`,
      rows: run.measured.stages,
      columns: [{ title: "Stage", value: (s) => s.name, head: true },
        { title: "Workers", value: (s) => s.workers, show: count, number: true },
        { title: "In", value: (s) => s.in, show: count, number: true },
        { title: "Out", value: (s) => s.out, show: count, number: true },
        { title: "Failed", value: (s) => s.failed, show: count, number: true },
        { title: "Busy", value: (s) => s.busy_s, show: duration, number: true },
        { title: "Idle", value: (s) => s.idle_s, show: duration, number: true },
        { title: "Blocked", value: (s) => s.blocked_s, show: duration, number: true }],
    });
  }

  function traffic() {
    const { fetched_of_known: fetched, whole } = data.traffic;
    if (whole > 0) {
      chart(section("traffic"), { title: "Bytes fetched, and what whole files would have been", type: "bar", horizontal: true, xTitle: "MB",
        labels: ["fetched", "whole files"], sets: [{ label: "MB", colour: "good", values: [fetched / 1e6, whole / 1e6] }] });
      say("traffic", `${bytes(fetched)} were fetched of files of ${bytes(whole)}: ${percent(fetched, whole)}. Videos whose size is not known, such as playlists, are left out.`);
    } else {
      say("traffic", `${bytes(data.traffic.fetched)} were fetched. The sizes of the whole files are not known.`);
    }
    if (!data.hosts || data.hosts.rows.length === 0) return say("traffic", "No host is known: the videos are on disk, or an earlier version made the clips.");
    const rate = ([, , size, seconds]) => (seconds > 0 ? size / seconds : 0);
    table(section("traffic"), {
      id: "hosts", caption: `Hosts that served media (${count(data.hosts.all)})`, rows: data.hosts.rows,
      columns: [{ title: "Host", value: (r) => r[0], head: true },
        { title: "Videos", value: (r) => r[1], show: count, number: true },
        { title: "Bytes", value: (r) => r[2], show: bytes, number: true },
        { title: "Bytes a second of a video", value: rate, show: bytes, number: true },
        { title: "Failed attempts", value: (r) => r[4], show: count, number: true }],
    });
  }

  function labels() {
    const name = (text) => text || "(no label)";
    const lost = ([, , failed, pending]) => failed + pending;
    const wanted = (r) => r[1] + lost(r);
    const worst = data.labels.rows.filter((r) => lost(r) > 0).slice(0, 15);
    if (worst.length > 0) chart(section("labels"), {
      title: "Labels that lost most clips", type: "bar", horizontal: true, stacked: true, tall: true, xTitle: "clips",
      labels: worst.map((r) => name(r[0])),
      sets: [{ label: "stored", colour: "good", values: worst.map((r) => r[1]) }, { label: "failed", colour: "bad", values: worst.map((r) => r[2]) },
        { label: "pending", colour: "other", values: worst.map((r) => r[3]) }],
    });
    if (data.labels.rows.length < data.labels.all)
      say("labels", `The ${count(data.labels.rows.length)} of ${count(data.labels.all)} labels that lost most clips.`);
    table(section("labels"), {
      id: "label-table", caption: "Clips by label", rows: data.labels.rows,
      columns: [{ title: "Label", value: (r) => name(r[0]), head: true },
        { title: "Wanted", value: wanted, show: count, number: true },
        { title: "Stored", value: (r) => r[1], show: count, number: true },
        { title: "Failed", value: (r) => r[2], show: count, number: true },
        { title: "Pending", value: (r) => r[3], show: count, number: true },
        { title: "Missing", value: (r) => lost(r) / wanted(r), show: (_, r) => percent(lost(r), wanted(r)), number: true }],
    });
  }

  function spread(place, { id, title, unit, histogram, digits }) {
    if (histogram.counts.length === 0) return;
    const places = Math.max(0, Math.ceil(-Math.log10(histogram.step)));
    const begins = histogram.counts.map((_, i) => histogram.first + i * histogram.step);
    const last = histogram.more ? begins.length - 1 : -1;
    const label = (i) => `${decimal(begins[i], places)}${i === last ? " or more" : ""}`;
    const cell = element("div");
    place.append(cell);
    chart(cell, { title: `${title}: ${decimal(histogram.least, digits)} to ${decimal(histogram.most, digits)} ${unit}, median ${decimal(histogram.median, digits)}`,
      type: "bar", xTitle: unit, yTitle: "clips", labels: begins.map((_, i) => label(i)), sets: [{ label: "clips", colour: "good", values: histogram.counts }] });
    numbers(cell, { id, title, rows: begins.map((_, i) => i),
      columns: [{ title: `From (${unit})`, value: (i) => begins[i], show: (_, i) => label(i), number: true },
        { title: "Clips", value: (i) => histogram.counts[i], show: count, number: true }] });
  }

  function kinds(place, { id, title, rows }) {
    const cell = element("div");
    place.append(cell);
    chart(cell, { title, type: "bar", horizontal: true, xTitle: "clips", labels: rows.map((r) => r[0]), sets: [{ label: "clips", colour: "good", values: rows.map((r) => r[1]) }] });
    numbers(cell, { id, title, rows, columns: [{ title, value: (r) => r[0], head: true }, { title: "Clips", value: (r) => r[1], show: count, number: true }] });
  }

  function clips() {
    if (data.totals.stored === 0) return say("clips", "No clip is stored.");
    const place = element("div", { class: "charts" });
    section("clips").append(place);
    spread(place, { id: "lengths", title: "Length", unit: "s", histogram: data.lengths, digits: 2 });
    spread(place, { id: "sizes", title: "Size", unit: "kB", histogram: data.sizes, digits: 0 });
    spread(place, { id: "frame-rates", title: "Frame rate", unit: "frames/s", histogram: data.frame_rates, digits: 2 });
    kinds(place, { id: "frame-sizes", title: "Resolution", rows: data.frame_sizes });
    kinds(place, { id: "codecs", title: "Codec", rows: data.codecs });
    say("clips", `${plural(data.totals.silent, "clip")} without audio.`);
    if (data.totals.copied_clips > 0) say("clips", `With --cut smart, ${count(data.totals.copied_frames)} frames of ${plural(data.totals.copied_clips, "clip")} were copied.`);
    if (data.shorter.count > 0) table(section("clips"), {
      id: "shorter", caption: `Clips that are shorter than asked for (${count(data.shorter.clips.length)} of ${count(data.shorter.count)})`, rows: data.shorter.clips,
      columns: [{ title: "Clip", value: (r) => r[0], head: true }, { title: "Missing (s)", value: (r) => r[1], show: (s) => decimal(s), number: true }],
    });
  }

  function frames(title, those) {
    if (those.length === 0) return;
    const list = element("ul", { class: "sheet" });
    for (const each of those) {
      const image = each.jpeg ?
        element("img", { alt: `A frame of the clip ${each.clip}`, src: `data:image/jpeg;base64,${each.jpeg}`, width: each.width, height: each.height }) :
        element("span", { class: "muted" }, `No frame: ${each.error}`);
      const facts = `${decimal(each.duration_s)} s, ${each.streams}`;
      list.append(element("li", { title: each.file }, image, ...(each.oddity ? [element("strong", {}, each.oddity)] : []),
        element("span", {}, each.label || "(no label)"), element("span", { class: "muted" }, each.clip), element("span", { class: "muted" }, facts)));
    }
    section("sheet").append(element("h3", {}, title), list);
  }

  function sheet() {
    if (data.sheet_trouble) say("sheet", `No frame can be shown: ${data.sheet_trouble}`);
    if (data.sheet.length === 0) return say("sheet", "There are no frames in this report.");
    say("sheet", "Each is the first frame from a key frame near the middle of the clip on.");
    frames("Short or odd clips", data.sheet.filter((each) => each.oddity));
    frames("Clips drawn by chance, about as many of each label", data.sheet.filter((each) => !each.oddity)
      .sort((a, b) => a.label.localeCompare(b.label, "en")));
  }

  function failures() {
    const { all, texts, rows } = data.failed_clips;
    if (all === 0) return say("failures", "No clip has failed.");
    if (rows.length < all) say("failures", `${count(rows.length)} of ${count(all)} failures, drawn by chance; of rare reasons all. The ledger has the rest.`);
    const reason = { title: "Reason", value: (r) => texts[r[0]] };
    table(section("failures"), {
      id: "failed", caption: "Failed clips", rows, choose: reason,
      columns: [{ title: "Clip", value: (r) => r[1], head: true }, { title: "Label", value: (r) => texts[r[2]] }, reason,
        { title: "Message", value: (r) => texts[r[3]] }, { title: "Attempts", value: (r) => r[4], number: true },
        { title: "Recorded (UTC)", value: (r) => r[5] }],
    });
  }

  function runs() {
    table(section("runs"), {
      id: "run-table", rows: data.runs,
      caption: data.all_runs > data.runs.length ? `The last ${data.runs.length} of ${count(data.all_runs)} runs` : "Runs, the latest first",
      columns: [{ title: "Started (UTC)", value: (r) => r.started, head: true },
        { title: "Ended", value: (r) => r.ended || "–" },
        { title: "How", value: (r) => r.ending || "killed, or still at work" },
        { title: "Outcomes that still hold", value: (r) => r.outcomes, show: count, number: true },
        { title: "Made by", value: (r) => `reelpipe ${r.reelpipe} ${r.resolver}` },
        { title: "Lists", value: (r) => (r.lists || []).join(", ") }],
    });
    table(section("runs"), {
      id: "options", caption: "Options that all clips of the folder share", rows: Object.entries(data.options),
      columns: [{ title: "Option", value: (r) => r[0], head: true }, { title: "Value", value: (r) => r[1] }],
    });
  }

  for (const part of [head, outcomes, overTime, stages, traffic, labels, clips, sheet, failures, runs]) part();
  colour();
  dark.addEventListener("change", () => colour());
  addEventListener("beforeprint", () => { colour(true); charts.forEach((made) => made.resize()); });
  addEventListener("afterprint", () => { colour(); charts.forEach((made) => made.resize()); });
})();
