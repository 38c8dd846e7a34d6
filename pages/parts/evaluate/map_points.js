/* The points of the map: where they are, how they look, and which one is where. Knows no element but the canvas it draws on.

   Each class has a hue and a shape, so that no class is told by its colour alone; mistakes have a ring. */

const SHAPES = 8;
const CELLS = 64; // of the index, a side
const MOST_ZOOM = 40;
const EDGE = 22; // pixels around the points at no zoom

const numbers = (text, Kind) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Kind(bytes.buffer);
};

const shapeOf = (label) => (label + Math.floor(label / SHAPES)) % SHAPES;

/** The outline of a shape around 0, 0, as large as a circle of this radius looks. */
const outline = (shape, radius) => {
  const path = new Path2D();
  const corners = (number, turn, stretch) => {
    for (let i = 0; i < number; i++) {
      const angle = turn + (2 * Math.PI * i) / number;
      path.lineTo(Math.cos(angle) * radius * stretch, Math.sin(angle) * radius * stretch);
    }
    path.closePath();
  };
  const cross = (turn) => {
    const [long, thick] = [radius * 1.25, radius * 0.45];
    const arms = [[thick, thick], [long, thick], [long, -thick], [thick, -thick], [thick, -long], [-thick, -long]];
    arms.push([-thick, -thick], [-long, -thick], [-long, thick], [-thick, thick], [-thick, long], [thick, long]);
    const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
    arms.forEach(([x, y]) => path.lineTo(x * cos - y * sin, x * sin + y * cos));
    path.closePath();
  };
  const draw = [
    () => path.arc(0, 0, radius, 0, 2 * Math.PI),
    () => corners(4, Math.PI / 4, 1.25),
    () => corners(3, -Math.PI / 2, 1.4),
    () => corners(4, 0, 1.35),
    () => cross(0),
    () => corners(3, Math.PI / 2, 1.4),
    () => cross(Math.PI / 4),
    () => corners(6, 0, 1.15),
  ];
  draw[shape]();
  return path;
};

class Points {
  constructor(data) {
    const [x, y] = [numbers(data.x, Uint16Array), numbers(data.y, Uint16Array)];
    this.count = x.length;
    this.x = Float32Array.from(x, (each) => each / 65535);
    this.y = Float32Array.from(y, (each) => each / 65535);
    this.label = numbers(data.classes, Uint16Array);
    this.mark = numbers(data.marks, Uint8Array); // 0: not tested, 1: correct, 2: a mistake
    this.hidden = new Set(); // classes
    this.glide = null; // from where to where they are moving just now
    const span = (values) => values.reduce(([low, high], each) => [Math.min(low, each), Math.max(high, each)], [1, 0]);
    [this.spanX, this.spanY] = [span(this.x), span(this.y)].map(([low, high]) => Math.max(0.02, high - low));
    this.index();
    this.reset();
  }

  /* The index: the points of each cell one after the other. */

  index() {
    const cell = new Uint16Array(this.count);
    this.starts = new Uint32Array(CELLS * CELLS + 1);
    for (let i = 0; i < this.count; i++) {
      cell[i] = this.cell(this.y[i]) * CELLS + this.cell(this.x[i]);
      this.starts[cell[i] + 1]++;
    }
    for (let i = 0; i < CELLS * CELLS; i++) this.starts[i + 1] += this.starts[i];
    const next = this.starts.slice();
    this.inCells = new Uint32Array(this.count);
    for (let i = 0; i < this.count; i++) this.inCells[next[cell[i]]++] = i;
  }

  cell(value) {
    return Math.max(0, Math.min(CELLS - 1, Math.floor(value * CELLS)));
  }

  isShown(point) {
    return !this.hidden.has(this.label[point]);
  }

  /** The point nearest to a place on the canvas, at most so many pixels away; -1 for none. */
  at(px, py, reach) {
    const [x, y, far] = [(px - this.left) / this.size, (py - this.top) / this.size, reach / this.size];
    let [best, least] = [-1, far * far];
    for (let row = this.cell(y - far); row <= this.cell(y + far); row++)
      for (let column = this.cell(x - far); column <= this.cell(x + far); column++)
        for (let i = this.starts[row * CELLS + column]; i < this.starts[row * CELLS + column + 1]; i++) {
          const point = this.inCells[i];
          const distance = (this.x[point] - x) ** 2 + (this.y[point] - y) ** 2;
          if (distance <= least && this.isShown(point)) [best, least] = [point, distance];
        }
    return best;
  }

