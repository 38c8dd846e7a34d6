/* What a photo's file says beside its pixels: how it has to be turned, and its colour profile (ICC), as Pillow reads both. */

const ascii = (bytes) => String.fromCharCode(...bytes);
const nothing = new Uint8Array();
const XMP = "http://ns.adobe.com/xap/1.0/\0";

const isJpeg = (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8;
const isPng = (bytes) => ascii(bytes.subarray(0, 8)) === "\x89PNG\r\n\x1a\n";
const isWebp = (bytes) => ascii(bytes.subarray(0, 4)) === "RIFF" && ascii(bytes.subarray(8, 12)) === "WEBP";

const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The orientation that EXIF says, 1–8; 0 where it says none. `exif`: from the byte order on. */
function exifOrientation(exif) {
  const view = viewOf(exif);
  try {
    const little = view.getUint16(0) === 0x4949;
    const table = view.getUint32(4, little);
    for (let entry = table + 2; entry < table + 2 + 12 * view.getUint16(table, little); entry += 12) {
      if (view.getUint16(entry, little) === 0x0112) return view.getUint16(entry + 8, little);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the file ends too early
  }
  return 0;
}

/** 1–8: what EXIF says, else what XMP says, else 1. */
function orientationOf(exif, xmp) {
  const said = exifOrientation(exif) || Number(/tiff:Orientation(?:="|>)([0-9])/.exec(new TextDecoder("latin1").decode(xmp))?.[1]);
  return said >= 1 && said <= 8 ? said : 1;
}

/** The segments of a JPEG before its pixels: [marker, content]. */
function* jpegSegments(bytes) {
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return;
    if (bytes[at + 1] === 0xff) {
      at += 1; // filling
      continue;
    }
    if (bytes[at + 1] === 0xda) return;
    const length = viewOf(bytes).getUint16(at + 2);
    yield [bytes[at + 1], bytes.subarray(at + 4, at + 2 + length)];
    at += 2 + length;
  }
}

/** `orientation` 1–8, and `profile`: the bytes of the colour profile, none where there is none or a part of it is missing. */
function jpegMetadata(bytes) {
  let [exif, xmp] = [nothing, nothing];
  const parts = [];
  for (const [marker, content] of jpegSegments(bytes)) {
    const starts = (name) => ascii(content.subarray(0, name.length)) === name;
    if (marker === 0xe1 && starts("Exif\0\0") && !exif.length) exif = content.subarray(6);
    if (marker === 0xe1 && starts(XMP)) xmp = content.subarray(XMP.length);
    if (marker === 0xe2 && starts("ICC_PROFILE\0")) parts.push(content);
  }
  parts.sort((one, other) => one[12] - other[12]);
  const profile = parts[0]?.[13] === parts.length ? joined(parts.map((each) => each.subarray(14))) : nothing;
  return { orientation: orientationOf(exif, xmp), profile };
}

function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const each of parts) {
    all.set(each, at);
    at += each.length;
  }
  return all;
}

/** What a browser would turn or colour in its own way: taken out of a PNG, and told apart. `bytes`: the file without it. */
async function withoutPngMetadata(bytes) {
  let [exif, profile] = [nothing, nothing];
  const kept = [bytes.subarray(0, 8)];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = viewOf(bytes).getUint32(at);
    const kind = ascii(bytes.subarray(at + 4, at + 8));
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (kind === "eXIf") exif = content;
    else if (kind === "iCCP") profile = await unpackedProfile(content);
    else if (!["gAMA", "cHRM", "sRGB", "cICP"].includes(kind)) kept.push(bytes.subarray(at, at + 12 + length));
    at += 12 + length;
  }
  const isGrey = !(bytes[25] & 2); // the colour type: 2 is colour
  return { bytes: joined(kept), orientation: orientationOf(exif, nothing), profile, isGrey };
}

/** The profile of an iCCP chunk: a name, a zero, how it is packed, and then zlib's. */
async function unpackedProfile(content) {
  const stream = new Blob([content.subarray(content.indexOf(0) + 2)]).stream().pipeThrough(new DecompressionStream("deflate"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    return nothing; // damaged
  }
}

/** As `withoutPngMetadata`, of a WebP: what is taken out gets a name that nobody reads. */
function withoutWebpMetadata(bytes) {
  const made = bytes.slice();
  const found = { EXIF: nothing, ICCP: nothing, "XMP ": nothing };
  for (let at = 12; at + 8 <= made.length; ) {
    const kind = ascii(made.subarray(at, at + 4));
    const length = viewOf(made).getUint32(at + 4, true);
    if (kind in found) {
      found[kind] = bytes.subarray(at + 8, at + 8 + length);
      made.fill(0x58, at, at + 4);
    }
    if (kind === "VP8X") made[at + 8] &= ~0x2c; // it says that ICC, EXIF and XMP are there
    at += 8 + length + (length % 2);
  }
  const exif = ascii(found.EXIF.subarray(0, 6)) === "Exif\0\0" ? found.EXIF.subarray(6) : found.EXIF;
  return { bytes: made, orientation: orientationOf(exif, found["XMP "]), profile: found.ICCP, isGrey: false };
}
