/* The uploader of the Data page: choose or drop files, send them to the upload route, tell what arrived.

   Streamlit calls the default export again with new `data` after every run of the page; what is under way is kept beside the
   element it is drawn into. `data`: kind ("photos", "folder", "zip"), label (the heading), button, hint, ready, class_name,
   area and key (null until there is something to send), request_bytes. What it tells Python stands in uploader.py. */

const AT_ONCE = 3;
const GROUP_BYTES = 4_000_000; // small files that go into one request
const GROUP_FILES = 80;
const SLICE_BYTES = 8_000_000; // of a large file
const LEAST_BYTES = 500_000; // of a request, where a proxy takes no large ones
const TRIES = 8; // with pauses of 0.5, 1, 2, 4 … 15 seconds: a server may start again meanwhile
const STALLED_MS = 60_000;
const RATE_MS = 15_000; // the time left is told from the pace of so long
const MOST_NAMED = 100; // files that did not arrive, told to Python with their reasons
const JUNK = new Set(["__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db", "$recycle.bin", "@eadir"]);
const FINAL = new Set([400, 403, 404, 413, 507]);

// What is chosen

const isJunk = (path) => path.split("/").some((part) => part.startsWith(".") || JUNK.has(part.toLowerCase()));

const ofInput = (input) => [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

/** The files of what was dropped, those in folders included. */
async function ofDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const found = [];
  const visit = async (entry) => {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      found.push({ file, path: entry.fullPath.replace(/^\//, "") });
      return;
    }
    const reader = entry.createReader();
    const some = () => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    for (let batch = await some(); batch.length; batch = await some()) for (const each of batch) await visit(each);
  };
  for (const entry of entries) await visit(entry);
  return found;
}

const newBatch = () =>
  [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// Sending

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

/** Sends the files of a batch. `items`: {id, name, label, file, sent, loading, state, reason}. */
class Sender {
  constructor(items, place, tell) {
    this.items = items;
    this.place = place;
    this.tell = tell;
    this.most = Math.min(SLICE_BYTES, place.requestBytes);
    this.open = new Set();
    this.ended = false;
    this.problem = null; // what the server says to all of it
    this.waiting = false; // for a server that does not answer
    this.samples = [];
  }

  async run() {
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.work()));
    await this.verify();
  }

  /** Send nothing more. What is on its way is given up, but for a problem of the server: some of it may still fit. */
  stop(problem = null) {
    this.ended = true;
    this.problem ??= problem;
    if (!problem) for (const request of this.open) request.abort();
  }

  async work() {
    while (!this.ended) {
      const group = this.next();
      if (!group.length) return;
      await this.send(group);
    }
  }

  /** Files that go into one request: one large one, or several small ones. */
  next() {
    const group = [];
    let bytes = 0;
    for (const item of this.items) {
      if (item.state !== "waiting") continue;
      const rest = item.file.size - item.sent;
      const most = Math.min(GROUP_BYTES, this.most);
      if (group.length && (bytes + rest > most || group.length >= GROUP_FILES)) break;
      item.state = "sending";
      group.push(item);
      bytes += rest;
    }
    return group;
  }

  async send(group) {
    for (let tries = 0; ; ) {
      const pending = group.filter((item) => item.state === "sending");
      if (!pending.length || this.ended) break;
      const before = pending.reduce((sum, item) => sum + item.sent, 0);
      const answer = await this.post(pending);
      this.note(pending, answer);
      if (this.ended) break;
      if (answer.status === 413 && !answer.body?.what && this.most > LEAST_BYTES) {
        this.most = Math.max(LEAST_BYTES, this.most / 4); // a proxy takes no requests of this size
        for (const item of pending.slice(1)) if (item.state === "sending") item.state = "waiting";
        continue;
      }
      if (FINAL.has(answer.status)) {
        this.stop({ ...answer.body, status: answer.status });
        break;
      }
      const now = pending.reduce((sum, item) => sum + (item.state === "sending" ? item.sent : item.file.size), 0);
      tries = now !== before && (answer.status === 200 || answer.status === 409) ? 0 : tries + 1;
      if (tries) await this.waitOrGiveUp(pending, tries);
    }
    for (const item of group) if (item.state === "sending") item.state = "waiting";
  }

  async waitOrGiveUp(pending, tries) {
    for (const item of pending) {
      if (item.state === "sending" && !(await isReadable(item.file))) {
        Object.assign(item, { state: "failed", reason: "It could not be read on your device; it may have changed." });
      }
    }
    if (tries >= TRIES) this.stop({ what: "The server does not answer.", fix: "Check your connection, then send the rest." });
    if (this.ended || !pending.some((item) => item.state === "sending")) return;
    this.waiting = true;
    this.tell();
    await pause(Math.min(15_000, 250 * 2 ** tries));
    this.waiting = false;
  }

  /** What a request brought. */
  note(pending, { body }) {
    const arrived = new Set(body?.arrived);
    for (const item of pending) {
      item.loading = 0;
      if (arrived.has(item.id)) Object.assign(item, { state: "arrived", sent: item.file.size, reason: "" });
      else if (body?.have && item.id in body.have) item.sent = body.have[item.id];
    }
    this.tell();
  }

  post(pending) {
    const parts = [];
    const spans = pending.map((item) => {
      const length = Math.min(item.file.size - item.sent, this.most);
      const { id, name, label, file, sent } = item;
      const text = new TextEncoder().encode(JSON.stringify({ id, name, label, size: file.size, offset: sent, length }));
      const head = new DataView(new ArrayBuffer(4));
      head.setUint32(0, text.length);
      parts.push(head.buffer, text, file.slice(sent, sent + length));
      return { item, length };
    });
    const request = new XMLHttpRequest();
    request.open("POST", this.place.url);
    request.setRequestHeader("X-Upload-Key", this.place.key);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    return new Promise((resolve) => {
      let stalled;
      const watch = () => {
        clearTimeout(stalled);
        stalled = setTimeout(() => request.abort(), STALLED_MS);
      };
      request.upload.onprogress = ({ loaded }) => {
        watch();
        for (const { item, length } of spans) {
          item.loading = Math.max(0, Math.min(length, loaded));
          loaded -= length;
        }
        this.tell();
      };
      request.onloadend = () => {
        clearTimeout(stalled);
        this.open.delete(request);
        resolve({ status: request.status, body: request.response });
      };
      this.open.add(request);
      watch();
      request.send(new Blob(parts));
    });
  }

  /** The server's own index decides what has arrived. */
  async verify() {
    const headers = { "X-Upload-Key": this.place.key };
    const answer = await fetch(`${this.place.url}?batch=${this.place.batch}`, { headers }).catch(() => null);
    if (!answer?.ok) return;
    const numbers = new Set((await answer.json()).numbers.map((number) => `${this.place.batch}-${number}`));
    for (const item of this.items) {
      if (numbers.has(item.id)) Object.assign(item, { state: "arrived", sent: item.file.size, reason: "" });
      else if (item.state === "arrived") Object.assign(item, { state: "waiting", sent: 0 });
    }
  }

  figures() {
    const figures = { files: this.items.length, arrived: 0, bytes: 0, sent: 0 };
    for (const item of this.items) {
      figures.arrived += item.state === "arrived";
      figures.bytes += item.file.size;
      figures.sent += item.sent + item.loading;
    }
    const now = Date.now();
    this.samples.push([now, figures.sent]);
    while (this.samples.length > 2 && this.samples[0][0] < now - RATE_MS) this.samples.shift();
    const [[start, from]] = this.samples;
    const rate = now - start > 1500 ? (figures.sent - from) / (now - start) : 0;
    return { ...figures, msLeft: rate > 0 ? (figures.bytes - figures.sent) / rate : null };
  }
}

// Words

const number = (value) => value.toLocaleString("en");
const files = (count) => `${number(count)} ${count === 1 ? "file" : "files"}`;
const megabytes = (bytes) => (bytes / 1e6).toLocaleString("en", { maximumFractionDigits: bytes < 1e7 ? 1 : 0 });

function timeLeft(ms) {
  if (ms === null) return "";
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 90) return ` · about ${seconds < 10 ? seconds : Math.ceil(seconds / 5) * 5} s left`;
  return ` · about ${Math.round(seconds / 60)} min left`;
}

