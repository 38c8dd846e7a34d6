/* A card: one class with its name, its place to drop photos, its camera, its latest photos and how many there are. */

const ACCEPTED = "image/*,.jfif,.heic,.heif,.avif,.tif,.tiff,.pbm,.pgm,.ppm,.pnm"; // what some systems do not know as pictures

/** `restored`: {labels, name, count, photos: [{id, source}], fixed} of a card that was there before. */
class Card {
  constructor(board, restored = {}) {
    this.board = board;
    this.labels = restored.labels?.length ? [...restored.labels] : [`card-${randomId()}`];
    this.earlier = restored.count ?? 0; // photos that arrived in an earlier visit
    this.earlierPhotos = restored.photos ?? [];
    this.fixed = restored.fixed ?? 0; // photos of the data set that photos are added to; its name stays
    this.isFixed = "fixed" in restored;
    this.items = [];
    this.known = new Set();
    this.numbered = null; // {name, as}: what it was called before "Keep both" put a number behind it
    this.build(restored.name ?? "");
  }

  build(name) {
    this.input = make("input", { type: "text", className: "name", value: name, maxLength: 80, autocomplete: "off" });
    this.input.placeholder = "Class name, e.g. oak leaf";
    this.input.readOnly = this.isFixed;
    this.input.onchange = () => this.board.named(this);
    this.input.oninput = () => this.complain("");
    this.input.onkeydown = (event) => {
      if (event.key === "Enter") this.board.focusAfter(this);
    };
    this.remover = button("Remove", "quiet", () => this.board.remove(this));
    this.question = make("div", { className: "question", hidden: true });
    this.question.setAttribute("role", "alert");
    this.files = make("input", { type: "file", multiple: true, accept: ACCEPTED, tabIndex: -1, hidden: true });
    this.files.onchange = () => {
      const chosen = ofInput(this.files);
      this.files.value = "";
      this.board.take(chosen, this);
    };
    this.choose = button("Choose photos", "", () => this.files.click());
    this.shoot = button("Use camera", "", () => this.openCamera());
    this.hint = make("p", { className: "hint", textContent: "or drop them here" });
    const buttons = make("div", { className: "row" }, this.choose, this.shoot);
    this.drop = make("div", { className: "drop" }, buttons, this.hint, this.files);
    this.count = make("p", { className: "count" });
    this.bar = make("progress", { max: 1, value: 0, hidden: true });
    this.thumbnails = new Thumbnails((each) => this.takeOutShown(each), () => this.choose, (each) => this.board.pictureOf(each));
    this.unread = new UnreadFiles();
    this.problem = make("div", { className: "problem", hidden: true });
    this.problem.setAttribute("role", "alert");
    const head = make("div", { className: "head" }, this.input, !this.isFixed && this.remover);
    const rest = [this.question, this.problem, this.drop, this.count, this.bar, this.unread.root, this.thumbnails.root];
    this.root = make("li", { className: "card" }, head, ...rest);
    this.board.acceptDrops(this.root, (dropped) => this.board.take(dropped, this));
  }

  get name() {
    return tidy(this.input.value);
  }

  get place() {
    return this.board.cards.indexOf(this) + 1;
  }

  get shownName() {
    return this.name || `Class ${this.place}`;
  }

  get sent() {
    return this.items.filter((item) => item.state !== "removed");
  }

  get total() {
    return this.fixed + this.earlier + this.sent.length;
  }

  /** New photos of this class; those that were chosen before are passed over. Returns the items to send. */
  add(chosen) {
    const batch = randomId();
    const items = [];
    const earlier = new Set(this.known); // files of several folders that come at once may have one name and time
    for (const { file, path, group } of chosen) {
      const key = `${path.split("/").pop()}|${file.size}|${file.lastModified}`;
      if (earlier.has(key)) {
        this.board.leaveUnsent("twice", this.labels[0], path);
        continue;
      }
      this.known.add(key);
      const id = `${batch}-${items.length}`;
      items.push({ id, key, name: path, label: this.labels[0], group, file, sent: 0, loading: 0, state: "waiting", reason: "" });
    }
    this.items.push(...items);
    this.complain("");
    return items;
  }

