/* The confusion matrix of the Evaluate page: a grid in which the arrow keys go from cell to cell, and Enter opens one.

   Streamlit calls the default export again with new `data` after every run of the page: labels, hues (the number of each
   class's hue), counts (rows: actual classes), fullest and zero (how strong colours are), finding, chosen ([row, column]
   or null). What it sends is the trigger `cell`, [row, column]; matrix.py reads it. */

const LEAST = 0.2; // of the fullest: so that a single mistake in a large class is still orange
const STEEP_FROM = 5; // long names of columns stand upright from so many classes on
const SHORT = 3; // letters of a name that never needs to

const named = (label, hue) => {
  const dot = make("i");
  dot.style.background = `var(--tl-class-${hue})`;
  const span = make("span", {}, dot, make("b", { textContent: label }));
  span.title = label;
  return span;
};

const photos = (number) => `${number.toLocaleString("en")} ${number === 1 ? "photo" : "photos"}`;

const cellWords = (data, row, column) => {
  const { labels, counts } = data;
  const what = row === column ? `${labels[row]}, predicted correctly` : `Predicted ${labels[column]}, actually ${labels[row]}`;
  return `${what}: ${photos(counts[row][column])}`;
};

class Matrix {
  constructor() {
    this.root = make("div", { className: "matrix" });
    this.spoken = make("p", { className: "spoken" });
    this.spoken.setAttribute("role", "status");
    this.drawn = "";
    this.at = [0, 0];
  }

  update({ data, parentElement, setTriggerValue }) {
    this.send = (cell) => setTriggerValue("cell", cell);
    if (!this.root.isConnected) parentElement.append(this.root, this.spoken);
    const { chosen, ...figures } = data;
    const drawn = JSON.stringify(figures);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.data = figures;
      this.at = chosen ?? this.worst();
      this.draw();
    }
    this.mark(chosen);
  }

  /** The cell that the keyboard comes to first: the largest mistake. */
  worst() {
    let best = [0, 0];
    let most = 0;
    this.data.counts.forEach((row, r) =>
      row.forEach((count, c) => {
        if (r !== c && count > most) [most, best] = [count, [r, c]];
      }),
    );
    return best;
  }

  draw() {
    const { labels, hues, counts, finding } = this.data;
    const many = labels.length;
    const table = make("table");
    table.setAttribute("role", "grid");
    table.setAttribute("aria-label", finding);
    const columns = make("colgroup", {}, make("col", { className: "names" }));
    const axis = make("th", { className: "axis", textContent: "Predicted class" });
    axis.colSpan = many;
    const heads = labels.map((label, place) => {
      const head = make("th", { className: "column" }, named(label, hues[place]));
      head.scope = "col";
      return head;
    });
    const corner = make("th", { className: "corner", textContent: "Actual class" });
    const head = make("thead", {}, make("tr", {}, make("td"), axis), make("tr", {}, corner, ...heads));
    this.buttons = counts.map((row, r) => row.map((count, c) => this.cell(count, r, c, row)));
    const rows = this.buttons.map((row, r) => {
      const name = make("th", { className: "row" }, named(labels[r], hues[r]));
      name.scope = "row";
      return make("tr", {}, name, ...row.map((button) => this.gridCell(button)));
    });
    table.append(columns, head, make("tbody", {}, ...rows));
    table.addEventListener("keydown", (event) => this.move(event));
    const key = make("p", { className: "key" }, this.keyOf("accent", "Correct"), this.keyOf("wrong", "Mistakes"));
    key.append(make("span", { textContent: "Stronger colour: larger share of the class" }));
    const longest = Math.max(...labels.map((label) => label.length));
    const steep = many >= STEEP_FROM && longest > SHORT;
    this.root.className = `matrix${steep ? " steep" : ""}${many > 10 ? " small" : ""}`;
    this.root.style.setProperty("--names", `${Math.min(8.5, Math.max(5.2, 2 + 0.6 * longest))}rem`);
    this.root.style.setProperty("--classes", many);
    this.root.style.setProperty("--zero", this.data.zero);
    this.root.style.setProperty("--tall", many <= 4 ? "4rem" : many <= 10 ? "2.75rem" : "1.9rem");
    this.root.replaceChildren(table, key);
  }

  gridCell(button) {
    const cell = make("td", {}, button);
    cell.setAttribute("role", "gridcell");
    return cell;
  }

  keyOf(token, words) {
    const swatch = make("i");
    swatch.style.setProperty("--colour", `var(--tl-${token})`);
    return make("span", {}, swatch, words);
  }

  cell(count, r, c, row) {
    const button = make("button", { className: count ? "" : "zero", textContent: count.toLocaleString("en") });
    const share = count / Math.max(1, row.reduce((sum, each) => sum + each, 0));
    button.type = "button";
    button.title = cellWords(this.data, r, c);
    button.setAttribute("aria-label", button.title);
    button.style.setProperty("--colour", `var(--tl-${r === c ? "accent" : "wrong"})`);
    button.style.setProperty("--share", count ? (this.data.fullest * (LEAST + (1 - LEAST) * share)).toFixed(3) : 0);
    if (!count) button.setAttribute("aria-disabled", "true");
    button.tabIndex = r === this.at[0] && c === this.at[1] ? 0 : -1;
    button.addEventListener("click", () => this.choose(r, c));
    return button;
  }

  choose(r, c) {
    this.goTo(r, c);
    if (!this.data.counts[r][c]) return;
    this.spoken.textContent = `Showing ${cellWords(this.data, r, c)}`;
    this.send([r, c]);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const place = document.querySelector(".st-key-photos");
    place?.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "nearest" });
  }

  goTo(r, c) {
    this.buttons[this.at[0]][this.at[1]].tabIndex = -1;
    this.at = [r, c];
    this.buttons[r][c].tabIndex = 0;
  }

  move(event) {
    const last = this.data.labels.length - 1;
    const [r, c] = this.at;
    const ways = {
      ArrowUp: [Math.max(0, r - 1), c],
      ArrowDown: [Math.min(last, r + 1), c],
      ArrowLeft: [r, Math.max(0, c - 1)],
      ArrowRight: [r, Math.min(last, c + 1)],
      Home: [r, 0],
      End: [r, last],
    };
    const to = ways[event.key];
    if (!to || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.goTo(...to);
    this.buttons[to[0]][to[1]].focus();
  }

  mark(chosen) {
    this.buttons.forEach((row, r) =>
      row.forEach((button, c) => {
        button.setAttribute("aria-pressed", String(chosen?.[0] === r && chosen?.[1] === c));
      }),
    );
  }
}

const matrices = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  if (!matrices.has(parentElement)) matrices.set(parentElement, new Matrix());
  matrices.get(parentElement).update(component);
}
