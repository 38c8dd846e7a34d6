/* Photos that may need something, each as a card with its reason and its buttons.

   `data`: cards (id, reason, photos of source, alt, caption, detail, hue, tile and pixels, buttons of name, label and
   spoken). What it sends are the triggers `pressed` (card: an id, value: the name of a button) and `opened` (card, value:
   the place of a photo); check_cards.py reads them. */

function photoOf(photo, open) {
  const tile = make("span", { className: photo.tile }, make("img", { src: photo.source, alt: photo.alt }));
  tile.style.setProperty("--tl-pixels", `${photo.pixels}px`);
  const dot = make("span", { className: "tl-dot" });
  dot.style.background = photo.hue;
  const caption = make("span", { className: "tl-caption" }, dot, photo.caption);
  if (photo.detail) caption.append(make("span", { className: "tl-check-detail", textContent: photo.detail }));
  const button = make("button", { type: "button", className: "tl-photo tl-opens", onclick: open }, tile, caption);
  button.setAttribute("aria-haspopup", "dialog");
  return button;
}

class Cards {
  constructor() {
    this.root = make("ul", { className: "tl-checks" });
    this.root.setAttribute("role", "list");
    this.text = "";
  }

  update({ data, parentElement, setTriggerValue }) {
    this.send = setTriggerValue;
    if (!this.root.isConnected) parentElement.append(this.root);
    const text = JSON.stringify(data);
    if (text === this.text) return;
    this.text = text;
    const before = [...this.root.children].findIndex((card) => card.contains(document.activeElement));
    this.root.replaceChildren(...data.cards.map((card) => this.card(card)));
    const next = this.root.children[Math.min(before, data.cards.length - 1)];
    if (before >= 0) next?.querySelector(".tl-check-buttons button")?.focus({ preventScroll: true });
  }

  card({ id, reason, photos, buttons }) {
    const shown = photos.map((photo, place) => photoOf(photo, () => this.send("opened", { card: id, value: place })));
    const made = make("li", { className: "tl-check" }, make("div", { className: "tl-check-photos" }, ...shown));
    const words = make("p", { className: "tl-check-reason", textContent: reason });
    const actions = buttons.map(({ name, label, spoken }) => {
      const button = make("button", { type: "button", textContent: label, title: spoken });
      button.setAttribute("aria-label", spoken);
      button.onclick = () => this.press(made, id, name);
      return button;
    });
    made.classList.toggle("tl-check-pair", photos.length > 1);
    made.append(words, make("div", { className: "tl-check-buttons" }, ...actions));
    return made;
  }

  press(card, id, name) {
    if (card.getAttribute("aria-busy") === "true") return; // pressed before, and on its way
    card.setAttribute("aria-busy", "true");
    this.send("pressed", { card: id, value: name });
  }
}

const drawn = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  if (!drawn.has(parentElement)) drawn.set(parentElement, new Cards());
  drawn.get(parentElement).update(component);
}
