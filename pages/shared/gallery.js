/* A grid of photos that open: each is a button, in the order of the page. It looks as the grid that gallery.py writes as HTML,
   by the same rules of style.css.

   `data`: style and columns of the list; photos: source, over ("", or what lies over it), alt, caption, more, detail, pixels, tile (the style of its square),
   mark (null, or style and word), hue (null, or the colour of its class). Python learns which one was pressed: `opened`, its place. */

function captionOf({ caption, detail, hue, mark }) {
  const words = make("span", { className: "tl-caption" });
  if (mark) words.append(make("span", { className: mark.style, textContent: mark.word }), " · ");
  if (hue) {
    const dot = make("span", { className: "tl-dot" });
    dot.style.background = hue;
    words.append(dot);
  }
  words.append(caption);
  if (detail) words.append(make("br", {}), detail);
  return words;
}

function buttonOf(photo, open) {
  const tile = make("span", { className: photo.tile }, make("img", { src: photo.source, alt: photo.alt }));
  if (photo.over) tile.append(make("img", { className: "tl-over", src: photo.over, alt: "" }));
  tile.style.setProperty("--tl-pixels", `${photo.pixels}px`);
  const more = make("span", { className: "tl-more", textContent: photo.more });
  const button = make("button", { type: "button", className: "tl-photo tl-opens", onclick: open }, tile, more, captionOf(photo));
  button.setAttribute("aria-haspopup", "dialog");
  return make("li", {}, button);
}

const drawn = new WeakMap(); // what was drawn last, by the element it stands in

export default function ({ parentElement, data, setTriggerValue }) {
  const before = drawn.get(parentElement);
  const text = JSON.stringify(data);
  const open = (place) => setTriggerValue("opened", place);
  if (before?.text === text) {
    before.open = open;
    return;
  }
  const state = { text, open };
  const list = make("ul", { className: data.style });
  list.setAttribute("role", "list");
  list.style.setProperty("--tl-columns", data.columns);
  list.append(...data.photos.map((photo, place) => buttonOf(photo, () => state.open(place))));
  const focused = before ? [...before.list.children].findIndex((item) => item.contains(document.activeElement)) : -1;
  if (before) before.list.replaceWith(list);
  else parentElement.append(list);
  list.children[focused]?.firstElementChild.focus();
  drawn.set(parentElement, Object.assign(state, { list }));
}
