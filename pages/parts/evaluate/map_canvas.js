/* The map of the photos: a canvas to move and zoom, a card with the photo that is pointed at, a lasso, and the keyboard.

   Streamlit calls the default export again with new `data` after every run of the page; map_canvas.py says what is in it.
   What it sends are the triggers `opened`, a photo's number, and `shown`, the numbers of all that are selected. */

const REACH = 14; // pixels from a point that still count as pointing at it
const FINGER = 22;
const STEP = 1.5; // of the zoom
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const [MANY, SETTLE] = [3000, 120]; // points that are drawn coarsely while they move, until so many milliseconds later
const GLIDE = 700; // milliseconds from one arrangement to the next

const words = (number) => `${number.toLocaleString("en")} ${number === 1 ? "photo" : "photos"}`;

class PhotoMap {
  constructor() {
    this.points = null;
    this.selected = new Set();
    this.at = -1; // the photo that the keyboard or the pointer is on
    this.lasso = null;
    this.pointers = new Map();
    this.base = make("canvas", { tabIndex: 0 });
    this.base.setAttribute("role", "application");
    this.base.setAttribute("aria-roledescription", "map of photos");
    this.above = make("canvas", { className: "above" });
    this.card = make("div", { className: "card", hidden: true });
    this.stage = make("div", { className: "stage" }, this.base, this.above, this.card);
    this.spoken = make("p", { className: "spoken" });
    this.spoken.setAttribute("role", "status");
    this.legend = make("ul", { className: "legend" });
    this.root = make("div", { className: "map" }, this.tools(), this.stage, this.legend, this.bar(), this.spoken);
    this.listen();
    this.mode("move");
  }

  /* What stands around the canvas. */

  tools() {
    this.modes = ["move", "select"].map((mode) => {
      const each = button(mode === "move" ? "Move" : "Select", "", () => this.mode(mode));
      each.dataset.mode = mode;
      return each;
    });
    const pair = make("div", { className: "pair" }, ...this.modes);
    pair.setAttribute("role", "group");
    pair.setAttribute("aria-label", "What dragging does");
    const zooms = [
      ["−", "Zoom out", () => this.zoom(1 / STEP)],
      ["+", "Zoom in", () => this.zoom(STEP)],
      ["Whole map", "", () => (this.points.reset(), this.redraw())],
    ].map(([text, spoken, act]) => {
      const each = button(text, "", act);
      if (spoken) each.setAttribute("aria-label", spoken);
      return each;
    });
    return make("div", { className: "tools" }, pair, ...zooms);
  }

  bar() {
    this.count = make("span", { className: "count" });
    this.show = button("", "main", () => this.send("shown", [...this.selected].sort((a, b) => a - b)));
    this.clear = button("Clear", "quiet", () => this.select([]));
    this.hint = make("span", { className: "hint" });
    return make("div", { className: "bar" }, this.count, this.show, this.clear, this.hint);
  }

  mode(mode) {
    this.selecting = mode === "select";
    for (const each of this.modes) each.setAttribute("aria-pressed", String(each.dataset.mode === mode));
    this.stage.classList.toggle("selecting", this.selecting);
    this.say();
  }

  say() {
    const number = this.selected.size;
    this.count.textContent = number ? `${words(number)} selected` : "";
    this.show.textContent = `Show ${words(number)}`;
    for (const each of [this.show, this.clear, this.count]) each.hidden = !number;
    this.hint.hidden = number > 0;
    this.hint.textContent = this.selecting
      ? "Draw around photos to select them."
      : "Drag to move, click a photo to open it. Choose Select to draw around photos.";
  }

  drawLegend() {
    const entries = this.data.labels.map((label, place) => {
      const swatch = make("canvas", { width: 36, height: 36 });
      const context = swatch.getContext("2d");
      context.setTransform(2, 0, 0, 2, 18, 18);
      context.fillStyle = this.colours.classes[place];
      context.fill(outline(shapeOf(place), 5));
      const each = button("", "", () => this.toggle(place));
      each.append(swatch, make("span", { textContent: label }));
      each.setAttribute("aria-pressed", String(!this.points.hidden.has(place)));
      each.title = "Show or hide";
      return make("li", {}, each);
    });
    if (this.points.mark.includes(2)) {
      const ring = make("i");
      entries.push(make("li", { className: "ring" }, ring, make("span", { textContent: "Mistake" })));
    }
    this.legend.replaceChildren(...entries);
  }

  toggle(label) {
    const { hidden } = this.points;
    if (!hidden.delete(label)) hidden.add(label);
    this.legend.children[label].firstChild.setAttribute("aria-pressed", String(!hidden.has(label)));
    this.select([...this.selected].filter((point) => this.points.isShown(point)));
    this.point(-1);
    this.redraw();
  }

  /* New data. */

  update({ data, parentElement, setTriggerValue }) {
    this.send = setTriggerValue;
    if (this.root.parentElement !== parentElement) parentElement.append(this.root);
    const isNew = this.data?.name !== data.name;
    this.data = data;
    if (isNew) this.take(new Points(data));
    this.stage.style.setProperty("--tl-upright", this.points.uprightness);
    this.base.setAttribute("aria-label", data.finding);
    this.readColours();
    this.drawLegend();
    this.measure();
  }