function outcomeWords({ files: all, arrived }, stopped) {
  const rest = all - arrived;
  const told = `${number(arrived)} of ${files(all)} arrived.`;
  return (stopped ? "Stopped. " : "") + told + (rest ? ` ${number(rest)} did not.` : "");
}

// What is seen

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

class Uploader {
  constructor() {
    this.sender = null;
    this.busy = false;
    this.lastDrawn = 0;
    this.lastSpoken = 0;
    this.leave = (event) => event.preventDefault();
    this.build();
  }

  build() {
    this.heading = make("p", { className: "heading", id: "heading" });
    this.input = make("input", { type: "file", multiple: true, tabIndex: -1 });
    this.input.setAttribute("aria-hidden", "true");
    this.choose = make("button", { type: "button", className: "choose" });
    this.hint = make("p", { className: "hint", id: "hint" });
    this.choose.setAttribute("aria-describedby", "heading hint");
    this.picker = make("div", { className: "picker" }, this.choose, this.input, this.hint);
    this.bar = make("progress", { max: 1, value: 0 });
    this.bar.setAttribute("aria-label", "Upload");
    this.line = make("p", { className: "line" });
    this.stopper = make("button", { type: "button", textContent: "Stop" });
    this.progress = make("div", { className: "progress", hidden: true }, this.bar, this.line, this.stopper);
    this.verdict = make("p", { className: "verdict" });
    this.again = make("button", { type: "button", textContent: "Send the rest", hidden: true });
    this.outcome = make("div", { className: "outcome", hidden: true }, this.verdict, this.again);
    this.spoken = make("p", { className: "spoken" });
    this.spoken.setAttribute("role", "status");
    this.root = make("section", { className: "uploader" }, this.heading, this.picker, this.progress, this.outcome, this.spoken);
    this.root.setAttribute("aria-labelledby", "heading");

    this.choose.onclick = () => this.input.click();
    this.input.onchange = () => {
      const chosen = ofInput(this.input);
      this.input.value = "";
      this.take(chosen);
    };
    this.stopper.onclick = () => this.sender?.stop();
    this.again.onclick = () => this.sendRest();
    const mark = (event, over) => {
      event.preventDefault();
      this.root.classList.toggle("over", over && this.isOpen());
    };
    this.root.ondragover = (event) => mark(event, true);
    this.root.ondragleave = (event) => mark(event, false);
    this.root.ondrop = (event) => {
      mark(event, false);
      if (!this.isOpen()) return;
      ofDrop(event.dataTransfer).then(
        (dropped) => this.take(dropped),
        () => this.say("That could not be read.", true),
      );
    };
  }

