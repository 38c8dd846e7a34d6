/* From a photo's file to an upright picture in sRGB. JPEGs are read by libjpeg-turbo and colour profiles by Little CMS, as
   WebAssembly (assets/photo-decoder), for a browser's own pixels differ from those that the network was trained on: it reads all
   of a large JPEG where training reads it at a fraction of its size. What else there is, the browser reads. */

const [INCOMPLETE] = [1]; // of photo_decoder.c: what else can fail is a damaged or rare file, and memory
const LARGEST_PROFILE = 4_000_000; // and 128 bytes at least: tlcore/data/colour_profiles.py
const READ_BY_BROWSER =
  "This JPEG is of a rare kind, damaged or very large. The browser read it in its own way, so Transfer Lab may answer otherwise.";

/** How many pixels a side of a JPEG become one: Pillow's `draft` to `least` pixels a side. */
function reduction(width, height, least) {
  const scale = Math.min(Math.floor(width / least), Math.floor(height / least));
  return [8, 4, 2].find((each) => scale >= each) ?? 1;
}

/** A picture turned as EXIF's `orientation`, 1–8, says. */
function turned(source, orientation) {
  if (orientation === 1) return source;
  const { width, height, data } = source;
  const isLying = orientation >= 5;
  const made = isLying ? picture(height, width) : picture(width, height);
  const isMirrored = [2, 3, 7, 8].includes(orientation); // where the first of the old columns comes to lie last
  const isUpsideDown = [3, 4, 6, 7].includes(orientation);
  for (let y = 0, from = 0; y < height; y++) {
    const line = isUpsideDown ? height - 1 - y : y;
    for (let x = 0; x < width; x++, from += 3) {
      const column = isMirrored ? width - 1 - x : x;
      const to = 3 * (isLying ? column * height + line : line * width + column);
      made.data[to] = data[from];
      made.data[to + 1] = data[from + 1];
      made.data[to + 2] = data[from + 2];
    }
  }
  return made;
}

class PhotoDecoder {
  /** `wasm`: the bytes of photo_decoder.wasm. */
  static async load(wasm) {
    return new PhotoDecoder(await WebAssembly.compile(wasm));
  }

  constructor(module) {
    this.module = module;
  }

  /** What the network sees of a file, as `square`, and a `note` that a person should read, or "". Throws where nothing can read it. */
  async seen(file, input) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (!isJpeg(bytes)) return { square: seenOf(await this.readOther(file, bytes, input), input), note: "" };
    const decoder = await this.start();
    try {
      return { square: seenOf(this.readJpeg(decoder, bytes, input), input), note: "" };
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError) || decoder.failure() === INCOMPLETE) throw error;
    }
    return { square: seenOf(onWhite(await readBitmap(file)), input), note: READ_BY_BROWSER };
  }

  /** One for each photo: its memory goes with it. */
  async start() {
    const { exports } = await WebAssembly.instantiate(this.module, {});
    exports._initialize();
    return exports;
  }

  readJpeg(decoder, bytes, input) {
    const { orientation, profile } = jpegMetadata(bytes);
    decoder.open_jpeg(put(decoder, bytes), bytes.length);
    const least = input.size * (input.pixels > 1 ? 2 : 1);
    const pixels = decoder.read_jpeg(reduction(decoder.width(), decoder.height(), least));
    const [width, height] = [decoder.width(), decoder.height()];
    return turned(inSrgb(decoder, pixels, width, height, decoder.channels(), usable(profile, input)), orientation);
  }

  /** A file that the browser reads. */
  async readOther(file, bytes, input) {
    const found = isPng(bytes) ? await withoutPngMetadata(bytes) : isWebp(bytes) ? withoutWebpMetadata(bytes) : null;
    if (!found) return onWhite(await readBitmap(file));
    const made = await readBitmap(new Blob([found.bytes], { type: file.type }));
    const profile = usable(found.profile, input);
    if (!profile.length) return turned(onWhite(made), found.orientation);
    const decoder = await this.start();
    const values = found.isGrey ? made.data.filter((_, place) => place % 3 === 0) : made.data;
    const pixels = put(decoder, values);
    const coloured = inSrgb(decoder, pixels, made.width, made.height, found.isGrey ? 1 : 3, profile);
    return turned(onWhite({ ...coloured, alpha: made.alpha }), found.orientation);
  }
}

/** A profile of a size that is read; models of older versions know none. */
const usable = (profile, input) =>
  input.pixels > 1 && profile.length >= 128 && profile.length <= LARGEST_PROFILE ? profile : nothing;

/** Bytes in the decoder's memory; where they begin. */
function put(decoder, bytes) {
  const place = decoder.reserve(bytes.length + 1);
  new Uint8Array(decoder.memory.buffer).set(bytes, place);
  return place;
}

function inSrgb(decoder, pixels, width, height, channels, profile) {
  const place = decoder.to_srgb(pixels, width * height, channels, put(decoder, profile), profile.length);
  return { width, height, data: new Uint8ClampedArray(decoder.memory.buffer.slice(place, place + width * height * 3)) };
}

/** What the browser makes of a file, upright, as `readPixels` has it. */
async function readBitmap(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    return readPixels(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

/** Whether a file is a PNG of more than 8 bits a channel, of which browsers give 8. */
async function isDeep(file) {
  const bytes = new DataView(await file.slice(0, 26).arrayBuffer());
  return bytes.byteLength === 26 && bytes.getUint32(0) === 0x89504e47 && bytes.getUint8(24) > 8;
}
