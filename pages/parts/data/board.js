/* The board of the Data page: a card a class side by side, places for folders and zips, and the button that imports.

   Streamlit calls the default export again with new `data` after every run of the page; what is under way is kept beside the
   element it is drawn into. What `data` holds and what Python learns stands in board.py. The files beside this one are put
   before it: camera.js, sending.js, files.js and archive_kinds.js of ../../shared; photo_check.js,
   thumbnails.js, card.js, checks.js. */

const MOST_NAMED = 100; // files that did not arrive and are listed with their reasons
const MOST_REPORTED = 5000; // files that are not sent and reported by name; of others only how many

class Board {
  constructor(data) {
    this.cards = [];
    this.whole = []; // items of folders and zips that the server reads
    this.wholeEarlier = data.whole ?? null;
    this.removed = [];
    this.dropped = [];
    this.leftOut = ""; // which archives of what was chosen last are not taken, as a sentence
    this.unsent = []; // {why, label, name} of what was chosen and is not sent
    this.folder = data.folder ?? "";
    this.sender = null;
    this.pending = [];
    this.wanted = false; // Import was pressed while photos were on their way
    this.without = new Set();
    this.lastSpoken = 0;
    this.check = new PhotoCheck(() => this.busy, (item, why) => this.refuse(item, why));
    this.leave = (event) => event.preventDefault();
    this.id = randomId();
    this.heard = new Map(); // the names of classes as another device may change them, by their first label
    this.isComplete = Boolean(data.cards); // else the page was drawn from scratch, while Python believes that a board is there
    this.build(data);
    for (const each of data.cards ?? []) this.addCard(each);
    while (this.cards.length < 2) this.addCard();
  }

  build(data) {
    this.list = make("ul", { className: "cards" });
    this.adder = button("Add class", "add", () => this.addCard().input.focus());
    this.adderItem = make("li", { className: "adder" }, this.adder);
    this.list.append(this.adderItem);
    this.buildWhole();
    this.bar = make("progress", { max: 1, value: 0 });
    this.bar.setAttribute("aria-label", "Upload");
    this.line = make("p", { className: "line" });
    this.stopper = button("Stop", "", () => this.sender?.stop());
    this.progress = make("div", { className: "progress", hidden: true }, this.bar, this.line, this.stopper);
    this.verdict = make("p", { className: "verdict" });
    this.again = button("Send the rest", "", () => this.sendRest());
    this.failures = make("details", { hidden: true });
    this.outcome = make("div", { className: "outcome", hidden: true }, this.verdict, this.again, this.failures);
    this.aside = make("p", { className: "hint", hidden: true }); // stays until the import, whatever else is said
    this.outside = 0; // files beside class folders
    this.nameInput = make("input", { type: "text", className: "name", maxLength: 80, autocomplete: "off", value: data.name ?? "" });
    this.nameInput.onchange = () => this.report();
    this.title = make("label", { className: "title" }, make("span", { textContent: "Name of the data set (optional)" }), this.nameInput);
    this.go = button("Import and continue", "primary", () => this.importAll());
    const bar = make("div", { className: "go" }, this.go);
    this.spoken = make("p", { className: "spoken" });
    this.spoken.setAttribute("role", "status");
    const slot = make("div", { className: "slot" }, this.progress, this.outcome);
    const rest = [this.aside, make("div", { className: "end" }, this.title, bar, slot), this.spoken];
    this.root = make("section", { className: "board" }, this.list, this.wholePart, ...rest);
    this.root.setAttribute("aria-label", "Your classes");
    this.acceptDrops(this.root, (dropped) => this.take(dropped, null));
  }