  /** Whether this browser can do what is asked; those of some phones know no folders. */
  isAble() {
    return this.data.kind !== "folder" || "webkitdirectory" in this.input;
  }

  isOpen() {
    return this.data.ready && this.isAble() && !this.busy;
  }

  /** New `data` of a run of the page. */
  update(component) {
    this.data = component.data;
    this.report = (status) => component.setStateValue("status", status);
    if (component.parentElement !== this.root.parentNode) component.parentElement.append(this.root);
    const { kind, label, button, hint } = this.data;
    this.heading.textContent = label;
    this.choose.textContent = button;
    this.hint.textContent = this.isAble() ? hint : "This browser can't send folders. Use a zip instead.";
    this.input.webkitdirectory = kind === "folder";
    this.input.accept = { photos: "image/*", zip: ".zip,application/zip" }[kind] ?? "";
    this.draw();
    if (this.pending && this.data.area) this.begin();
  }

  take(chosen) {
    const wanted = chosen.filter(({ path }) => !isJunk(path));
    if (!this.isOpen() || !chosen.length) return;
    if (!wanted.length) return this.say("There are no files in there that can be used.", true);
    if (this.data.kind === "folder" && !wanted.some(({ path }) => path.includes("/"))) {
      return this.say("These are single files. Drop the folder that they are in.", true);
    }
    const batch = newBatch();
    const label = this.data.kind === "photos" ? this.data.class_name : null;
    const items = wanted.map(({ file, path }, index) => ({
      id: `${batch}-${index}`, name: path, label, file, sent: 0, loading: 0, state: "waiting", reason: "",
    }));
    this.prepare(batch, items);
  }

