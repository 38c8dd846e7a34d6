/* Photos from a phone for its group: a class is chosen, photos are taken, and they are sent at once.

   What `data` holds and what Python learns stands in phone.py. Before it are put, of ../../shared: camera.js, sending.js,
   files.js, archive_kinds.js, classes.js. The place that photos go to may end while they are on their way, since the group's
   laptop imports it: what has not arrived goes to the next one, under the class that it was taken for. */

const MOST_SHOWN = 6; // of the latest photos
const SHOWN_WIDTH = 144; // pixels of one of them
const RETRY_MS = 5000;

const lastOf = (items, wanted) => [...items].reverse().find(wanted);
const isLeft = (item) => item.state !== "arrived" && item.state !== "removed";

class Phone {
  constructor(data) {
    this.items = []; // what was taken on this page, the latest last
    this.pending = []; // those of them that wait for a place
    this.dropped = [];
    this.added = []; // names of classes that were added here and have no photo yet
    this.chosen = null; // {name, label}
    this.sender = null;
    this.area = data.area;
    this.earlier = [...data.mine]; // ids of what this device sent before the page was loaded
    this.reported = "";
    this.leave = (event) => event.preventDefault();
    this.wake = () => document.visibilityState === "visible" && this.resume();
    this.build();
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
  }

