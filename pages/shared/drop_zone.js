/* A place to drop files: photos that a model is tested on, or a network.

   It sends what is dropped to the upload route and then says that all is there; what `data` holds and what Python learns
   stands in drop_zone.py. Before it are put: button.js, random_id.js, sending.js, files.js, archive_kinds.js. */

class DropZone {
  constructor({ words }) {
    this.texts = words;
    this.pending = [];
    this.sender = null;
    this.name = "";
    this.order = "";
    this.leave = (event) => event.preventDefault();
    const picker = (properties) => {
      const input = make("input", { type: "file", tabIndex: -1, hidden: true, ...properties });
      input.onchange = () => {
        const chosen = ofInput(input);
        input.value = "";
        this.take(chosen);
      };
      return input;
    };
    const folder = picker({ webkitdirectory: true });
    const others = picker({ multiple: !words.extensions, accept: words.extensions });
    const chooseFolder = button(words.folder, "", () => folder.click());
    chooseFolder.hidden = !words.folder || !("webkitdirectory" in folder); // the browsers of some phones know no folders
    const chooseOthers = button(words.files, "", () => others.click());
    this.words = make("p", { textContent: words.drop });
    this.limit = make("p", { className: "hint" });
    this.choices = make("div", { className: "row" }, chooseFolder, chooseOthers, folder, others);
    this.bar = make("progress", { max: 1, value: 0, hidden: true });
    this.bar.setAttribute("aria-label", "Upload");
    this.line = make("p", { className: "line" });
    this.line.setAttribute("role", "status");
    this.stopper = button("Stop", "", () => this.stop());
    this.again = button("Send the rest", "", () => this.sendRest());
    this.stopper.hidden = this.again.hidden = true;
    const end = make("div", { className: "row" }, this.stopper, this.again);
    this.root = make("section", { className: "zone" }, this.words, this.limit, this.choices, this.bar, this.line, end);
    this.root.setAttribute("aria-label", words.label);
    const mark = (event, over) => {
      event.preventDefault();
      event.stopPropagation();
      this.root.classList.toggle("over", over);
    };
    this.root.ondragover = (event) => mark(event, true);
    this.root.ondragleave = (event) => mark(event, false);
    this.root.ondrop = (event) => {
      mark(event, false);
      ofDrop(event.dataTransfer).then((dropped) => this.take(dropped), () => this.say("That could not be read."));
    };
  }

  /** New `data` of a run of the page. */
  update(component) {
    this.component = component;
    this.data = component.data;
    if (component.parentElement !== this.root.parentNode) component.parentElement.append(this.root);
    this.limit.textContent = this.data.limit;
    this.limit.hidden = !this.data.limit;
    if (this.pending.length && this.data.area) this.send();
    this.draw();
  }

  async take(chosen) {
    const wanted = chosen.filter(({ path }) => !isJunk(path));
    if (this.texts.extensions) {
      this.queue(wanted.slice(0, 1));
      return;
    }
    await findArchives(wanted);
    const refused = wanted.filter((each) => each.kind === "other");
    const usable = wanted.filter((each) => each.kind !== "other");
    if (!usable.length) {
      this.say(refused.length ? `${refused[0].path} is an archive of a kind that can’t be opened here. Make a zip of it.` : "There are no files in there that can be used.");
      return;
    }
    this.queue(usable);
  }

  queue(usable) {
    if (!usable.length) return;
    const batch = randomId();
    const items = usable.map(({ file, path }, index) => ({
      id: `${batch}-${index}`, name: path, label: null, file, sent: 0, loading: 0, state: "waiting", reason: "",
    }));
    const top = usable[0].path.split("/");
    this.name = top.length > 1 || usable.length === 1 ? top[0] : "";
    this.say("");
    this.pending.push(...items);
    addEventListener("beforeunload", this.leave);
    this.report(); // Python makes an upload area where there is none
    if (this.data.area) this.send();
    this.draw();
  }

  send() {
    if (!this.sender) {
      const page = location.href.split(/[?#]/)[0].replace(/\/+$/, "");
      const place = { url: new URL(`upload/${this.data.area}`, page).href, key: this.data.key, requestBytes: this.data.request_bytes };
      this.sender = new Sender(place, () => this.drawSoon(), () => this.settled());
    }
    this.sender.add(this.pending.splice(0));
  }

  sendRest() {
    addEventListener("beforeunload", this.leave);
    this.sender.resume();
    this.draw();
    this.stopper.focus();
  }

  stop() {
    this.pending = [];
    this.sender?.stop();
    this.draw();
  }

  get busy() {
    return this.pending.length > 0 || (this.sender?.workers ?? 0) > 0;
  }

  /** Everything was sent, or nothing more can be: where all arrived, what comes next begins by itself. */
  settled() {
    removeEventListener("beforeunload", this.leave);
    const { ended, problem, items } = this.sender;
    const figures = progressOf(items);
    const missing = figures.files - figures.arrived;
    if (!missing) {
      this.order = randomId();
      this.say(this.texts.working);
    } else {
      const why = problem ? ` ${problem.what ?? "The server refused it."} ${problem.fix ?? ""}` : "";
      const start = ended && !problem ? "Stopped. " : "";
      this.say(`${start}${number(figures.arrived)} of ${files(figures.files)} uploaded.${why}`);
    }
    this.again.hidden = !missing || [403, 404].includes(problem?.status);
    this.report();
    this.draw();
  }

  report() {
    const status = { area: this.data.area ?? null, busy: this.busy, name: this.name, order: this.order };
    this.component.setStateValue("status", status);
  }

  say(words) {
    this.line.textContent = words;
  }

  drawSoon() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.draw();
    }, 150);
  }

  draw() {
    const { busy } = this;
    this.choices.hidden = busy || Boolean(this.order);
    this.bar.hidden = this.stopper.hidden = !busy;
    if (!busy) return;
    this.again.hidden = true;
    const figures = this.sender?.workers ? this.sender.figures() : null;
    this.bar.value = figures ? figures.sent / Math.max(1, figures.bytes) : 0;
    if (!figures) this.say("Starting…");
    else if (this.sender.waiting) this.say("The server does not answer. Trying again…");
    else this.say(`${number(figures.arrived)} of ${files(figures.files)} · ${megabytes(figures.sent)} of ${megabytes(figures.bytes)} MB${timeLeft(figures.msLeft)}`);
  }

  close() {
    removeEventListener("beforeunload", this.leave);
    this.stop();
  }
}

const uploads = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  if (!uploads.has(parentElement)) uploads.set(parentElement, new DropZone(component.data));
  const upload = uploads.get(parentElement);
  upload.update(component);
  return () => {
    upload.close();
    uploads.delete(parentElement);
  };
}