  /** Take over the points; where the same photos were arranged otherwise, they glide to their new places. */
  take(points) {
    const before = this.points;
    this.points = points;
    if (before?.count !== points.count || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.select([]);
      this.point(-1);
      return;
    }
    points.hidden = before.hidden;
    const start = performance.now();
    const frame = (now) => {
      points.glide ??= { x: points.x, y: points.y, from: { x: before.x, y: before.y } }; // by now it may be turned
      const { x, y, from } = points.glide;
      const share = Math.min(1, Math.max(0, (now - start) / GLIDE));
      const eased = share * share * (3 - 2 * share);
      points.x = share < 1 ? x.map((each, i) => from.x[i] + (each - from.x[i]) * eased) : x;
      points.y = share < 1 ? y.map((each, i) => from.y[i] + (each - from.y[i]) * eased) : y;
      if (share === 1) {
        points.glide = null;
        points.index();
      }
      this.redraw(share < 1);
      if (share < 1 && this.points === points) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** The tokens as colours: a canvas knows no variables. */
  readColours() {
    const probe = make("i");
    this.root.append(probe);
    const colour = (name) => {
      probe.style.color = `var(--tl-${name})`;
      return getComputedStyle(probe).color;
    };
    const [paper, ink, accent, wrong] = ["paper", "ink", "accent", "wrong"].map(colour);
    const classes = this.data.hues.map((hue) => colour(`class-${hue}`));
    this.colours = { paper, ink, accent, wrong, classes };
    probe.remove();
  }

  measure() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !this.points) return;
    this.scale = Math.min(3, devicePixelRatio || 1);
    for (const canvas of [this.base, this.above]) {
      if (canvas.width === Math.round(width * this.scale) && canvas.height === Math.round(height * this.scale)) continue;
      [canvas.width, canvas.height] = [Math.round(width * this.scale), Math.round(height * this.scale)];
    }
    this.points.fit(width, height);
    this.redraw();
  }

  /* Drawing: all points when the camera moves, and what is pointed at above them, at most once a frame. */

  /** `moving`: more of the same follows at once, so many points are drawn coarsely, and well when it is over. */
  redraw(moving = false) {
    this.isStale = true;
    this.isCoarse = moving && this.points.count > MANY;
    clearTimeout(this.settled);
    if (this.isCoarse) this.settled = setTimeout(() => this.redraw(), SETTLE);
    this.drawAbove();
  }