  /** The nearest point to the right (1, 0), above (0, -1) … of a point; -1 for none. */
  beside(point, dx, dy) {
    let [best, least] = [-1, Infinity];
    for (let i = 0; i < this.count; i++) {
      const [x, y] = [this.x[i] - this.x[point], this.y[i] - this.y[point]];
      const along = x * dx + y * dy;
      const across = Math.abs(x * dy - y * dx);
      if (along <= 0 || across > along || !this.isShown(i)) continue;
      const distance = along + 2 * across;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  /** The points inside an outline of places [x, y] on the canvas. */
  inside(places) {
    const path = new Path2D();
    places.forEach(([x, y]) => path.lineTo(x, y));
    path.closePath();
    const context = Points.ruler;
    const found = [];
    for (let i = 0; i < this.count; i++)
      if (this.isShown(i) && context.isPointInPath(path, this.px(i), this.py(i), "evenodd")) found.push(i);
    return found;
  }

  /* The camera: where the square of the map lies on the canvas. */

  fit(width, height) {
    if (width === this.width && height === this.height) return;
    if (width < height !== this.spanX < this.spanY) this.turn();
    const [zoom, x, y] = [this.zoom, this.centreX, this.centreY];
    [this.width, this.height] = [width, height];
    this.look(zoom, x, y);
  }

  /** How many times as tall as wide the map is when it stands upright. */
  get uprightness() {
    return Math.max(this.spanX, this.spanY) / Math.min(this.spanX, this.spanY);
  }

  /** Lay a wide map upright on a narrow screen, so that it fills it: only distances mean something on it. */
  turn() {
    [this.x, this.y] = [this.y, this.x];
    [this.spanX, this.spanY] = [this.spanY, this.spanX];
    [this.centreX, this.centreY] = [this.centreY, this.centreX];
    const turned = ({ x, y }) => ({ x: y, y: x });
    if (this.glide) this.glide = { ...turned(this.glide), from: turned(this.glide.from) };
    this.index();
  }

  reset() {
    [this.zoom, this.centreX, this.centreY] = [1, 0.5, 0.5];
    if (this.width) this.look(1, 0.5, 0.5);
  }

  look(zoom, x, y) {
    this.zoom = Math.max(1, Math.min(MOST_ZOOM, zoom));
    const room = [this.width, this.height].map((side) => Math.max(40, side - 2 * EDGE));
    this.size = this.zoom * Math.min(room[0] / this.spanX, room[1] / this.spanY);
    const kept = (value, span, side) => {
      const most = Math.max(0, span / 2 + EDGE / this.size - side / 2 / this.size); // nothing beyond the points is looked at
      return Math.max(0.5 - most, Math.min(0.5 + most, value));
    };
    [this.centreX, this.centreY] = [kept(x, this.spanX, this.width), kept(y, this.spanY, this.height)];
    this.left = this.width / 2 - this.centreX * this.size;
    this.top = this.height / 2 - this.centreY * this.size;
  }

  /** Zoom so that what lies at a place of the canvas stays there. */
  zoomAt(px, py, factor) {
    const [x, y] = [(px - this.left) / this.size, (py - this.top) / this.size];
    const before = this.zoom;
    this.look(before * factor, this.centreX, this.centreY);
    const change = 1 - before / this.zoom;
    this.look(this.zoom, this.centreX + (x - this.centreX) * change, this.centreY + (y - this.centreY) * change);
  }

  move(dx, dy) {
    this.look(this.zoom, this.centreX - dx / this.size, this.centreY - dy / this.size);
  }

  px(point) {
    return this.left + this.x[point] * this.size;
  }

  py(point) {
    return this.top + this.y[point] * this.size;
  }

  get radius() {
    const usual = this.count < 300 ? 5.5 : this.count < 2000 ? 4.5 : this.count < 8000 ? 3.5 : 2.6;
    return usual * Math.min(2.2, this.zoom ** 0.3);
  }

  /* Drawing. */

  /** What each class looks like, drawn once: faint and full, without and with a ring. */
  sprites(colours, scale) {
    const radius = this.radius;
    const key = `${radius} ${scale} ${JSON.stringify(colours)}`;
    if (key === this.spriteKey) return;
    this.spriteKey = key;
    const half = Math.ceil((radius * 1.4 + 5) * scale);
    this.half = half / scale;
    this.images = colours.classes.map((colour, label) =>
      [false, true].map((ring) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 2 * half, height: 2 * half });
        const context = canvas.getContext("2d");
        context.setTransform(scale, 0, 0, scale, half, half);
        const shape = outline(shapeOf(label), radius);
        context.lineWidth = 1.5;
        context.strokeStyle = colours.paper;
        context.stroke(shape);
        context.fillStyle = colour;
        context.fill(shape);
        if (ring) {
          context.beginPath();
          context.arc(0, 0, radius + 3, 0, 2 * Math.PI);
          context.lineWidth = 2;
          context.strokeStyle = colours.wrong;
          context.stroke();
        }
        return canvas;
      }),
    );
  }

  /** Draw all that is seen. `selected`: points that stand out, or an empty set. */
  draw(context, colours, scale, selected) {
    this.sprites(colours, scale);
    const { half, width, height } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width * scale, height * scale);
    const some = selected.size > 0;
    for (const stage of some ? [0, 1, 2, 3] : [0, 1])
      for (let i = 0; i < this.count; i++) {
        const ring = this.mark[i] === 2;
        if (stage % 2 !== Number(ring) || !this.isShown(i)) continue; // mistakes lie on top
        if (some && stage > 1 !== selected.has(i)) continue; // and what is selected above all
        const [x, y] = [this.px(i), this.py(i)];
        if (x < -half || y < -half || x > width + half || y > height + half) continue;
        context.globalAlpha = some && stage < 2 ? 0.22 : 1;
        const image = this.images[this.label[i]][Number(ring)];
        context.drawImage(image, Math.round((x - half) * scale), Math.round((y - half) * scale));
      }
    context.globalAlpha = 1;
  }
}

/** The same while the camera moves over many points: squares, which are drawn many times as fast, and no rings. */
Points.prototype.drawCoarsely = function (context, colours, scale) {
  const side = Math.max(2, Math.round(1.7 * this.radius * scale));
  const [far, width, height] = [side / 2, this.width * scale, this.height * scale];
  const [left, top, size] = [this.left * scale - far, this.top * scale - far, this.size * scale];
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  this.byClass ??= Uint32Array.from({ length: this.count }, (_, i) => i).sort((a, b) => this.label[a] - this.label[b]);
  let label = -1;
  for (const i of this.byClass) {
    if (!this.isShown(i)) continue;
    if (this.label[i] !== label) context.fillStyle = colours.classes[(label = this.label[i])];
    const [x, y] = [left + this.x[i] * size, top + this.y[i] * size];
    if (x > -side && y > -side && x < width && y < height) context.fillRect(x | 0, y | 0, side, side);
  }
};

Points.ruler = document.createElement("canvas").getContext("2d");