  /** All photos of this class that were not sent from here; pictures that are there stay. */
  takeArrived(photos) {
    const before = new Map(this.earlierPhotos.map((each) => [each.id, each]));
    this.earlierPhotos = photos.map((each) => before.get(each.id) ?? each).reverse();
    this.earlier = photos.length;
  }

  /** Take over all photos of another card, which goes. */
  absorb(other) {
    this.labels.push(...other.labels);
    this.items.push(...other.items);
    this.earlier += other.earlier;
    this.earlierPhotos = [...this.earlierPhotos, ...other.earlierPhotos];
    for (const [name, reason] of other.unread.files) this.unread.add(name, reason);
    other.closeCamera();
  }

  refuse(item, why) {
    item.state = "removed";
    this.known.delete(item.key);
    this.unread.add(item.name.split("/").pop(), UNSENT[why]);
  }

  takeOut(item) {
    item.state = "removed";
    this.known.delete(item.key);
    this.board.forget(item.id);
  }

  openCamera() {
    if (this.camera) return;
    this.board.closeCameras();
    this.camera = new Camera({
      take: (file, group) => this.board.take([{ file, path: file.name, kind: "", group }], this),
      closed: () => {
        this.camera = null;
        this.drop.hidden = false;
        this.shoot.focus();
      },
      advice: "Record at least three bursts, each from another side.",
    });
    this.drop.hidden = true;
    this.drop.before(this.camera.root);
    this.camera.open();
  }

  closeCamera() {
    this.camera?.close();
  }

  /** What is missing, below the name; `offer`: {text, act} for a button beside it. "" takes it away. */
  complain(words, offer = null) {
    this.problem.hidden = !words;
    this.problem.replaceChildren(...(words ? [make("p", { textContent: words })] : []));
    if (!offer) return null;
    const press = button(offer.text, "", offer.act);
    this.problem.append(press);
    return press;
  }

  /** Ask whether this is the class of another card. */
  ask(other) {
    const merge = button("Merge", "", () => this.board.merge(this, other));
    const keep = button("Keep both", "quiet", () => this.board.keepBoth(this));
    const words = make("p", { textContent: `Same as “${other.name}”?` });
    this.question.replaceChildren(words, make("div", { className: "row" }, merge, keep));
    this.question.hidden = false;
    return merge;
  }

  answer() {
    this.question.hidden = true;
    this.question.replaceChildren();
  }

  get isAsked() {
    return !this.question.hidden;
  }

  draw() {
    const { total, sent } = this;
    this.input.setAttribute("aria-label", `Name of class ${this.place}`);
    this.remover.setAttribute("aria-label", `Remove ${this.shownName}`);
    this.choose.setAttribute("aria-label", `Choose photos of ${this.shownName}`);
    this.shoot.setAttribute("aria-label", `Use camera for ${this.shownName}`);
    this.root.setAttribute("aria-label", this.shownName);
    this.root.classList.toggle("filled", total > 0);
    const open = sent.filter((item) => item.state !== "arrived");
    const sending = this.board.busy && open.length > 0;
    const figures = progressOf(sent.filter((item) => !item.settled));
    const share = figures.sent / Math.max(1, figures.bytes);
    const percent = sending ? ` · ${Math.floor(100 * share)}%` : "";
    const missing = !sending && open.length ? ` · ${number(open.length)} not sent` : "";
    this.count.textContent = total ? photos(total) + percent + missing : "";
    this.count.hidden = !total;
    this.bar.hidden = !sending;
    this.bar.value = share;
    this.bar.setAttribute("aria-label", `Upload of ${this.shownName}`);
    this.thumbnails.draw([...this.sent.reverse(), ...this.earlierPhotos], this.shownName);
  }

  /** Take out a photo of a thumbnail. */
  takeOutShown(each) {
    if (each.file) this.takeOut(each);
    else {
      this.earlier -= 1;
      this.earlierPhotos = this.earlierPhotos.filter(({ id }) => id !== each.id);
      this.board.forget(each.id);
    }
  }
}
