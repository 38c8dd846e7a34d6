/* Photos of the live camera that go into the data set: chosen one by one with their class, sent when "Save" is pressed, all of
   them as one change. `data.adding` (live_adding.py): labels, name, area, key, request_bytes. */

const MOST_BUTTONS = 6; // classes; of more, one is chosen from a list
const MOST_PENDING = 100;

class LiveAdding {
  constructor(camera) {
    Object.assign(this, { camera, shots: [], groups: new Map(), order: "", number: 0, sender: null });
    this.title = make("p", { className: "small" });
    this.choices = make("div", { className: "row" });
    this.line = make("p", { className: "hint" });
    this.line.setAttribute("role", "status");
    this.saver = button("", "save", () => this.save());
    this.back = button("Remove last", "quiet", () => this.removeLast());
    this.end = make("div", { className: "row", hidden: true }, this.saver, this.back);
    this.root = make("div", { className: "adding", hidden: true }, this.title, this.choices, this.line, this.end);
    this.leave = (event) => event.preventDefault();
  }

  /** New `data` of a run of the page. */
  update(component) {
    this.component = component;
    const { adding } = component.data;
    this.root.hidden = !adding;
    if (!adding) return;
    const labels = adding.labels.join("\n");
    if (labels !== this.labels) {
      this.labels = labels;
      this.choices.replaceChildren(...this.pickers(adding.labels));
    }
    this.data = adding;
    this.title.textContent = "Add this photo to a class";
    if (this.isSaving && !this.sender && adding.area) this.send();
    this.draw();
  }

  pickers(labels) {
    if (labels.length <= MOST_BUTTONS) {
      return labels.map((label) => {
        const press = button(label, "", () => this.add(label));
        press.setAttribute("aria-label", `Add this photo to ${label}`);
        press.dir = "auto";
        return press;
      });
    }
    const list = make("select", {}, ...labels.map((label) => make("option", { value: label, textContent: label })));
    list.setAttribute("aria-label", "Class");
    return [list, button("Add photo", "", () => this.add(list.value))];
  }

  async add(label) {
    const { video, stream } = this.camera;
    if (!stream || !video.videoWidth || this.isSaving) return;
    if (this.shots.length >= MOST_PENDING) return this.say(`Save these ${MOST_PENDING} photos first.`);
    const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", SHOT_QUALITY));
    if (!blob || this.isSaving) return;
    const name = `camera-${Date.now()}-${(this.number += 1)}.jpg`;
    this.shots.push({ label, file: new File([blob], name, { type: "image/jpeg" }) });
    addEventListener("beforeunload", this.leave);
    this.say("");
    this.draw();
  }

  removeLast() {
    this.shots.pop();
    if (!this.shots.length) removeEventListener("beforeunload", this.leave);
    this.draw();
    (this.shots.length ? this.back : this.choices.firstChild).focus();
  }

  /** Photos of one class that one camera took in one go are alike, so they stay together when the photos are split. */
  groupOf(label) {
    if (!this.groups.has(label)) this.groups.set(label, randomId());
    return this.groups.get(label);
  }

  save() {
    if (!this.shots.length || this.isSaving) return;
    this.isSaving = true;
    if (this.sender) {
      this.sender.resume(); // what was left of the last time
    } else {
      this.report(); // Python makes an upload area
      if (this.data.area) this.send();
    }
    this.draw();
  }

  send() {
    const batch = randomId();
    const items = this.shots.map(({ label, file }, index) => ({
      id: `${batch}-${index}`, name: file.name, label, group: this.groupOf(label), file, sent: 0, loading: 0, state: "waiting", reason: "",
    }));
    const place = { url: addressOf(`upload/${this.data.area}`), key: this.data.key, requestBytes: this.data.request_bytes };
    this.area = this.data.area;
    this.sender = new Sender(place, () => {}, () => this.settled());
    this.sender.add(items);
  }

  settled() {
    const { problem, items } = this.sender;
    const { files: all, arrived } = progressOf(items);
    this.isSaving = false;
    if (arrived < all) {
      this.say(`Not saved. ${problem?.what ?? "Not all photos were sent."} ${problem?.fix ?? "Try again."}`);
      if ([403, 404].includes(problem?.status)) this.sender = null;
    } else {
      removeEventListener("beforeunload", this.leave);
      Object.assign(this, { order: randomId(), sender: null, shots: [] });
      this.groups.clear();
      this.say("");
    }
    this.report();
    this.draw();
  }

  report() {
    const status = { area: this.area ?? null, busy: Boolean(this.isSaving), order: this.order };
    this.component.setStateValue("status", status);
  }

  say(words) {
    this.words = words;
  }

  draw() {
    const counts = new Map();
    for (const { label } of this.shots) counts.set(label, (counts.get(label) ?? 0) + 1);
    const parts = [...counts].map(([label, count]) => `${label} ${count}`);
    const ready = this.shots.length ? `To save: ${parts.join(", ")}` : "";
    this.line.textContent = this.words || (this.isSaving ? "Saving…" : ready);
    this.end.hidden = !this.shots.length;
    this.saver.textContent = `Save ${counted(this.shots.length, "photo")} to “${this.data.name}”`;
    this.saver.disabled = this.back.disabled = Boolean(this.isSaving);
  }

  close() {
    removeEventListener("beforeunload", this.leave);
    this.sender?.stop();
  }
}
