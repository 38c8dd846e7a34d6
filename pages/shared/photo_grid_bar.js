/* The bar above the grid of all photos (below it on a phone): how many are selected, what can be done to them, the size of the
   thumbnails, and the keys. photo_grid.js says when, and sends what was chosen. */

const SIZE_KEPT = "transferlab-photo-size"; // in this browser: the size that was chosen last
const ACTIONS = {
  relabel: ["Move to class", "Move to class (M)"],
  move: ["Move to part", "Move to part (P)"],
  rotate: ["Rotate", "Rotate (R, L)"],
  "leave out": ["Leave out", "Leave out (X): they stay here and can be brought back at any time"],
  delete: ["Delete", "Delete: gone for good once this cannot be undone any more"],
  "bring back": ["Bring back", "Bring back (B)"],
  keep: ["Keep", "Keep (K): the label is correct"],
  "take back": ["Take back", "Take the planned change back (U)"],
};
const PART_CHOICES = [
  { label: "Training", value: "train" },
  { label: "Validation", value: "validation" },
  { label: "Test", value: "test" },
];
const TURNS = [
  { label: "Left (90°)", value: 270 },
  { label: "Right (90°)", value: 90 },
  { label: "Upside down (180°)", value: 180 },
];
const KEYS = [
  ["Arrow keys", "Go from photo to photo"],
  ["Page Up, Page Down", "Previous page, next page"],
  ["Space", "Select or clear a photo"],
  ["Shift + arrow keys, Shift + click", "Select a range"],
  ["Ctrl + A", "Select the whole page"],
  ["Enter", "Show large"],
  ["Escape", "Clear the selection"],
  ["M", "Move to another class", "relabel"],
  ["P", "Move to another part", "move"],
  ["R, L", "Rotate right, rotate left", "rotate"],
  ["X or Delete", "Leave out", "leave out"],
  ["B", "Bring back", "bring back"],
  ["K", "Keep: the label is correct", "keep"],
  ["U", "Take the planned change back", "take back"],
  ["+, −", "Larger, smaller thumbnails", "size"],
  ["Ctrl + Z, Ctrl + Shift + Z", "Undo, redo"],
];

const number = (value) => value.toLocaleString("en");
const photoCount = (count) => `${number(count)} ${count === 1 ? "photo" : "photos"}`;

const press = (label, onclick, className = "") => make("button", { type: "button", textContent: label, onclick, className });

/** A question over the page; Escape and a press beside it close it. `fill` makes what is in it, given how to close it. */
function ask(root, title, fill) {
  const dialog = make("dialog", { className: "tl-all-dialog" });
  const close = () => dialog.close();
  const heading = make("h2", { textContent: title, id: "tl-all-title" });
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.append(heading, ...fill(close), press("Cancel", close, "tl-all-quiet"));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && close());
  dialog.addEventListener("keydown", (event) => event.stopPropagation()); // its keys are not those of the grid
  root.append(dialog);
  dialog.showModal();
  dialog.querySelector("input, button")?.focus();
}