  sendRest() {
    const { place, items } = this.sender;
    for (const item of items) if (item.state === "failed") item.state = "waiting";
    this.prepare(place.batch, items);
  }

  prepare(batch, items) {
    this.pending = { batch, items };
    this.busy = true;
    this.sender = null;
    addEventListener("beforeunload", this.leave);
    this.say(`Sending ${files(items.filter((item) => item.state === "waiting").length)}…`);
    const focused = this.hasFocus();
    this.report({ busy: true, batch }); // Python makes an upload area where there is none
    this.draw();
    if (focused) this.stopper.focus();
    if (this.data.area) this.begin();
  }

  async begin() {
    const { batch, items } = this.pending;
    this.pending = null;
    const page = location.href.split(/[?#]/)[0].replace(/\/+$/, "");
    const url = new URL(`upload/${this.data.area}`, page).href;
    const place = { batch, url, key: this.data.key, requestBytes: this.data.request_bytes };
    this.sender = new Sender(items, place, () => this.drawSoon());
    await this.sender.run();
    this.finish();
  }

  finish() {
    const { items, ended, problem } = this.sender;
    this.busy = false;
    removeEventListener("beforeunload", this.leave);
    const figures = this.sender.figures();
    const reason = problem?.what ?? (ended ? "Not sent: you stopped it." : "It did not arrive.");
    const failed = items.filter((item) => item.state !== "arrived");
    const { batch } = this.sender.place;
    const named = failed.slice(0, MOST_NAMED).map((item) => ({ name: item.name, reason: item.reason || reason }));
    const words = outcomeWords(figures, ended && !problem);
    this.say(problem ? `${words} ${problem.what ?? "The server refused it."} ${problem.fix ?? ""}` : words, failed.length > 0);
    this.again.hidden = !failed.length || problem?.status === 403 || problem?.status === 404;
    const focused = this.hasFocus();
    this.report({ busy: false, batch, sent: items.length, failed: named, stopped: ended && !problem });
    this.draw();
    if (focused) (this.again.hidden ? this.choose : this.again).focus();
  }

  hasFocus() {
    return this.root.contains(this.root.getRootNode().activeElement);
  }

  /** A sentence that stays, and that a screen reader reads. */
  say(words, bad = false) {
    this.again.hidden = true;
    this.verdict.textContent = words;
    this.verdict.classList.toggle("bad", bad);
    this.spoken.textContent = words;
    this.draw();
  }

  drawSoon() {
    if (Date.now() - this.lastDrawn > 200) this.draw();
  }

  draw() {
    this.lastDrawn = Date.now();
    this.choose.disabled = !this.isOpen();
    this.picker.hidden = this.busy;
    this.progress.hidden = !this.busy;
    this.outcome.hidden = this.busy || !this.verdict.textContent;
    if (!this.busy) return;
    const figures = this.sender?.figures();
    this.bar.value = figures ? figures.sent / Math.max(1, figures.bytes) : 0;
    if (!figures) this.line.textContent = "Starting…";
    else if (this.sender.waiting) this.line.textContent = "The server does not answer. Trying again…";
    else {
      const done = `${number(figures.arrived)} of ${files(figures.files)}`;
      const size = `${megabytes(figures.sent)} of ${megabytes(figures.bytes)} MB`;
      this.line.textContent = `${done} · ${size}${timeLeft(figures.msLeft)}`;
    }
    if (Date.now() - this.lastSpoken > 5000) {
      this.lastSpoken = Date.now();
      this.spoken.textContent = this.line.textContent;
    }
  }

  close() {
    removeEventListener("beforeunload", this.leave);
    this.report = () => {};
    this.pending = null;
    this.sender?.stop();
  }
}

const uploaders = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  if (!uploaders.has(parentElement)) uploaders.set(parentElement, new Uploader());
  const uploader = uploaders.get(parentElement);
  uploader.update(component);
  return () => {
    uploader.close();
    uploaders.delete(parentElement);
  };
}