  build() {
    this.choices = make("div", { className: "classes" });
    this.choices.setAttribute("role", "group");
    this.choices.setAttribute("aria-label", "Class");
    this.adder = button("New class", "add", () => this.openField());
    this.field = make("input", { type: "text", className: "name", maxLength: 80, autocomplete: "off", placeholder: "Class name, e.g. oak leaf" });
    this.field.setAttribute("aria-label", "Name of the new class");
    this.field.enterKeyHint = "done";
    this.form = make("form", { className: "field", hidden: true }, this.field, make("button", { type: "submit", textContent: "Add" }));
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.addClass();
    };
    const picker = (properties) => {
      const input = make("input", { type: "file", accept: "image/*", tabIndex: -1, hidden: true, ...properties });
      input.onchange = () => {
        const chosen = [...input.files];
        input.value = "";
        this.take(chosen);
      };
      return input;
    };
    const app = picker({});
    app.setAttribute("capture", "environment");
    const library = picker({ multiple: true });
    this.shoot = button("Take a photo", "primary", () => this.ask(() => app.click()));
    this.live = button("Use live camera", "", () => this.ask(() => this.openCamera()));
    this.live.hidden = !(isSecureContext && navigator.mediaDevices?.getUserMedia);
    this.choose = button("Choose photos", "", () => this.ask(() => library.click()));
    this.ways = make("div", { className: "ways" }, this.shoot, make("div", { className: "row" }, this.live, this.choose), app, library);
    this.cameraPlace = make("div", {});
    this.hint = make("p", { className: "hint" });
    this.count = make("p", { className: "count" });
    this.count.setAttribute("role", "status");
    this.bar = make("progress", { max: 1, value: 0, hidden: true });
    this.bar.setAttribute("aria-label", "Upload");
    this.problem = make("p", { className: "problem", hidden: true });
    this.problem.setAttribute("role", "alert");
    this.again = button("Send the rest", "", () => this.resume(true));
    this.again.hidden = true;
    this.list = make("ul", { className: "latest" });
    this.list.setAttribute("aria-label", "Latest photos");
    this.back = button("Remove last photo", "quiet", () => this.takeBack());
    this.arrived = make("div", { className: "arrived" }, make("div", { className: "line" }, this.count, this.back), this.bar, this.problem, this.again, this.list);
    this.root = make("section", { className: "phone" }, this.choices, this.form, this.hint, this.cameraPlace, this.ways, this.arrived);
    this.root.setAttribute("aria-label", "Your photos");
  }

  /** New `data` of a run of the page. */
  update(component) {
    this.component = component;
    this.data = component.data;
    if (component.parentElement !== this.root.parentNode) component.parentElement.append(this.root);
    if (this.data.area !== this.area) this.move();
    this.followNames();
    this.flush();
    this.draw();
  }

  /** The place has ended, or there is one now: what has not arrived goes to that. */
  move() {
    this.gatherUnsent();
    this.area = this.data.area;
  }

  gatherUnsent() {
    const { sender } = this;
    this.sender = null;
    if (!sender) return;
    sender.settled = () => {};
    sender.stop();
    for (const item of sender.items) {
      if (!isLeft(item)) continue;
      Object.assign(item, { state: "waiting", sent: 0, loading: 0, reason: "", label: null });
      this.pending.push(item);
    }
  }

  /** Classes that were called otherwise on the laptop keep their photos; a removed one is no longer chosen. */
  followNames() {
    const { classes } = this.data;
    const follow = (one) => {
      const same = (one.label && classes.find((each) => each.label === one.label)) || classes.find((each) => sameName(each.name, one.name));
      Object.assign(one, same ? { name: same.name, label: same.label } : { label: "" });
      return Boolean(same);
    };
    this.added = this.added.filter((name) => !classes.some((each) => sameName(each.name, name)));
    for (const item of this.pending) follow(item.class);
    const { chosen } = this;
    const isNew = chosen && (this.added.includes(chosen.name) || this.pending.some((item) => item.class === chosen));
    if (chosen && !follow(chosen) && !isNew) {
      this.say(`“${chosen.name}” was removed. Choose another class.`);
      this.chosen = null;
    }
    if (!this.chosen && this.shownClasses().length === 1) this.pick(this.shownClasses()[0]);
  }

  shownClasses() {
    const added = this.added.map((name) => ({ name, label: "", photos: 0 }));
    return [...this.data.classes, ...added];
  }

  // Classes

  openField() {
    this.form.hidden = false;
    this.adder.hidden = true;
    this.field.focus();
  }

  addClass() {
    const name = tidy(this.field.value);
    if (!name) return this.field.focus();
    const known = this.shownClasses().find((each) => sameName(each.name, name));
    if (!known) this.added.push(name);
    this.field.value = "";
    this.form.hidden = true;
    this.pick(known ?? { name, label: "" });
    this.draw();
    this.shoot.focus();
  }

  pick({ name, label }) {
    this.chosen = { name, label };
    this.say("");
  }

  /** Do it with a class; without one, say what is missing. */
  ask(act) {
    if (this.chosen) return act();
    this.say(this.shownClasses().length ? "Choose a class first." : "Add a class first: what will your photos show?");
    if (!this.shownClasses().length) this.openField();
    this.draw();
  }

  // Photos

  openCamera() {
    if (this.camera) return;
    this.camera = new Camera({
      take: (file, group) => this.take([file], group),
      closed: () => {
        this.camera = null;
        this.draw();
        this.live.focus();
      },
      advice: "Take it from several sides.",
    });
    this.cameraPlace.append(this.camera.root);
    this.camera.open();
    this.draw();
  }

  take(files, group) {
    if (!files.length || !this.chosen) return;
    const batch = randomId();
    const items = files.map((file, index) => ({
      id: `${batch}-${index}`, name: file.name || "photo.jpg", label: null, class: this.chosen, group, file, sent: 0, loading: 0, state: "waiting", reason: "",
    }));
    for (const item of items.slice(-MOST_SHOWN)) this.show(item);
    for (const item of this.sender?.items ?? []) item.settled = item.state === "arrived";
    this.items.push(...items);
    this.pending.push(...items);
    this.say("");
    addEventListener("beforeunload", this.leave);
    this.flush();
    this.draw();
  }

  show(item) {
    const canvas = make("canvas", { width: SHOWN_WIDTH, height: SHOWN_WIDTH });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Photo of ${item.class.name}`);
    item.tile = make("li", {}, canvas);
    this.list.prepend(item.tile);
    while (this.list.childElementCount > MOST_SHOWN) this.list.lastChild.remove();
    item.painted = paintSquare(canvas, item.file).catch(() => canvas.classList.add("unseen"));
  }

  /** Send what has a place, and ask for one for the rest. */
  flush() {
    const ready = this.area && this.area !== this.ended ? this.pending.filter((item) => item.class.label) : [];
    if (ready.length) {
      this.pending = this.pending.filter((item) => !ready.includes(item));
      for (const item of ready) Object.assign(item, { label: item.class.label, area: this.area });
      if (!this.sender) {
        const place = { url: this.address, key: this.data.key, requestBytes: this.data.request_bytes, by: this.data.device, atOnce: 1 };
        this.sender = new Sender(place, () => this.drawSoon(), () => this.settled());
      }
      this.sender.add(ready);
    }
    this.report();
  }

  get address() {
    const page = location.href.split(/[?#]/)[0].replace(/\/+$/, "");
    return new URL(`upload/${this.area}`, page).href;
  }

  /** Everything was sent, or nothing more can be just now. */
  settled() {
    const { problem } = this.sender;
    for (const item of this.sender.items) if (item.verified) this.forget(item);
    const left = this.sender.items.filter(isLeft);
    if (left.length && problem?.status === 404) { // the laptop has imported what was there
      this.ended = this.area;
      this.gatherUnsent();
      this.report();
    } else if (left.length) {
      this.say(`${problem?.what ?? "Not everything was sent."} ${problem?.fix ?? ""}`.trim());
      this.again.hidden = false;
      if (![413, 507].includes(problem?.status)) this.later ??= setTimeout(() => this.resume(), RETRY_MS);
    } else {
      removeEventListener("beforeunload", this.leave);
      this.say("");
    }
    this.draw();
  }

  /** Of a photo that has arrived only its picture is kept, so that a phone's memory does not fill up. */
  forget(item) {
    const { size, name } = item.file;
    Promise.resolve(item.painted).then(() => (item.file = { size, name }));
  }

  /** Go on sending: the phone slept, or had no network. */
  resume(isAsked = false) {
    clearTimeout(this.later);
    this.later = null;
    if (!this.sender || this.sender.workers) return;
    if (!this.sender.items.some(isLeft) || ([413, 507].includes(this.sender.problem?.status) && !isAsked)) return;
    this.say("");
    this.sender.resume();
    this.draw();
  }

  takeBack() {
    const last = lastOf(this.items, (item) => this.canTakeBack(item));
    const id = last?.id ?? this.earlierLeft().at(-1);
    if (!id) return;
    if (last) {
      last.state = "removed";
      last.tile?.remove();
      this.pending = this.pending.filter((item) => item !== last);
    }
    this.dropped.push(id);
    this.report();
    this.draw();
  }

  /** What was imported already stays. */
  canTakeBack(item) {
    if (item.state !== "arrived") return item.state !== "removed";
    return item.area === this.data.area && (!item.seen || this.data.mine.includes(item.id));
  }

  earlierLeft() {
    return this.earlier.filter((id) => this.data.mine.includes(id) && !this.dropped.includes(id));
  }

  /** What Python has to know: for which classes there is no place yet, and what is taken back. */
  report() {
    const isOver = !this.area || this.area === this.ended;
    const wanted = [...new Set(this.pending.filter((item) => isOver || !item.class.label).map((item) => item.class.name))];
    const status = { wanted, dropped: this.dropped.slice(-500) };
    const text = JSON.stringify(status);
    if (text === this.reported) return;
    this.reported = text;
    this.component?.setStateValue("status", status);
  }

  // What is seen

  say(words) {
    this.problem.textContent = words;
    this.problem.hidden = !words;
    this.again.hidden = true;
  }

  drawSoon() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.draw();
    }, 150);
  }

  draw() {
    if (!this.data) return;
    this.drawClasses();
    const { is_paused: isPaused } = this.data;
    for (const press of [this.shoot, this.live, this.choose, this.adder]) press.disabled = isPaused;
    if (isPaused) this.camera?.close();
    this.ways.hidden = Boolean(this.camera);
    this.hint.textContent = this.chosen ? `Photos of “${this.chosen.name}”` : this.shownClasses().length ? "What do you take photos of?" : "Add the first class: what will your photos show?";
    for (const item of this.items) if (this.data.mine.includes(item.id)) item.seen = true;
    const own = this.items.filter((item) => item.state !== "removed");
    const arrived = own.filter((item) => item.state === "arrived").length;
    const before = this.earlier.filter((id) => !this.dropped.includes(id)).length;
    const left = own.length - arrived;
    const sum = arrived + before;
    this.count.textContent = left ? `${number(sum)} of ${photos(own.length + before)} sent` : sum ? `${photos(sum)} sent` : "";
    this.arrived.hidden = !this.count.textContent && this.problem.hidden;
    const figures = this.sender?.workers ? this.sender.figures() : null;
    this.bar.hidden = !figures && !this.pending.length;
    this.bar.value = figures ? figures.sent / Math.max(1, figures.bytes) : 0;
    this.back.hidden = isPaused || !(own.some((item) => this.canTakeBack(item)) || this.earlierLeft().length);
  }

  drawClasses() {
    const chips = this.shownClasses().map((each) => {
      const most = this.data.most ? ` of ${number(this.data.most)}` : "";
      const chip = button("", "class", () => {
        this.pick(each);
        this.draw();
      });
      const isChosen = Boolean(this.chosen) && sameName(this.chosen.name, each.name);
      chip.dir = "auto";
      chip.setAttribute("aria-pressed", String(isChosen));
      chip.append(make("b", { textContent: each.name }), make("small", { textContent: most ? `${number(each.photos)}${most} waiting` : each.photos ? `${number(each.photos)} waiting` : "" }));
      return chip;
    });
    this.adder.hidden = !this.data.can_add || !this.form.hidden;
    const text = JSON.stringify([this.shownClasses(), this.chosen?.name, this.data.most]);
    if (text === this.drawn) return; // a focused button stays
    const place = [...this.choices.children].indexOf(this.root.getRootNode().activeElement);
    this.drawn = text;
    this.choices.replaceChildren(...chips, this.adder);
    if (place >= 0) this.choices.children[place]?.focus();
  }

  get isSending() {
    return this.pending.length > 0 || Boolean(this.sender?.items.some(isLeft));
  }

  /** New in its place: what Python knew of it may be gone. */
  enter() {
    this.reported = "";
    this.drawn = "";
  }

  close() {
    removeEventListener("beforeunload", this.leave);
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    clearTimeout(this.later);
    this.camera?.close();
    this.sender?.stop();
  }
}

const phones = new WeakMap();
let kept = null; // one that was taken out of the page with photos on their way, as after a lost connection

export default function (component) {
  const { parentElement } = component;
  let phone = phones.get(parentElement);
  if (!phone) {
    phone = kept ?? new Phone(component.data);
    kept = null;
    phone.enter();
    phones.set(parentElement, phone);
  }
  phone.update(component);
  return () => {
    phones.delete(parentElement);
    phone.root.remove();
    if (phone.isSending) kept = phone;
    else phone.close();
  };
}
