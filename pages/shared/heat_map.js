/* The heat map of a picture, made in the browser: tlcore/serving/evidence.py and overlay.py for a model whose classes are dense
   layers on a pooled feature map. `plan`: shapes, map, colours, dimmed, opaque, outlined (live_answers.py). */

const HEAT_SIDE = 160; // pixels; the browser makes it larger without steps
const PALER = 2;
const LEAST_EVIDENCE = 0.25;

/** The layers out of their numbers: {weights, bias, outputs, inputs} each. */
function layersOf(numbers, shapes) {
  let at = 0;
  return shapes.map(([outputs, inputs]) => {
    const weights = numbers.subarray(at, (at += outputs * inputs));
    return { weights, bias: numbers.subarray(at, (at += outputs)), outputs, inputs };
  });
}

/** A layer's outputs for one row of inputs. */
const through = ({ weights, bias, outputs, inputs }, row) =>
  Float32Array.from({ length: outputs }, (_, to) => {
    let sum = bias[to];
    for (let from = 0, at = to * inputs; from < inputs; from++) sum += weights[at + from] * row[from];
    return sum;
  });

/** The derivative of each logit by each feature, row by row, at these features. */
function gradientsAt(layers, features) {
  const active = [];
  let row = features;
  for (const layer of layers.slice(0, -1)) {
    row = through(layer, row).map((value) => Math.max(value, 0));
    active.push(row);
  }
  let found = layers.at(-1).weights;
  const classes = layers.at(-1).outputs;
  for (let number = layers.length - 2; number >= 0; number--) {
    const { weights, outputs, inputs } = layers[number];
    const next = new Float32Array(classes * inputs);
    for (let label = 0; label < classes; label++) {
      for (let unit = 0; unit < outputs; unit++) {
        const factor = active[number][unit] > 0 ? found[label * outputs + unit] : 0;
        if (factor) for (let from = 0; from < inputs; from++) next[label * inputs + from] += factor * weights[unit * inputs + from];
      }
    }
    found = next;
  }
  return found;
}

/** Logits less their mean over the classes, (classes, places) row by row, of a feature map (places, D). */
function evidenceOf(layers, featureMap, [rows, columns, dimension]) {
  const places = rows * columns;
  const classes = layers.at(-1).outputs;
  const features = new Float32Array(dimension);
  for (let at = 0; at < featureMap.length; at++) features[at % dimension] += featureMap[at] / places;
  const gradients = gradientsAt(layers, features);
  const values = new Float32Array(classes * places);
  const logits = layers.reduce((row, layer, number) => through(layer, number ? row.map((value) => Math.max(value, 0)) : row), features);
  for (let label = 0; label < classes; label++) {
    const row = values.subarray(label * places, (label + 1) * places);
    for (let place = 0; place < places; place++) {
      let sum = 0;
      for (let from = 0, at = label * dimension, to = place * dimension; from < dimension; from++) sum += gradients[at + from] * featureMap[to + from];
      row[place] = sum;
    }
    const rest = logits[label] - row.reduce((sum, value) => sum + value, 0) / places;
    for (let place = 0; place < places; place++) row[place] += rest;
  }
  for (let place = 0; place < places; place++) {
    let mean = 0;
    for (let label = 0; label < classes; label++) mean += values[label * places + place] / classes;
    for (let label = 0; label < classes; label++) values[label * places + place] -= mean;
  }
  return values;
}

/** What speaks for one class, (places) 0–1. */
function heatOf(values, label, places) {
  const own = values.subarray(label * places, (label + 1) * places);
  const most = (numbers) => numbers.reduce((found, value) => Math.max(found, value), -Infinity);
  const scale = Math.max(most(own), most(values) / PALER, LEAST_EVIDENCE);
  return own.map((value) => Math.min(Math.max(value / scale, 0), 1));
}

/** Between the middles of its places, (side, side). */
function smoothed(heat, rows, columns, side) {
  const taps = (length) => Array.from({ length: side }, (_, at) => {
    const place = Math.min(Math.max(((at + 0.5) * length) / side - 0.5, 0), length - 1);
    return [Math.floor(place), Math.min(Math.floor(place) + 1, length - 1), place % 1];
  });
  const [across, down] = [taps(columns), taps(rows)];
  const values = new Float32Array(side * side);
  down.forEach(([top, bottom, low], y) => across.forEach(([left, right, far], x) => {
    const upper = heat[top * columns + left] * (1 - far) + heat[top * columns + right] * far;
    const lower = heat[bottom * columns + left] * (1 - far) + heat[bottom * columns + right] * far;
    values[y * side + x] = upper * (1 - low) + lower * low;
  }));
  return values;
}

/** Draw it on a canvas: colours that everybody can order, with an outline around what is hot. */
function drawHeat(canvas, heat, plan) {
  const [rows, columns] = plan.map;
  const side = HEAT_SIDE;
  canvas.width = canvas.height = side;
  const values = smoothed(heat, rows, columns, side);
  const context = canvas.getContext("2d");
  const picture = context.createImageData(side, side);
  const { colours } = plan;
  values.forEach((value, at) => {
    const place = value * (colours.length - 1);
    const [low, high] = [colours[Math.floor(place)], colours[Math.ceil(place)]];
    const right = at % side < side - 1 ? values[at + 1] - value : 0;
    const below = at + side < values.length ? values[at + side] - value : 0;
    const line = Math.abs(value - plan.outlined) < 0.75 * Math.hypot(right, below);
    for (let channel = 0; channel < 3; channel++) {
      picture.data[4 * at + channel] = line ? 255 : low[channel] + (high[channel] - low[channel]) * (place % 1);
    }
    picture.data[4 * at + 3] = line ? 255 : 255 * (plan.dimmed + (plan.opaque - plan.dimmed) * value);
  });
  context.putImageData(picture, 0, 0);
}
