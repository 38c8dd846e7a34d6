/* Sending: files of any number and size go to the upload route (pages/server/uploads.py), and what arrived is told. */

const AT_ONCE = 3;
const GROUP_BYTES = 4_000_000; // small files that go into one request
const GROUP_FILES = 80;
const SLICE_BYTES = 8_000_000; // of a large file
const LEAST_BYTES = 500_000; // of a request, where a proxy takes no large ones
const TRIES = 8; // with pauses of 0.5, 1, 2, 4 … 15 seconds: a server may start again meanwhile
const STALLED_MS = 60_000;
const RATE_MS = 15_000; // the time left is told from the pace of so long
const FINAL = new Set([400, 403, 404, 413, 507]);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

/** Sends files, also those that come while it is at work.

    An item is {id, name, label, file, sent, loading, state, reason}; its state is "waiting", "sending", "arrived", "failed"
    or "removed". `place`: {url, key, requestBytes}, and where they matter by, the mark of who sends, and atOnce, the
    requests at a time. `tell` is called as bytes go, `settled` when nothing more is to be sent. */
class Sender {
  constructor(place, tell, settled) {
    this.items = [];
    this.place = place;
    this.tell = tell;
    this.settled = settled;
    this.most = Math.min(SLICE_BYTES, place.requestBytes);
    this.open = new Set();
    this.workers = 0;
    this.ended = false;
    this.problem = null; // what the server says to all of it
    this.waiting = false; // for a server that does not answer
    this.samples = [];
  }

  add(items) {
    this.items.push(...items);
    this.resume();
  }

  /** Send what waits, also what failed before. */
  resume() {
    this.ended = false;
    this.problem = null;
    this.samples = [];
    for (const item of this.items) if (item.state === "failed") Object.assign(item, { state: "waiting", reason: "" });
    this.fill();
  }

  /** Send nothing more. What is on its way is given up, but for a problem of the server: some of it may still fit. */
  stop(problem = null) {
    this.ended = true;
    this.problem ??= problem;
    if (!problem) for (const request of this.open) request.abort();
  }

  fill() {
    const waiting = this.items.filter((item) => item.state === "waiting").length;
    while (this.workers < Math.min(this.place.atOnce ?? AT_ONCE, waiting)) {
      this.workers += 1;
      this.work().finally(() => {
        this.workers -= 1;
        if (!this.workers) this.settle();
      });
    }
    if (!this.workers) this.settle(); // all of it was taken out again
  }

  async work() {
    while (!this.ended) {
      const group = this.next();
      if (!group.length) return;
      await this.send(group);
    }
  }

  async settle() {
    const known = this.items.length;
    await this.verify();
    if (this.workers) return; // more came meanwhile
    if (!this.ended && this.items.length > known) this.fill();
    if (!this.workers) this.settled();
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
      if (item.state === "removed") continue;
      if (arrived.has(item.id)) Object.assign(item, { state: "arrived", sent: item.file.size, reason: "" });
      else if (body?.have && item.id in body.have) item.sent = body.have[item.id];
    }
    this.tell();
  }

  post(pending) {
    const parts = [];
    const spans = pending.map((item) => {
      const length = Math.min(item.file.size - item.sent, this.most);
      const { id, name, label, group, file, sent } = item;
      const { by } = this.place; // JSON leaves out what is undefined
      const text = new TextEncoder().encode(JSON.stringify({ id, name, label, group, by, size: file.size, offset: sent, length }));
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
    for (const batch of new Set(this.items.filter((item) => !item.verified).map((item) => item.id.split("-")[0]))) {
      const answer = await fetch(`${this.place.url}?batch=${batch}`, { headers }).catch(() => null);
      if (!answer?.ok) continue;
      const numbers = new Set((await answer.json()).numbers.map((number) => `${batch}-${number}`));
      for (const item of this.items) {
        if (item.state === "removed" || !item.id.startsWith(batch)) continue;
        if (numbers.has(item.id)) Object.assign(item, { state: "arrived", sent: item.file.size, reason: "", verified: true });
        else if (item.state === "arrived") Object.assign(item, { state: "waiting", sent: 0 });
      }
    }
  }

  /** How far what was chosen last has come: files, arrived, bytes, sent, msLeft (null while nobody knows). */
  figures() {
    const wanted = this.items.filter((item) => item.state !== "removed" && !item.settled);
    const figures = progressOf(wanted);
    const now = Date.now();
    this.samples.push([now, figures.sent]);
    while (this.samples.length > 2 && this.samples[0][0] < now - RATE_MS) this.samples.shift();
    const [[start, from]] = this.samples;
    const rate = now - start > 1500 ? (figures.sent - from) / (now - start) : 0;
    return { ...figures, msLeft: rate > 0 ? (figures.bytes - figures.sent) / rate : null };
  }
}

/** How far items have come: files, arrived, bytes, sent. */
function progressOf(items) {
  const figures = { files: items.length, arrived: 0, bytes: 0, sent: 0 };
  for (const item of items) {
    figures.arrived += item.state === "arrived";
    figures.bytes += item.file.size;
    figures.sent += item.state === "arrived" ? item.file.size : Math.min(item.file.size, item.sent + item.loading);
  }
  return figures;
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