  /** The way in for folders of class folders and for zips. */
  buildWhole() {
    const picker = (properties) => {
      const input = make("input", { type: "file", tabIndex: -1, hidden: true, ...properties });
      input.onchange = () => {
        const chosen = ofInput(input);
        input.value = "";
        this.take(chosen, null);
      };
      return input;
    };
    const folder = picker({ webkitdirectory: true });
    const zip = picker({ multiple: true, accept: ".zip,.tar,.tgz,.gz,.tbz2,.bz2,.txz,.xz,application/zip,application/x-tar,application/gzip" });
    const chooseFolder = button("Choose a folder", "", () => folder.click());
    chooseFolder.hidden = !("webkitdirectory" in folder); // the browsers of some phones know no folders
    const chooseZip = button("Choose a zip", "", () => zip.click());
    const words = make("p", { textContent: "Sorted already? Drop a folder of class folders, a zip or tar of it, or a saved project, anywhere on this board." });
    this.limit = make("p", { className: "hint" });
    this.wholeLine = make("p", { className: "count", hidden: true });
    this.wholeRemover = button("Remove", "quiet", () => this.removeWhole());
    this.wholeRow = make("div", { className: "row", hidden: true }, this.wholeLine, this.wholeRemover);
    const buttons = make("div", { className: "row" }, chooseFolder, chooseZip, folder, zip);
    this.wholePart = make("div", { className: "whole" }, make("div", {}, words, this.limit), buttons, this.wholeRow);
  }

  acceptDrops(element, take) {
    const mark = (event, over) => {
      event.preventDefault();
      event.stopPropagation();
      element.classList.toggle("over", over);
    };
    element.ondragover = (event) => mark(event, true);
    element.ondragleave = (event) => mark(event, false);
    element.ondrop = (event) => {
      mark(event, false);
      ofDrop(event.dataTransfer).then(take, () => this.say("That could not be read.", true));
    };
  }

  /** New `data` of a run of the page. */
  update(component) {
    this.data = component.data;
    this.component = component;
    this.area = this.data.area ?? this.area;
    if (component.parentElement !== this.root.parentNode) component.parentElement.append(this.root);
    this.nameInput.placeholder = this.data.suggested || "My photos";
    this.title.hidden = Boolean(this.data.adds); // photos that are added come under the name that is there
    this.limit.textContent = this.data.limit;
    this.limit.hidden = !this.data.limit;
    if (!this.isComplete) this.restore();
    if (this.isComplete && this.data.arrived) this.takeArrived(this.data.arrived);
    this.draw();
    if (this.isComplete && this.pending.length && this.data.area) this.send();
  }

  /** Whether another device of the group has imported what lay in the area that this board knows. */
  isOver(data) {
    return Boolean(data.arrived && this.area && data.area !== this.area && !this.busy);
  }

  /** What other devices of the group have sent to the same area, all of it: {classes: [{labels, name}], photos: [{id, number,
      label, name}]}. */
  takeArrived({ classes, photos }) {
    if (this.data.area && !this.isHeard) { // so that Python knows which of them this board has sent itself
      this.isHeard = true;
      setTimeout(() => this.report());
    }
    const known = new Set(this.cards.flatMap((card) => card.labels));
    const dropped = new Set(this.dropped);
    const found = photos.filter((each) => !dropped.has(each.id) && !this.removed.includes(each.label));
    const named = new Set(classes.flatMap((each) => each.labels));
    const loose = [...new Set(found.map((each) => each.label))].filter((label) => !named.has(label)).map((label) => ({ labels: [label], name: label }));
    for (const each of [...classes, ...loose]) {
      const [label] = each.labels;
      if (this.removed.includes(label)) continue;
      if (!known.has(label)) this.cardOf(each);
      this.followName(each);
      for (const other of each.labels) known.add(other);
    }
    for (const card of this.cards) card.takeArrived(found.filter((each) => card.labels.includes(each.label)));
  }

  /** A name that was changed elsewhere, unless it was changed here too. */
  followName({ labels: [label], name }) {
    const card = this.cards.find((each) => each.labels.includes(label));
    if (card && !card.isFixed && card.name === this.heard.get(label) && document.activeElement !== this.root.getRootNode().host) card.input.value = name;
    this.heard.set(label, name);
  }

  /** A class of another device gets the card of its name, else the first that nobody has used, else a new one. */
  cardOf({ labels, name }) {
    const card = this.cards.find((each) => name && sameName(each.name, name)) ?? this.cards.find((each) => !each.name && !each.total && !each.isFixed);
    if (!card) return this.addCard({ labels, name });
    card.labels.push(...labels);
    if (!card.name) card.input.value = name;
    return card;
  }

  /** A small picture of a photo that another device has sent, as an address. */
  async pictureOf({ number: place }) {
    const answer = await fetch(`${this.uploadAddress}?picture=${place}`, { headers: { "X-Upload-Key": this.data.key } });
    if (!answer.ok) throw new Error("no picture");
    return URL.createObjectURL(await answer.blob());
  }

