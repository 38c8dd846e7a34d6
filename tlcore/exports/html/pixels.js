/* From a picture to what the network sees, step by step as docs/run-format.md has it. The resize is Pillow's own arithmetic,
   since that of a canvas gives other pixels. Photos in files become pictures in photo_decoder.js. */

const WEIGHT_BITS = 22; // Pillow's Resample.c: whole numbers of 32 bits, 8 for the value, 2 to spare
const STRIP_PIXELS = 4_000_000; // drawn at once: phones have small canvases

/** RGB bytes, row by row. */
const picture = (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height * 3) });

/** The weights of one side: for each new pixel where its old ones begin and what each counts (`precompute_coeffs`). */
function resizeWeights(length, start, end, size) {
  const scale = (end - start) / size;
  const support = Math.max(scale, 1);
  const step = 1 / support; // multiplied by, as Pillow does: a division rounds otherwise
  return Array.from({ length: size }, (_, place) => {
    const center = start + (place + 0.5) * scale;
    const first = Math.max(Math.trunc(center - support + 0.5), 0);
    const last = Math.min(Math.trunc(center + support + 0.5), length);
    const weights = [];
    for (let at = first; at < last; at++) weights.push(Math.max(1 - Math.abs((at - center + 0.5) * step), 0));
    const sum = weights.reduce((total, each) => total + each, 0);
    return { first, weights: weights.map((each) => Math.trunc(0.5 + (each / sum) * 2 ** WEIGHT_BITS)) };
  });
}

/** One side of a picture resized: `step` is between values along it, `across` between its lines; both of old and new. */
function resizeSide(from, to, taps, lines, step, across, newStep, newAcross) {
  const half = 2 ** (WEIGHT_BITS - 1);
  taps.forEach(({ first, weights }, place) => {
    for (let line = 0; line < lines; line++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = half;
        let at = line * across + first * step + channel;
        for (const weight of weights) {
          sum += from[at] * weight;
          at += step;
        }
        to[line * newAcross + place * newStep + channel] = Math.floor(sum / 2 ** WEIGHT_BITS);
      }
    }
  });
}

/** Pillow's `resize` with BILINEAR of `box` (left, top, right, bottom; at fractions of a pixel). The side that is resized first is
    rounded first: of tall pictures the height (`ImagingResampleInner`, since Pillow 13). */
function resize(source, size, box) {
  const [left, top, right, bottom] = box.map(Math.fround);
  const across = (from) => {
    if (from.width === size && !left && right === size) return from;
    const narrow = picture(size, from.height);
    const taps = resizeWeights(from.width, left, right, size);
    resizeSide(from.data, narrow.data, taps, from.height, 3, from.width * 3, 3, size * 3);
    return narrow;
  };
  const down = (from) => {
    if (from.height === size && !top && bottom === size) return from;
    const flat = picture(from.width, size);
    const taps = resizeWeights(from.height, top, bottom, size);
    resizeSide(from.data, flat.data, taps, from.width, from.width * 3, 3, from.width * 3, 3);
    return flat;
  };
  const isTall = source.height > size && source.height - size > 2 * (source.width - size);
  return isTall ? across(down(source)) : down(across(source));
}

/** The part of a picture that the network sees, as a box of `resize`. */
function seenBox({ width, height }, { resize: policy, pixels }) {
  if (policy !== "center-crop") return [0, 0, width, height];
  const side = Math.min(width, height);
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  const [x, y] = pixels > 1 ? [left, top] : [Math.floor(left), Math.floor(top)];
  return [x, y, x + side, y + side];
}

/** What a canvas holds of a picture on the screen: RGB, and `alpha`, a byte a pixel; null where nothing shines through. */
function readPixels(source, width, height) {
  const made = { ...picture(width, height), alpha: null };
  const rowsAtOnce = Math.max(1, Math.min(height, Math.floor(STRIP_PIXELS / width)));
  const canvas = new OffscreenCanvas(width, rowsAtOnce);
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  for (let top = 0; top < height; top += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, height - top);
    context.clearRect(0, 0, width, rows);
    context.drawImage(source, 0, -top);
    const { data } = context.getImageData(0, 0, width, rows);
    for (let from = 0, at = top * width; from < data.length; from += 4, at++) {
      made.data[at * 3] = data[from];
      made.data[at * 3 + 1] = data[from + 1];
      made.data[at * 3 + 2] = data[from + 2];
      if (data[from + 3] === 255) continue;
      made.alpha ??= new Uint8Array(width * height).fill(255);
      made.alpha[at] = data[from + 3];
    }
  }
  return made;
}

/** A picture on white, with the rounding of Pillow's `paste`. */
function onWhite({ width, height, data, alpha }) {
  for (let at = 0; alpha && at < data.length; at++) {
    const share = alpha[Math.floor(at / 3)];
    const value = data[at] * share + 255 * (255 - share) + 128;
    data[at] = (value + (value >> 8)) >> 8;
  }
  return { width, height, data };
}

/** What the network sees of an upright RGB picture: RGB bytes of `input.size` squared. */
const seenOf = (upright, input) => resize(upright, input.size, seenBox(upright, input)).data;

/** What the network sees of a picture on the screen (a bitmap, a video). */
const seenSquare = (source, width, height, input) => seenOf(onWhite(readPixels(source, width, height)), input);