/** Let somebody choose one of `choices` (label, value, hue); `fresh` is the label of a field for a new one, "" for none. */
function choose(root, title, choices, fresh, done) {
  ask(root, title, (close) => {
    const take = (value) => {
      close();
      done(value);
    };
    const list = make("ul", { className: "tl-all-choices" });
    list.setAttribute("role", "list");
    list.append(
      ...choices.map(({ label, value, hue, note }) => {
        const button = press("", () => take(value));
        if (hue) button.append(dotOf(hue));
        button.append(label);
        if (note) button.append(make("i", { textContent: note }));
        return make("li", {}, button);
      }),
    );
    if (!fresh) return [list];
    const field = make("input", { type: "text", maxLength: 80, required: true, pattern: ".*\\S.*" });
    const form = make("form", { className: "tl-all-fresh" }, make("label", {}, fresh, field), make("button", { textContent: "Move" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      take(field.value.trim());
    });
    return [list, form];
  });
}

function dotOf(hue) {
  const dot = make("span", { className: "tl-dot" });
  dot.style.background = hue;
  return dot;
}

/** The keys of what can be done on this page: the third of `KEYS` names an action, or the sizes. */
function showKeys(root, page) {
  ask(root, "Keyboard", () => {
    const known = KEYS.filter(([, , kind]) => !kind || page.offered.includes(kind) || (kind === "size" && page.sizes.length));
    const rows = known.map(([keys, what]) => make("div", {}, make("dt", { textContent: keys }), make("dd", { textContent: what })));
    return [make("dl", { className: "tl-all-keys" }, ...rows)];
  });
}

class Bar {
  /** `grid`: has root, does what is chosen (act), selects (selectPage, selectAll, clear) and resizes (resize). */
  constructor(grid) {
    this.grid = grid;
    this.count = make("span", { className: "tl-all-count" });
    this.count.setAttribute("role", "status");
    this.actions = make("span", { className: "tl-all-actions" });
    this.all = press("", () => this.grid.selectAll(), "tl-all-quiet");
    this.page = press("Select page", () => this.grid.selectPage(), "tl-all-quiet");
    this.none = press("Clear", () => this.grid.clear(), "tl-all-quiet");
    this.size = make("input", { type: "range", min: 0, step: 1 });
    this.size.addEventListener("input", () => this.grid.resize(Number(this.size.value), false));
    this.size.addEventListener("change", () => this.grid.resize(Number(this.size.value), true));
    this.sizes = make("label", { className: "tl-all-size" }, make("span", { textContent: "Size" }), this.size);
    const help = press("?", () => showKeys(this.grid.root, this.grid.page), "tl-all-help");
    help.setAttribute("aria-label", "Keyboard shortcuts");
    help.title = "Keyboard shortcuts";
    const left = make("span", { className: "tl-all-left" }, this.count, this.page, this.all, this.none);
    this.chips = make("div", { className: "tl-all-chips" });
    this.chips.setAttribute("aria-hidden", "true"); // a plus for the mouse: "Move to class" does the same
    this.element = make("div", { className: "tl-all-bar" }, left, this.actions, make("span", { className: "tl-all-right" }, this.sizes, help), this.chips);
    this.element.setAttribute("role", "group");
    this.element.setAttribute("aria-label", "Selected photos");
    this.drawn = "";
  }

  update(page, selected, everything) {
    const wholePage = selected >= page.photos.length;
    const can = page.offered.length > 0;
    this.element.classList.toggle("tl-all-some", selected > 0);
    this.count.textContent = selected ? `${number(selected)} selected` : can ? "Nothing selected" : photoCount(page.total);
    this.page.hidden = !can || wholePage || page.photos.length === 0;
    this.all.hidden = !can || everything || page.total <= page.photos.length || !wholePage;
    this.all.textContent = `Select all ${number(page.total)}`;
    this.none.hidden = !selected;
    this.sizes.hidden = !page.sizes.length;
    this.size.max = page.sizes.length - 1;
    this.size.value = this.grid.sizePlace;
    this.size.setAttribute("aria-valuetext", `${page.sizes[this.grid.sizePlace]} pixels`);
    for (const button of this.actions.children) button.disabled = !selected;
    const drawn = JSON.stringify([page.offered, page.labels, page.hues]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.actions.replaceChildren(
      ...page.offered.map((kind) => {
        const button = press(ACTIONS[kind][0], () => this.grid.begin(kind));
        button.title = ACTIONS[kind][1];
        button.disabled = !selected;
        return button;
      }),
    );
    this.chips.replaceChildren(...(page.offered.includes("relabel") ? page.labels.map((label, place) => this.chip(label, page.hues[place])) : []));
  }

  /** A class that photos can be dropped on. */
  chip(label, hue) {
    const chip = make("span", { className: "tl-all-chip" }, dotOf(hue), label);
    chip.addEventListener("dragover", (event) => {
      event.preventDefault();
      chip.classList.add("over");
    });
    chip.addEventListener("dragleave", () => chip.classList.remove("over"));
    chip.addEventListener("drop", (event) => {
      event.preventDefault();
      chip.classList.remove("over");
      this.grid.act("relabel", { value: label });
    });
    return chip;
  }
}
