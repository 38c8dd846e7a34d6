/* From a file to what the network sees, step by step as docs/run-format.md has it. The resize is Pillow's own arithmetic, since
   that of a canvas gives other pixels; of a large JPEG blocks of 2, 4 or 8 pixels a side become one first, which is what libjpeg
   computes when it decodes at a fraction of the size (jidctred.c: the averages of adjacent outputs). */

const WEIGHT_BITS = 22; // Pillow's Resample.c: whole numbers of 32 bits, 8 for the value, 2 to spare
const STRIP_PIXELS = 4_000_000; // drawn at once: phones have small canvases

/** RGB bytes, row by row. */
const picture = (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height * 3) });

/** The weights of one side: for each new pixel where its old ones begin and what each counts (`precompute_coeffs`). */
function resizeWeights(length, start, end, size) {
  const scale = (end - start) / size;
  const support = Math.max(scale, 1);
  return Array.from({ length: size }, (_, place) => {
    const center = start + (place + 0.5) * scale;
    const first = Math.max(Math.trunc(center - support + 0.5), 0);
    const last = Math.min(Math.trunc(center + support + 0.5), length);
    const weights = [];
    for (let at = first; at < last; at++) weights.push(Math.max(1 - Math.abs((at - center + 0.5) / support), 0));
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

/** Pillow's `resize` with BILINEAR of `box` (left, top, right, bottom; at fractions of a pixel). */
function resize(source, size, box) {
  const [left, top, right, bottom] = box.map(Math.fround);
  let now = source;
  if (now.width !== size || left || right !== size) {
    const narrow = picture(size, now.height);
    const taps = resizeWeights(now.width, left, right, size);
    resizeSide(now.data, narrow.data, taps, now.height, 3, now.width * 3, 3, size * 3);
    now = narrow;
  }
  if (now.height !== size || top || bottom !== size) {
    const square = picture(size, size);
    const taps = resizeWeights(now.height, top, bottom, size);
    resizeSide(now.data, square.data, taps, size, size * 3, 3, size * 3, 3);
    now = square;
  }
  return now;
}

/** The part of a picture that the network sees, as a box of `resize`. */
function seenBox({ width, height }, { resize: policy, pixels }) {
  if (policy !== "center-crop") return [0, 0, width, height];
  const side = Math.min(width, height);
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  const [x, y] = pixels > 1 ? [left, top] : [Math.floor(left), Math.floor(top)];
  return [x, y, x + side, y + side];
}

/** How many pixels a side of a JPEG become one: Pillow's `draft` to `input.reduce` times the size. */
function reduction(width, height, input) {
  const least = input.size * (input.pixels > 1 ? 2 : 1);
  const scale = Math.min(Math.floor(width / least), Math.floor(height / least));
  return [8, 4, 2].find((each) => scale >= each) ?? 1;
}

/** The EXIF orientation of a JPEG, 1–8; 1 where none is said. */
function orientationOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    for (let at = 2; view.getUint8(at) === 0xff && view.getUint8(at + 1) !== 0xda; at += 2 + view.getUint16(at + 2)) {
      if (view.getUint8(at + 1) !== 0xe1 || view.getUint32(at + 4) !== 0x45786966) continue;
      const start = at + 10;
      const little = view.getUint16(start) === 0x4949;
      const table = start + view.getUint32(start + 4, little);
      for (let entry = table + 2; entry < table + 2 + 12 * view.getUint16(table, little); entry += 12) {
        if (view.getUint16(entry, little) === 0x0112) return view.getUint16(entry + 8, little);
      }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the file ends too early
  }
  return 1;
}

/** Where blocks of `factor` pixels begin along a side, and where the last one ends; the short one is the last, or the first. */
function blockEdges(length, factor, isTurned) {
  const edges = [0];
  for (let at = (isTurned && length % factor) || factor; at < length; at += factor) edges.push(at);
  return [...edges, length];
}

/** What a canvas holds of a picture as RGB, each block of `factor` pixels a side as its average. */
function readPixels(source, width, height, factor, orientation) {
  const columns = blockEdges(width, factor, [2, 3, 6, 7].includes(orientation));
  const rows = blockEdges(height, factor, [3, 4, 7, 8].includes(orientation));
  const made = picture(columns.length - 1, rows.length - 1);
  const rowsAtOnce = Math.max(1, Math.floor(STRIP_PIXELS / (width * factor)));
  const canvas = new OffscreenCanvas(width, Math.min(height, rowsAtOnce * factor));
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  for (let row = 0; row < made.height; row += rowsAtOnce) {
    const [top, bottom] = [rows[row], rows[Math.min(row + rowsAtOnce, made.height)]];
    context.fillStyle = "white";
    context.fillRect(0, 0, width, bottom - top);
    context.drawImage(source, 0, -top);
    const { data } = context.getImageData(0, 0, width, bottom - top);
    for (let y = row; y < Math.min(row + rowsAtOnce, made.height); y++) averageRow(data, width, made, y, rows, top, columns);
  }
  return made;
}

function averageRow(data, width, made, y, rows, top, columns) {
  for (let x = 0, to = y * made.width * 3; x < made.width; x++) {
    let [red, green, blue] = [0, 0, 0];
    for (let line = rows[y] - top; line < rows[y + 1] - top; line++) {
      for (let at = (line * width + columns[x]) * 4, end = (line * width + columns[x + 1]) * 4; at < end; at += 4) {
        red += data[at];
        green += data[at + 1];
        blue += data[at + 2];
      }
    }
    const count = (rows[y + 1] - rows[y]) * (columns[x + 1] - columns[x]);
    made.data[to++] = Math.floor(red / count + 0.5);
    made.data[to++] = Math.floor(green / count + 0.5);
    made.data[to++] = Math.floor(blue / count + 0.5);
  }
}

/** What the network sees of a picture on the screen (a bitmap, a video), RGB bytes of `input.size` squared. */
function seenSquare(source, width, height, input, factor = 1, orientation = 1) {
  const upright = readPixels(source, width, height, factor, orientation);
  return resize(upright, input.size, seenBox(upright, input)).data;
}

/** Whether a file is a PNG of more than 8 bits a channel, of which browsers give 8. */
async function isDeep(file) {
  const bytes = new DataView(await file.slice(0, 26).arrayBuffer());
  return bytes.byteLength === 26 && bytes.getUint32(0) === 0x89504e47 && bytes.getUint8(24) > 8;
}

/** What the network sees of a file; throws where the browser cannot decode it. */
async function seenOfFile(file, input) {
  const bytes = new Uint8Array(await file.slice(0, 131_072).arrayBuffer()); // EXIF stands in front
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  const options = { imageOrientation: "from-image", colorSpaceConversion: "default" };
  const bitmap = await createImageBitmap(file, options);
  const { width, height } = bitmap;
  try {
    if (!isJpeg) return seenSquare(bitmap, width, height, input);
    return seenSquare(bitmap, width, height, input, reduction(width, height, input), orientationOf(bytes));
  } finally {
    bitmap.close();
  }
}
