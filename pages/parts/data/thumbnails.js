/* What a card shows of its photos: the latest of them, all on demand, and the names of files that are no photos. */

const MOST_THUMBNAILS = 10; // of more, the last place tells how many and opens all
const THUMBNAIL = 112; // pixels, for 56 on a page of twice the density
const paintInTurn = limited(3);

/** A photo on a canvas; for one that no browser shows, as HEIC, a tile that names the file. */
const paint = (canvas, file) => paintSquare(canvas, file).catch(() => canvas.replaceWith(named(file.name)));

/** A tile for a photo that no browser shows: the kind of its file, and its name. */
const named = (name) => {
  const short = name.split("/").pop();
  return make("span", { title: short }, make("b", { textContent: kindOf(short) }), make("small", { textContent: short }));
};

const kindOf = (name) => (name.split(".").pop() || "?").slice(0, 5).toUpperCase();

/** Thumbnails, newest first. `remove(each)` takes a photo out; `rest()`: where the keyboard goes when none is left; `load(each)`
    promises the address of a picture that only the server has. */
class Thumbnails {
  constructor(remove, rest, load) {
    Object.assign(this, { remove, rest, load });
    this.shown = new Map();
    this.isOpen = false;
    this.list = make("ul", { className: "thumbnails" });
    this.opener = button("", "more", () => this.turn(true));
    this.openerItem = make("li", {}, this.opener);
    this.closer = button("Show fewer", "quiet fewer", () => this.turn(false));
    this.root = make("div", { className: "photos" }, this.list, this.closer);
  }

  turn(isOpen) {
    this.isOpen = isOpen;
    this.draw(this.all, this.name);
    (isOpen ? this.list.querySelector(".remove") : this.opener).focus();
  }

  /** `all`: items with a `file`, and photos of an earlier visit with a `source` ("" for none) and a name. */
  draw(all, name) {
    [this.all, this.name] = [all, name];
    const isLong = all.length > MOST_THUMBNAILS;
    const wanted = isLong && !this.isOpen ? all.slice(0, MOST_THUMBNAILS - 1) : all;
    const left = all.length - wanted.length;
    this.list.setAttribute("aria-label", left ? `Latest photos of ${name}` : `Photos of ${name}`);
    this.list.classList.toggle("opened", isLong && this.isOpen);
    this.opener.textContent = `+${number(left)}`;
    this.opener.setAttribute("aria-label", `Show all ${photos(all.length)} of ${name}`);
    this.closer.hidden = !(isLong && this.isOpen);
    this.root.hidden = !all.length;
    const isSame = wanted.length === this.shown.size && wanted.every((each) => this.shown.has(each.id));
    if (isSame && Boolean(left) === (this.openerItem.parentNode === this.list)) return;
    const before = this.shown;
    this.shown = new Map(wanted.map((each) => [each.id, before.get(each.id) ?? this.thumbnail(each)]));
    const top = this.list.scrollTop;
    this.list.replaceChildren(...this.shown.values(), ...(left ? [this.openerItem] : []));
    this.list.scrollTop = top;
  }

  thumbnail(each) {
    const name = (each.name || "photo").split("/").pop();
    const remover = button("×", "remove", () => {
      const place = [...this.list.children].indexOf(item);
      this.remove(each);
      const next = this.list.children[Math.min(place, this.list.childElementCount - 1)];
      (next?.querySelector("button") ?? this.rest()).focus();
    });
    remover.setAttribute("aria-label", `Remove ${name}`);
    remover.title = `Remove ${name}`;
    const item = make("li", {}, this.picture(each, name), remover);
    return item;
  }

  picture(each, name) {
    if (!each.file) return each.source ? make("img", { src: each.source, alt: "" }) : each.number ? this.loaded(each, name) : named(name);
    const canvas = make("canvas", { width: THUMBNAIL, height: THUMBNAIL });
    paintInTurn(() => paint(canvas, each.file));
    return canvas;
  }

  loaded(each, name) {
    const image = make("img", { alt: "" });
    paintInTurn(() => this.load(each).then((address) => (image.src = each.source = address), () => image.replaceWith(named(name))));
    return image;
  }
}

/** The files of a card that are no photos, each with the reason. */
class UnreadFiles {
  constructor() {
    this.files = new Map();
    this.head = make("summary", {});
    this.list = make("ul", {});
    this.root = make("details", { className: "unread", open: true, hidden: true }, this.head, this.list);
  }

  add(name, reason) {
    this.files.set(name, reason);
    this.head.textContent = this.summary;
    this.list.replaceChildren(...[...this.files].map(([each, why]) => make("li", { textContent: `${each} ${why}` })));
    this.root.hidden = false;
  }

  get summary() {
    return this.files.size ? `${files(this.files.size)} left out` : "";
  }
}