  get uploadAddress() {
    const page = location.href.split(/[?#]/)[0].replace(/\/+$/, "");
    return new URL(`upload/${this.data.area}`, page).href;
  }

  /** Ask Python for what stood on the board before, and put it before what came since. */
  restore() {
    if (this.data.restored !== this.id) {
      setTimeout(() => this.report());
      return;
    }
    this.isComplete = true;
    const since = this.cards.filter((card) => card.name || card.total);
    for (const card of this.cards) if (!since.includes(card)) card.root.remove();
    this.cards = [];
    for (const each of this.data.cards) this.addCard(each);
    for (const card of since) this.adderItem.before(card.root);
    this.cards.push(...since);
    while (this.cards.length < 2) this.addCard();
    this.wholeEarlier = this.data.whole ?? null;
    this.folder ||= this.data.folder;
    this.nameInput.value ||= this.data.name;
    if (since.length || this.whole.length) setTimeout(() => this.report());
  }

  // Cards

  addCard(restored) {
    const card = new Card(this, restored);
    this.cards.push(card);
    this.adderItem.before(card.root);
    if (this.data) this.draw();
    return card;
  }

  remove(card) {
    card.closeCamera();
    for (const item of card.sent) item.state = "removed";
    this.removed.push(...card.labels);
    this.discard(card);
    (this.cards.find((each) => !each.total)?.choose ?? this.adder).focus();
    this.report();
  }

  discard(card) {
    this.cards.splice(this.cards.indexOf(card), 1);
    this.without.delete(card);
    this.withdrawNumbers();
    card.root.remove();
    while (this.cards.length < 2) this.addCard();
    this.draw();
  }

  removeWhole() {
    for (const item of this.whole) item.state = "removed";
    this.dropped.push(...this.whole.map((item) => item.id), ...(this.wholeEarlier?.ids ?? []));
    this.whole = [];
    this.wholeEarlier = null;
    this.report();
    this.draw();
  }

  /** A file that is no photo goes again, and its card says so. */
  refuse(item, why) {
    const card = this.cards.find((each) => each.items.includes(item));
    if (!card || item.state === "removed") return;
    card.refuse(item, why);
    this.leaveUnsent(why, item.label, item.name);
    this.dropped.push(item.id);
    this.refusing ??= setTimeout(() => { // of many files, told once
      this.refusing = null;
      if (this.sender && !this.busy && !this.outcome.hidden) this.sayUploaded(); // one that turned out to be none counts no more
      this.spoken.textContent = this.cards.map((each) => each.unread.summary).filter(Boolean).join(". ");
      this.report();
      this.draw();
    }, 150);
    this.drawSoon();
  }

  /** Note a file for the report of the import. */
  leaveUnsent(why, label, name) {
    this.unsent.push({ why, label, name: name.slice(-200) });
  }

  /** What is not sent, in short: [[why, label, names]], and how many files beyond those. */
  reported() {
    const missing = this.busy ? [] : this.failed.map(({ label, name }) => ({ why: "not_sent", label, name: name.slice(-200) }));
    const all = [...this.unsent, ...missing];
    const groups = new Map();
    for (const { why, label, name } of all.slice(0, MOST_REPORTED)) {
      const key = `${why} ${label}`;
      if (!groups.has(key)) groups.set(key, [why, label, []]);
      groups.get(key)[2].push(name);
    }
    return { unsent: [...groups.values()], unsent_more: Math.max(0, all.length - MOST_REPORTED) };
  }

  forget(id) {
    this.dropped.push(id);
    this.report();
    this.draw();
  }

  /** After a name was typed: ask where it differs from another in nothing but case or spaces. */
  named(card) {
    card.answer();
    card.complain("");
    const other = card.name && this.cards.find((each) => each !== card && sameName(each.name, card.name));
    if (other) card.ask(other);
    this.withdrawNumbers();
    this.report();
    this.draw();
  }

  merge(card, other) {
    other.absorb(card);
    this.discard(card);
    this.report();
    this.draw();
    other.choose.focus();
  }

  keepBoth(card) {
    const { name } = card;
    for (let turn = 2; this.isTaken(card.name, card); turn += 1) card.input.value = `${name} (${turn})`;
    card.numbered = { name, as: card.name };
    card.answer();
    card.input.focus();
    this.report();
  }

  isTaken(name, card) {
    return this.cards.some((each) => each !== card && sameName(each.name, name));
  }

  /** A number that "Keep both" put behind a name goes once no other card has that name. */
  withdrawNumbers() {
    for (const card of this.cards) {
      if (!card.numbered) continue;
      if (card.name !== card.numbered.as) card.numbered = null; // somebody typed another name
      else if (!this.isTaken(card.numbered.name, card)) {
        card.input.value = card.numbered.name;
        card.numbered = null;
      }
    }
  }

  /** After a name: the next card without one, else what comes next in this card. */
  focusAfter(card) {
    const next = this.cards.slice(this.cards.indexOf(card) + 1).find((each) => !each.name);
    (next?.input ?? card.choose).focus();
  }

  closeCameras() {
    for (const card of this.cards) card.closeCamera();
  }

  // Photos

  /** Put what was chosen or dropped where it belongs: onto `card`, or where its folders say. */
  async take(chosen, card) {
    const wanted = chosen.filter(({ path }) => !isJunk(path));
    for (const { path } of chosen) if (isJunk(path) && isHidden(path)) this.leaveUnsent("hidden", null, path);
    await findArchives(wanted);
    const usable = this.withoutArchives(wanted);
    if (!chosen.length) return;
    if (!usable.length) return wanted.length === 0 && this.say("There are no files in there that can be used.", true);
    if (card) {
      const folder = usable[0].path.includes("/") && usable[0].path.split("/").at(-2);
      if (folder && !card.name) this.nameCard(card, folder);
      return this.prepare(card.add(usable), usable.length);
    }
    const { classes, loose, whole, folder } = sorted(usable);
    const items = [];
    const inFolders = classes.size || whole.length;
    const inOrder = [...classes].sort(([one], [other]) => one.localeCompare(other));
    for (const [name, files] of inOrder) items.push(...this.cardFor(name).add(files));
    if (loose.length && !inFolders) items.push(...this.firstEmpty().add(loose));
    if (whole.length) items.push(...this.takeWhole(whole));
    if (classes.size > 1 && folder) this.folder = folder;
    if (inFolders) for (const { path } of loose) this.leaveUnsent("outside", null, path);
    this.prepare(items, usable.length);
    if (loose.length && inFolders) this.leaveOut(loose.length);
  }

  /** Files that belong to no class folder are not sent. */
  leaveOut(number) {
    this.outside += number;
    this.aside.textContent = `${files(this.outside)} outside the class folders left out.`;
    this.aside.hidden = false;
    this.spoken.textContent = this.aside.textContent;
  }

  /** The files but for archives inside folders, and for those of a kind that nobody here unpacks, which it says. */
  withoutArchives(chosen) {
    const nested = chosen.filter(isNested);
    const packed = chosen.filter((each) => !isNested(each) && each.kind === "other");
    for (const { path } of nested) this.leaveUnsent("nested", null, path);
    for (const { path } of packed) this.leaveUnsent("packed", null, path);
    const left = [...packed, ...nested];
    const others = left.length > 1 ? ` ${files(left.length - 1)} more left out.` : "";
    this.leftOut = left.length ? `${left[0].path} ${UNSENT[packed.length ? "packed" : "nested"]}.${others}` : "";
    if (this.leftOut) this.say(this.leftOut, true);
    return chosen.filter((each) => !left.includes(each));
  }

  takeWhole(chosen) {
    const batch = randomId();
    const items = chosen.map(({ file, path }, index) => ({
      id: `${batch}-${index}`, name: path, label: null, file, sent: 0, loading: 0, state: "waiting", reason: "",
    }));
    this.whole.push(...items);
    return items;
  }

  /** The card of a class folder: the one of that name, else the first that has nothing, else a new one. */
  cardFor(name) {
    const known = this.cards.find((card) => card.name === tidy(name));
    if (known) return known;
    const card = this.cards.find((each) => !each.name && !each.total) ?? this.addCard();
    this.nameCard(card, name);
    return card;
  }

  firstEmpty() {
    return this.cards.find((card) => !card.total) ?? this.addCard();
  }

  nameCard(card, name) {
    card.input.value = tidy(name).slice(0, 80);
    const other = this.cards.find((each) => each !== card && sameName(each.name, card.name));
    if (other) card.ask(other);
  }

  prepare(items, chosen) {
    if (!items.length) return chosen && this.say("These photos are here already.");
    this.outcome.hidden = true;
    for (const item of this.sender?.items ?? []) item.settled = item.state === "arrived";
    this.pending.push(...items);
    this.check.add(items.filter((item) => item.label !== null)); // of folders and zips the server says it
    addEventListener("beforeunload", this.leave);
    this.report(); // Python makes an upload area where there is none
    if (this.data.area) this.send();
    this.draw();
  }

  send() {
    if (!this.sender) {
      const place = { url: this.uploadAddress, key: this.data.key, requestBytes: this.data.request_bytes, by: this.id };
      this.sender = new Sender(place, () => this.drawSoon(), () => this.settled());
    }
    this.sender.add(this.pending.splice(0));
  }

  sendRest() {
    this.outcome.hidden = true;
    addEventListener("beforeunload", this.leave);
    this.sender.resume();
    this.report();
    this.draw();
    this.stopper.focus();
  }

  get busy() {
    return this.pending.length > 0 || (this.sender?.workers ?? 0) > 0;
  }

  get failed() {
    return (this.sender?.items ?? []).filter((item) => !["arrived", "removed"].includes(item.state));
  }

  /** Everything was sent, or nothing more can be. */
  settled() {
    removeEventListener("beforeunload", this.leave);
    const rest = this.sayUploaded();
    this.report();
    this.draw();
    if (this.wanted && !rest) this.order();
    this.wanted = false;
    this.draw();
  }

  /** How much of what was chosen is on the server; returns how many files are not. */
  sayUploaded() {
    const { ended, problem } = this.sender;
    const figures = progressOf(this.sender.items.filter((item) => item.state !== "removed")); // of all, not the last lot
    const rest = figures.files - figures.arrived;
    const isStopped = ended && !problem;
    const share = rest ? `${number(figures.arrived)} of ${files(figures.files)}` : files(figures.files);
    const words = `${isStopped ? "Stopped. " : ""}${share} uploaded.`;
    const missing = rest ? ` ${number(rest)} missing.` : "";
    const why = problem ? ` ${problem.what ?? "The server refused it."} ${problem.fix ?? ""}` : "";
    const leftOut = this.leftOut ? ` ${this.leftOut}` : "";
    if (figures.files) this.say(words + missing + why + leftOut, rest > 0);
    else this.outcome.hidden = true;
    this.again.hidden = !rest || [403, 404].includes(problem?.status);
    this.listFailures(problem?.what ?? (isStopped ? "You stopped the upload." : "It did not arrive."));
    return rest;
  }

  listFailures(reason) {
    const { failed } = this;
    const lines = failed.slice(0, MOST_NAMED).map((item) => make("li", { textContent: `${item.name}: ${item.reason || reason}` }));
    if (failed.length > MOST_NAMED) lines.push(make("li", { textContent: `and ${number(failed.length - MOST_NAMED)} more` }));
    const head = make("summary", { textContent: `${files(failed.length)} not uploaded` });
    this.failures.replaceChildren(...(failed.length ? [head, make("ul", {}, ...lines)] : []));
    this.failures.hidden = !failed.length;
  }

  // Import

  importAll() {
    for (const card of this.cards) card.complain("");
    const isWhole = this.whole.length > 0 || Boolean(this.wholeEarlier);
    const gap = firstGap(this.cards, this.without, isWhole);
    if (gap) return this.point(gap);
    this.wanted = this.busy;
    if (!this.wanted) this.order();
    this.draw();
  }

  point({ card, words, focus, without = [] }) {
    if (!card) return this.point({ ...firstGap(this.cards, this.without, false), card: this.addCard() });
    if (!words) return focus.focus();
    const names = listed(without.map((each) => each.name));
    const leave = () => {
      for (const each of without) this.without.add(each);
      this.importAll();
    };
    const offer = card.complain(words, without.length ? { text: `Continue without ${names}`, act: leave } : null);
    (offer ?? focus ?? card.choose).focus();
    card.root.scrollIntoView({ block: "nearest" });
  }

  order() {
    if (this.ordered) return;
    this.ordered = true;
    this.orderId = randomId(); // part of the state, since a trigger is lost when a run of the page is cut short
    this.report();
    setTimeout(() => ((this.ordered = false), this.draw()), 4000); // the page said why nothing was imported
  }

  snapshot() {
    return {
      area: this.data?.area ?? null,
      busy: this.busy,
      classes: this.cards.map((card) => ({ labels: card.labels, name: card.name })),
      removed: this.removed,
      dropped: this.dropped,
      name: tidy(this.nameInput.value),
      folder: this.folder,
      without: [...this.without].map((card) => card.name),
      ...this.reported(),
      order: this.orderId ?? "",
      board: this.id,
    };
  }

  /** Python keeps the names, so that a reload loses nothing; before anything was sent there is nothing to keep. */
  report() {
    if (!this.isComplete) this.component.setStateValue("status", { restore: this.id });
    else if (this.data.area || this.busy) this.component.setStateValue("status", this.snapshot());
  }

  // What is seen

  /** A sentence that stays, and that a screen reader reads. */
  say(words, bad = false) {
    this.again.hidden = this.failures.hidden = true;
    this.outcome.hidden = false;
    this.verdict.textContent = words;
    this.verdict.classList.toggle("bad", bad);
    this.spoken.textContent = words;
  }

  drawSoon() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.draw();
    }, 150);
  }

  draw() {
    for (const card of this.cards) card.draw();
    this.drawWhole();
    this.progress.hidden = !this.busy;
    this.go.textContent = this.ordered ? "Importing…" : this.wanted ? "Importing when all have arrived…" : "Import and continue";
    if (!this.busy) return;
    const figures = this.sender?.workers ? this.sender.figures() : null;
    const share = figures ? figures.sent / Math.max(1, figures.bytes) : 0;
    this.bar.value = share;
    if (!figures) this.line.textContent = "Starting…";
    else if (this.sender.waiting) this.line.textContent = "The server does not answer. Trying again…";
    else {
      const done = `${number(figures.arrived)} of ${files(figures.files)}`;
      const size = `${megabytes(figures.sent)} of ${megabytes(figures.bytes)} MB`;
      this.line.textContent = `${Math.floor(100 * share)}% · ${done} · ${size}${timeLeft(figures.msLeft)}`;
    }
    if (Date.now() - this.lastSpoken > 5000) {
      this.lastSpoken = Date.now();
      this.spoken.textContent = this.line.textContent;
    }
  }

  drawWhole() {
    const names = [...(this.wholeEarlier?.names ?? []), ...new Set(this.whole.map((item) => item.name.split("/")[0]))];
    this.wholeRow.hidden = this.wholeLine.hidden = !names.length;
    if (!names.length) return;
    const count = this.whole.length + (this.wholeEarlier?.count ?? 0);
    const size = this.whole.reduce((sum, item) => sum + item.file.size, this.wholeEarlier?.bytes ?? 0);
    const ids = [...(this.wholeEarlier?.ids ?? []), ...this.whole.map((item) => item.id)];
    const told = ids.map((id) => this.data.zips?.[id]).filter(Boolean); // as soon as they have arrived
    const become = told.length && told.length === ids.length ? told.join(" ") : "Its classes are found when you import it.";
    this.wholeLine.textContent = `${listed([...new Set(names)])}: ${files(count)}, ${megabytes(size)} MB. ${become}`;
    this.wholeRemover.setAttribute("aria-label", `Remove ${listed(names)}`);
  }

  close() {
    removeEventListener("beforeunload", this.leave);
    this.closeCameras();
    this.pending = [];
    this.sender?.stop();
    this.root.remove(); // after a lost connection another board may come into the same place
  }
}

const boards = new WeakMap();

export default function (component) {
  const { parentElement, data } = component;
  let board = boards.get(parentElement);
  if (board?.isOver(data)) { // an empty one takes its place, and asks Python what there is now
    board.close();
    board = null;
  }
  if (!board) boards.set(parentElement, (board = new Board(data)));
  board.update(component);
  return () => {
    boards.get(parentElement)?.close();
    boards.delete(parentElement);
  };
}
