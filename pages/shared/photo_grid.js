/* A page of photos: one tab stop, arrow keys from photo to photo, space selects, Enter opens one large.

   `data` is a `GridPage` of photo_grid.py. What it sends is the trigger `order`, an `Order` of photo_grid.py. What
   is selected stays here, also while other pages of the same view are looked through, until something is done to it. */

const AHEAD = "300px"; // of scrolling
const OPENING = 5000; // milliseconds until a photo that was opened is seen, at most

class PhotoGrid {
  constructor() {
    this.root = make("div", { className: "tl-all" });
    this.bar = new Bar(this);
    this.list = make("div", { className: "tl-all-grid" });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-multiselectable", "true");
    this.list.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => this.click(event));
    this.list.addEventListener("dragstart", (event) => this.drag(event));
    this.list.addEventListener("dragend", () => this.root.classList.remove("tl-all-dragging"));
    this.list.addEventListener("focusin", (event) => this.goTo(this.placeOf(event.target)));
    this.root.append(this.bar.element, this.list);
    this.hasFocus = false; // also while the grid is mounted again
    this.opening = null; // the photo that is about to be seen large: its place, and when it was asked for
    for (const kind of ["focusin", "pointerdown"])
      document.addEventListener(kind, ({ target }) => this.noteFocus(this.list.contains(target)), true);
    this.selected = new Set();
    this.everything = false; // all photos of the view are selected, those on other pages too
    this.at = 0; // the photo that the keyboard is on
    this.anchor = 0; // where a range begins
    this.tiles = new Map(); // by what they show, so that a picture is fetched once
    this.page = null;
  }

  noteFocus(isHere) {
    this.hasFocus = isHere;
    if (!isHere) this.opening = null; // it is seen
  }

  update({ data, parentElement, setTriggerValue }) {
    this.send = (order) => setTriggerValue("order", order);
    const isMoved = this.root.parentElement !== parentElement;
    if (isMoved) parentElement.append(this.root);
    this.root.classList.remove("tl-all-busy");
    const before = this.page;
    if (before && JSON.stringify(before) === JSON.stringify(data)) {
      if (isMoved) this.fetch();
      if (isMoved && this.hasFocus) this.focus(this.at);
      return;
    }
    this.page = data;
    if (before?.name !== data.name) this.forget();
    if (before && before.first !== data.first) this.at = this.turned === -1 ? data.photos.length - 1 : 0;
    this.turned = 0;
    if (!before || before.size !== data.size) this.takeSize(data.size);
    this.draw(isMoved ? null : before);
  }

  draw(before) {
    const { photos, first, total } = this.page;
    const { hasFocus } = this;
    const tiles = new Map();
    for (const photo of photos) {
      const key = JSON.stringify(photo);
      tiles.set(key, this.tiles.get(key) ?? this.tile(photo));
    }
    this.tiles = tiles;
    this.list.replaceChildren(...tiles.values());
    this.fetch();
    this.list.hidden = photos.length === 0;
    this.list.setAttribute("aria-label", `Photos ${number(first + 1)} to ${number(first + photos.length)} of ${number(total)}`);
    [...this.list.children].forEach((tile, place) => {
      tile.setAttribute("aria-posinset", first + place + 1);
      tile.setAttribute("aria-setsize", total);
      tile.tabIndex = -1;
    });
    this.at = Math.max(0, Math.min(this.at, photos.length - 1));
    this.anchor = this.at;
    this.mark();
    if (photos.length) this.list.children[this.at].tabIndex = 0;
    if (hasFocus && photos.length) this.focus(this.at);
    if (before && before.first !== this.page.first) this.root.scrollIntoView({ block: "start" });
  }

  /** Fetch pictures as they come near. A browser's own way (loading="lazy") fetches three screens of them ahead. */
  fetch() {
    this.watcher?.disconnect();
    const root = this.root.closest('[data-testid="stMain"]');
    this.watcher = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          target.src = target.dataset.source;
          this.watcher.unobserve(target);
        }
      },
      { root, rootMargin: AHEAD },
    );
    for (const image of this.list.querySelectorAll("img:not([src])")) this.watcher.observe(image);
  }

  tile(photo) {
    const image = make("img", { alt: "", decoding: "async", draggable: false });
    image.dataset.source = photo.source; // fetched when it comes near (see `fetch`)
    const square = make("span", { className: photo.tile }, image);
    square.style.setProperty("--tl-pixels", `${photo.pixels}px`);
    const check = make("span", { className: "tl-all-check" });
    check.setAttribute("aria-hidden", "true");
    if (photo.badge) square.append(make("span", { className: "tl-all-badge", textContent: photo.badge }));
    const tile = make("div", { className: "tl-all-photo", title: photo.name, draggable: this.page.offered.includes("relabel") });
    tile.append(square, check, photo.mark || photo.detail ? this.answer(photo) : this.line(photo));
    tile.dataset.id = photo.id;
    tile.setAttribute("role", "option");
    const { name, label, part, note, mark, detail, badge } = photo;
    tile.setAttribute("aria-label", [name, mark?.[1], label, detail, part, note, badge].filter(Boolean).join(", "));
    return tile;
  }

  /** Below a photo, its class in one line. */
  line(photo) {
    const words = make("span", { className: "tl-all-words" }, dotOf(photo.hue), make("b", { textContent: photo.label }));
    if (photo.note) words.append(make("i", { textContent: photo.note }));
    return words;
  }

  /** Below a photo, what was predicted of it, in as many lines as that takes. */
  answer({ mark, label, detail }) {
    const words = make("span", { className: "tl-all-answer" });
    if (mark) words.append(make("span", { className: mark[0], textContent: mark[1] }), " · ");
    words.append(label);
    if (detail) words.append(make("br"), detail);
    return words;
  }

  /* What is selected. */

  isSelected(tile) {
    return this.everything || this.selected.has(tile.dataset.id);
  }

  get numSelected() {
    return this.everything ? this.page.total : this.selected.size;
  }

  mark() {
    for (const tile of this.list.children) tile.setAttribute("aria-selected", String(this.isSelected(tile)));
    this.bar.update(this.page, this.numSelected, this.everything);
  }

  toggle(place) {
    if (!this.page.offered.length) return;
    this.single();
    const { id } = this.list.children[place].dataset;
    if (!this.selected.delete(id)) this.selected.add(id);
    this.anchor = place;
    this.mark();
  }

  /** From "all of them" to those of this page, one of which is about to be left. */
  single() {
    if (!this.everything) return;
    this.everything = false;
    this.selected = new Set(this.page.photos.map(({ id }) => id));
  }

  range(to) {
    if (!this.page.offered.length) return;
    const [from, until] = [Math.min(this.anchor, to), Math.max(this.anchor, to)];
    for (let place = from; place <= until; place++) this.selected.add(this.list.children[place].dataset.id);
    this.mark();
  }

  selectPage() {
    if (!this.page.offered.length) return;
    for (const { id } of this.page.photos) this.selected.add(id);
    this.mark();
    this.focus(this.at);
  }

  selectAll() {
    this.everything = true;
    this.mark();
    this.focus(this.at);
  }

  clear() {
    this.forget();
    this.mark();
    this.focus(this.at);
  }

  forget() {
    this.selected = new Set();
    this.everything = false;
  }

  /* What is done to it. */

  /** Ask what an action needs to know, then do it; without a selection to the photo that the keyboard is on. */
  begin(kind) {
    if (!this.page.offered.includes(kind)) return;
    const { labels, hues } = this.page;
    const title = photoCount(this.numSelected || 1);
    const classes = labels.map((label, place) => ({ label, value: label, hue: hues[place] }));
    const fresh = this.page.new_class ? "New class" : "";
    if (kind === "relabel") choose(this.root, `Move ${title} to`, this.proposedFirst(classes), fresh, (value) => this.act(kind, { value }));
    else if (kind === "move") choose(this.root, `Use ${title} for`, PART_CHOICES, "", (value) => this.act(kind, { value }));
    else if (kind === "rotate") choose(this.root, `Rotate ${title}`, TURNS, "", (value) => this.act(kind, { number: value }));
    else this.act(kind, {});
  }

  /** The classes, with the one first that is proposed for all photos in question, if there is one. */
  proposedFirst(classes) {
    const here = this.list.children[this.at]?.dataset.id;
    const asked = this.page.photos.filter(({ id }) => (this.numSelected ? this.everything || this.selected.has(id) : id === here));
    const proposed = new Set(asked.map((photo) => photo.proposed));
    if (proposed.size !== 1) return classes;
    const isFirst = ({ value }) => proposed.has(value);
    return [...classes.filter(isFirst).map((each) => ({ ...each, note: "suggested" })), ...classes.filter((each) => !isFirst(each))];
  }

  act(kind, values) {
    if (!this.page.offered.includes(kind) || !this.page.photos.length) return;
    const here = this.list.children[this.at].dataset.id;
    const paths = this.everything ? [] : this.selected.size ? [...this.selected] : [here];
    this.root.classList.add("tl-all-busy");
    this.send({ kind, paths, everything: this.everything, ...values });
    if (kind !== "rotate") this.forget();
    this.mark();
    this.focus(this.at);
  }

  turn(step) {
    const here = Math.floor(this.page.first / Math.max(1, this.page.per_page));
    if (here + step < 0 || here + step >= this.page.num_pages) return;
    this.turned = step;
    this.send({ kind: "turn", number: step });
  }

  /* Its size. */

  takeSize(size) {
    const { sizes } = this.page;
    if (!sizes.length) return this.list.style.setProperty("--tl-size", `${this.page.usual_size}px`);
    let kept = size;
    if (!kept) {
      try {
        kept = Number(localStorage.getItem(SIZE_KEPT));
      } catch {
        kept = 0; // this browser keeps nothing
      }
    }
    const usual = matchMedia("(max-width: 640px)").matches ? sizes[0] : this.page.usual_size;
    this.sizePlace = sizes.indexOf(sizes.includes(kept) ? kept : usual);
    this.list.style.setProperty("--tl-size", `${sizes[this.sizePlace]}px`);
  }

  resize(place, isLast) {
    const { sizes } = this.page;
    if (!sizes.length) return;
    this.sizePlace = Math.max(0, Math.min(place, sizes.length - 1));
    this.list.style.setProperty("--tl-size", `${sizes[this.sizePlace]}px`);
    this.bar.update(this.page, this.numSelected, this.everything);
    if (!isLast) return;
    try {
      localStorage.setItem(SIZE_KEPT, sizes[this.sizePlace]);
    } catch {
      /* this browser keeps nothing: the address has it */
    }
    this.send({ kind: "size", number: sizes[this.sizePlace] });
  }

  /* Mouse, finger and keys. */

  placeOf(target) {
    return [...this.list.children].indexOf(target.closest?.(".tl-all-photo"));
  }

  click(event) {
    const place = this.placeOf(event.target);
    if (place < 0) return;
    this.focus(place, event.shiftKey);
    const picks = event.target.closest(".tl-all-check") || event.ctrlKey || event.metaKey || this.numSelected > 0;
    if (event.shiftKey) this.range(place);
    else if (picks && this.page.offered.length) this.toggle(place);
    else this.open(place);
  }

  open(place) {
    this.opening = { place, since: performance.now() };
    this.send({ kind: "open", number: place });
  }

  /** Arrow keys that come before the large photo does: then the next one is opened, as they would do there. */
  goOnOpening(name) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[name];
    if (!step || !this.opening || performance.now() - this.opening.since > OPENING) return false;
    const to = this.opening.place + step;
    if (!this.list.children[to]) return true;
    this.open(to);
    return true;
  }

  drag(event) {
    const tile = event.target.closest(".tl-all-photo");
    if (!tile) return;
    if (!this.isSelected(tile)) this.selected.add(tile.dataset.id);
    this.mark();
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", photoCount(this.numSelected));
    setTimeout(() => this.root.classList.add("tl-all-dragging")); // not at once: it would end the drag in some browsers
  }

  goTo(place) {
    if (place < 0 || !this.list.children[this.at]) return;
    this.list.children[this.at].tabIndex = -1;
    this.at = place;
    this.list.children[place].tabIndex = 0;
  }

  focus(place, keepsAnchor = false) {
    if (!this.list.children[place]) return;
    this.goTo(place);
    if (!keepsAnchor) this.anchor = place;
    this.list.children[place].focus();
  }

  get columns() {
    return getComputedStyle(this.list).gridTemplateColumns.split(" ").length;
  }

  key(event) {
    const control = event.ctrlKey || event.metaKey;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const done = control ? this.controlKey(name, event.shiftKey) : !event.altKey && (this.goOnOpening(name) || this.moveKey(name, event.shiftKey) || this.letter(name));
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  controlKey(name, shift) {
    if (name === "a") this.selectPage();
    else if (name === "z") this.send({ kind: shift ? "redo" : "undo" });
    else if (name === "y") this.send({ kind: "redo" });
    else return false;
    return true;
  }

  moveKey(name, shift) {
    const last = this.page.photos.length - 1;
    const row = this.columns;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row, Home: -this.at, End: last - this.at };
    if (name === "PageDown" || name === "PageUp") this.turn(name === "PageDown" ? 1 : -1);
    else if (!(name in steps)) return false;
    else {
      const to = this.at + steps[name];
      if (to < 0 || to > last) return true;
      this.focus(to, shift);
      if (shift) this.range(to);
    }
    return true;
  }

  letter(name) {
    const doing = { m: "relabel", p: "move", x: "leave out", Delete: "leave out", Backspace: "leave out", b: "bring back", k: "keep", u: "take back" };
    if (name === " ") this.toggle(this.at);
    else if (name === "Enter") this.open(this.at);
    else if (name === "Escape") this.clear();
    else if (name === "r" || name === "l") this.act("rotate", { number: name === "r" ? 90 : 270 });
    else if (name === "+" || name === "=") this.resize(this.sizePlace + 1, true);
    else if (name === "-") this.resize(this.sizePlace - 1, true);
    else if (name === "?") showKeys(this.root, this.page);
    else if (name in doing) this.begin(doing[name]);
    else return false;
    return true;
  }
}

export default function (component) {
  // Kept on the window: a banner that comes or goes above makes Streamlit mount this again, in another element.
  const grids = (window.transferLabGrids ??= {});
  (grids[component.data.grid] ??= new PhotoGrid()).update(component);
}
