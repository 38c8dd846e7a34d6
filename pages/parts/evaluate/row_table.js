/* A table whose rows lead somewhere: the first cell of each row is a button, and the whole row takes a click.

   `data`: columns, rows (name, action, cells of text, detail and share, hue), description, chosen. What it sends is the
   trigger `row`, a number; row_table.py reads it. */

const element = (name, { className = "", text = "" } = {}, ...children) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  made.append(...children);
  return made;
};

const hueOf = (hue) => (hue === null ? "var(--tl-accent)" : `var(--tl-class-${hue})`);

const figure = (cell, hue) => {
  const made = element("td", {}, element("span", { className: "text", text: cell.text }));
  if (cell.detail) made.append(element("span", { className: "detail", text: cell.detail }));
  if (cell.share !== null) {
    const full = element("i");
    full.style.width = `${100 * cell.share}%`;
    full.style.background = hueOf(hue);
    made.append(element("span", { className: "bar" }, full));
  }
  return made;
};

class RowTable {
  constructor() {
    this.root = element("div", { className: "frame" });
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
      const head = element("th", { text: title });
      head.scope = "col";
      return head;
    });
    this.rows = rows.map((row, place) => this.row(row, place));
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...this.rows));
    table.setAttribute("aria-label", description);
    this.root.replaceChildren(table);
  }

  row(row, place) {
    const button = element("button");
    button.type = "button";
    button.title = row.action;
    if (row.hue !== null) {
      const dot = element("span", { className: "dot" });
      dot.style.background = hueOf(row.hue);
      button.append(dot);
    }
    button.append(row.name);
    const made = element("tr", {}, element("td", {}, button), ...row.cells.map((cell) => figure(cell, row.hue)));
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