  drawAbove() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.points?.width) return;
      const context = this.base.getContext("2d");
      if (this.isStale && this.isCoarse) this.points.drawCoarsely(context, this.colours, this.scale);
      else if (this.isStale) this.points.draw(context, this.colours, this.scale, this.selected);
      this.isStale = false;
      this.overlay();
    });
  }

  overlay() {
    const context = this.above.getContext("2d");
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    context.clearRect(0, 0, this.points.width, this.points.height);
    context.strokeStyle = this.colours.accent;
    if (this.lasso?.length > 1) {
      context.beginPath();
      this.lasso.forEach(([x, y]) => context.lineTo(x, y));
      context.closePath();
      context.lineWidth = 2;
      context.stroke();
      context.globalAlpha = 0.12;
      context.fillStyle = this.colours.accent;
      context.fill("evenodd");
      context.globalAlpha = 1;
    }
    if (this.at < 0) return;
    context.beginPath();
    context.arc(this.points.px(this.at), this.points.py(this.at), this.points.radius + 5, 0, 2 * Math.PI);
    context.lineWidth = 3;
    context.strokeStyle = this.colours.ink;
    context.stroke();
    this.placeCard();
  }

  /* What is pointed at. */

  point(point, spoken = false) {
    if (point === this.at && !spoken) return;
    this.at = point;
    this.card.hidden = point < 0;
    if (point >= 0) {
      const { names, labels, thumbnails, keys, predicted } = this.data;
      const answer = this.points.mark[point] === 2 ? `Predicted ${labels[predicted[point]]}` : "";
      const image = make("img", { alt: "", src: `${thumbnails}${keys.slice(12 * point, 12 * point + 12)}` });
      image.addEventListener("error", () => image.remove());
      const label = labels[this.points.label[point]];
      const lines = [make("b", { textContent: label }), answer && make("em", { textContent: answer })];
      this.card.replaceChildren(image, make("span", {}, ...lines.filter(Boolean), make("small", { textContent: names[point] })));
      if (spoken) {
        const chosen = this.selected.has(point) ? "selected" : "";
        this.spoken.textContent = [names[point], label, answer, chosen].filter(Boolean).join(", ");
      }
    }
    this.drawAbove();
  }

  placeCard() {
    const [x, y] = [this.points.px(this.at), this.points.py(this.at)];
    const { offsetWidth: width, offsetHeight: height } = this.card;
    const right = x + 16 + width < this.points.width ? x + 16 : x - 16 - width;
    const left = Math.max(4, Math.min(this.points.width - width - 4, right));
    const top = Math.max(4, Math.min(this.points.height - height - 4, y - height / 2));
    this.card.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  select(points) {
    this.selected = new Set(points);
    this.say();
    if (points.length) this.spoken.textContent = `${words(points.length)} selected`;
    if (this.points) this.redraw();
  }

  zoom(factor, x = this.points.width / 2, y = this.points.height / 2) {
    this.points.zoomAt(x, y, factor);
    this.stage.classList.toggle("zoomed", this.points.zoom > 1);
    this.redraw(true);
  }

  /* Mouse, fingers, keys. */

  listen() {
    const place = (event) => {
      const box = this.base.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.base.addEventListener("pointerdown", (event) => this.down(event, place(event)));
    this.base.addEventListener("pointermove", (event) => this.moved(event, place(event)));
    for (const kind of ["pointerup", "pointercancel"])
      this.base.addEventListener(kind, (event) => this.up(event, place(event)));
    this.base.addEventListener("pointerleave", () => !this.pointers.size && this.point(-1));
    this.base.addEventListener("wheel", (event) => this.wheel(event, place(event)), { passive: false });
    this.base.addEventListener("keydown", (event) => this.key(event));
    this.base.addEventListener("blur", () => this.point(-1));
    new ResizeObserver(() => this.measure()).observe(this.stage);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
      requestAnimationFrame(() => this.data && (this.readColours(), this.drawLegend(), this.redraw())),
    );
  }

  down(event, place) {
    if (event.button) return;
    this.base.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, place);
    this.begun = place;
    this.dragged = false;
    if (this.pointers.size === 1 && (this.selecting || event.shiftKey)) this.lasso = [place];
    else this.lasso = null;
  }

  moved(event, place) {
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") this.point(this.points.at(...place, REACH));
      return;
    }
    if (Math.hypot(place[0] - this.begun[0], place[1] - this.begun[1]) > 4) this.dragged = true;
    if (this.pointers.size === 2) this.pinch(event.pointerId, place);
    else if (this.lasso) this.lasso.push(place);
    else if (this.dragged) this.points.move(place[0] - before[0], place[1] - before[1]);
    this.pointers.set(event.pointerId, place);
    if (this.dragged) this.point(-1);
    if (this.lasso) this.drawAbove();
    else if (this.dragged) this.redraw(true);
  }

  pinch(id, place) {
    const [other] = [...this.pointers].filter(([each]) => each !== id).map(([, each]) => each);
    const before = this.pointers.get(id);
    const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
    this.dragged = true;
    this.zoom(apart(place, other) / apart(before, other), (place[0] + other[0]) / 2, (place[1] + other[1]) / 2);
  }

  up(event, place) {
    if (!this.pointers.delete(event.pointerId)) return;
    const { lasso } = this;
    this.lasso = null;
    if (event.type === "pointercancel") return this.drawAbove();
    if (lasso && this.dragged) {
      const found = this.points.inside(lasso);
      this.select(event.ctrlKey || event.metaKey ? [...this.selected, ...found] : found);
    } else if (!this.dragged) {
      const point = this.points.at(...place, event.pointerType === "touch" ? FINGER : REACH);
      const isSecond = event.pointerType !== "touch" || point === this.at; // a finger has no hover: the first tap shows
      this.point(point);
      if (point >= 0 && lasso) this.pick(point);
      else if (point >= 0 && isSecond) this.send("opened", point);
    }
    this.drawAbove();
  }

  pick(point) {
    const next = new Set(this.selected);
    if (!next.delete(point)) next.add(point);
    this.select([...next]);
  }

  /** The wheel scrolls the page; with Ctrl, or two fingers on a touchpad, it zooms. */
  wheel(event, place) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 250), ...place);
    this.point(this.points.at(...place, REACH));
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const act = {
      Enter: () => this.at >= 0 && this.send("opened", this.at),
      " ": () => this.at >= 0 && (this.pick(this.at), this.point(this.at, true)),
      Escape: () => this.select([]),
      "+": () => this.zoom(STEP, ...this.place()),
      "-": () => this.zoom(1 / STEP, ...this.place()),
      0: () => (this.points.reset(), this.redraw()),
    };
    const way = ARROWS[event.key];
    if (!way && !act[event.key]) return;
    if (event.key === "Escape" && !this.selected.size) return;
    event.preventDefault();
    if (way) this.step(...way);
    else act[event.key]();
  }

  place() {
    return this.at < 0 ? [undefined, undefined] : [this.points.px(this.at), this.points.py(this.at)];
  }

  step(dx, dy) {
    const { points } = this;
    const next = this.at < 0 ? points.at(points.width / 2, points.height / 2, points.size) : points.beside(this.at, dx, dy);
    if (next < 0) return;
    const [x, y] = [points.px(next), points.py(next)];
    const out = (value, end) => Math.max(0, value - end + 30) + Math.min(0, value - 30);
    if (out(x, points.width) || out(y, points.height)) {
      points.move(-out(x, points.width), -out(y, points.height));
      this.redraw();
    }
    this.point(next, true);
  }
}

const maps = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  if (!maps.has(parentElement)) maps.set(parentElement, new PhotoMap());
  maps.get(parentElement).update(component);
}
