/* A table whose rows lead somewhere: the first cell of each row is a button, and the whole row takes a click.

   `data`: columns, rows (name, action, cells of text, detail and share, hue), description, chosen. What it sends is the
   trigger `row`, a number; row_table.py reads it. */

const hueOf = (hue) => (hue === null ? "var(--tl-accent)" : `var(--tl-class-${hue})`);

const figure = (cell, hue) => {
  const made = make("td", {}, make("span", { className: "text", textContent: cell.text }));
  if (cell.detail) made.append(make("span", { className: "detail", textContent: cell.detail }));
  if (cell.share !== null) {
    const full = make("i");
    full.style.width = `${100 * cell.share}%`;
    full.style.background = hueOf(hue);
    made.append(make("span", { className: "bar" }, full));
  }
  return made;
};

class RowTable {
  constructor() {
    this.root = make("div", { className: "frame" });
    this.drawn = "";
  }

  update({ data, parentElement, setTriggerValue }) {
    this.send = (row) => setTriggerValue("row", row);
    if (!this.root.isConnected) parentElement.append(this.root);
    const { chosen, ...figures } = data;
    const drawn = JSON.stringify(figures);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.draw(figures);
    }
    this.rows.forEach((row, place) => row.setAttribute("aria-current", String(place === chosen)));
  }

  draw({ columns, rows, description }) {
    const heads = columns.map((title) => {
      const head = make("th", { textContent: title });
      head.scope = "col";
      return head;
    });
    this.rows = rows.map((row, place) => this.row(row, place));
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...this.rows));
    table.setAttribute("aria-label", description);
    this.root.replaceChildren(table);
  }

  row(row, place) {
    const button = make("button");
    button.type = "button";
    button.title = row.action;
    if (row.hue !== null) {
      const dot = make("span", { className: "dot" });
      dot.style.background = hueOf(row.hue);
      button.append(dot);
    }
    button.append(row.name);
    const made = make("tr", {}, make("td", {}, button), ...row.cells.map((cell) => figure(cell, row.hue)));
    made.addEventListener("click", () => this.choose(place));
    return made;
  }

  choose(place) {
    this.send(place);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const photos = document.querySelector(".st-key-photos");
    photos?.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "nearest" });
  }
}

const tables = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  if (!tables.has(parentElement)) tables.set(parentElement, new RowTable());
  tables.get(parentElement).update(component);
}
