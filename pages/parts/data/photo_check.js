/* Which of the chosen files are no photos, told at once: by their first bytes, and by decoding what a browser can decode.

   The server decides in the end (tlcore/data/refusals.py); what only it can tell (TIFF, zips, very large files) is left to it. */

const CHECKS_AT_ONCE = 2;
const MOST_CHECKED_BYTES = 40_000_000;
const PATIENT = 60; // files that are decoded while photos are on their way; the rest when these have arrived

const HEIF = new Set(["heic", "heix", "hevc", "heim", "heis", "mif1", "msf1"]);
const DECODED = ["\xff\xd8\xff", "\x89PNG", "GIF8", "RIFF", "BM"];
const LEFT_TO_SERVER = ["II*\0", "MM\0*", "II+\0", "MM\0+", "PK\x03\x04", "PK\x05\x06"];

/** Why a file can be no photo, to follow its name; "" where it can be one. `null`: only decoding it tells. */
async function fromBeginning(file) {
  if (!file.size) return "is empty";
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 16).arrayBuffer()));
  if (LEFT_TO_SERVER.some((start) => head.startsWith(start))) return "";
  if (DECODED.some((start) => head.startsWith(start))) return file.size > MOST_CHECKED_BYTES ? "" : null;
  if (head.slice(4, 8) !== "ftyp") return "is not a picture";
  const brand = head.slice(8, 12);
  if (HEIF.has(brand)) return "is a HEIC photo, which isn’t supported; save it as JPEG";
  return brand.startsWith("avi") ? "is an AVIF picture, which isn’t supported; save it as JPEG" : "is a video, not a picture";
}

async function fromDecoding(file) {
  try {
    (await createImageBitmap(file, { resizeWidth: 16 })).close();
    return "";
  } catch (error) {
    return error.name === "InvalidStateError" ? "is damaged or incomplete" : ""; // else it is the browser that failed
  }
}

/** Lets so many at a time do their work; the others wait in line. */
function limited(most) {
  const line = [];
  let working = 0;
  const next = () => {
    if (working >= most || !line.length) return;
    working += 1;
    const { work, done } = line.shift();
    work().then(done, () => done()).finally(() => {
      working -= 1;
      next();
    });
  };
  return (work) => new Promise((done) => {
    line.push({ work, done });
    next();
  });
}

/** Checks files in the background. `refuse(item, reason)` is called for each that is no photo; `isBusy`: whether photos are
    on their way. */
class PhotoCheck {
  constructor(isBusy, refuse) {
    this.isBusy = isBusy;
    this.refuse = refuse;
    this.inTurn = limited(CHECKS_AT_ONCE);
    this.number = 0;
  }

  async add(items) {
    const open = [];
    for (const item of items) {
      const reason = await fromBeginning(item.file).catch(() => ""); // unreadable: sending it will say so
      if (reason) this.refuse(item, reason);
      else if (reason === null) open.push(item);
    }
    for (const item of open) {
      this.number += 1;
      const waits = this.number > PATIENT;
      this.inTurn(() => this.decode(item, waits));
    }
  }

  async decode(item, waits) {
    while (waits && this.isBusy() && item.state !== "removed") await pause(250);
    const reason = item.state === "removed" ? "" : await fromDecoding(item.file);
    if (reason) this.refuse(item, reason);
  }
}
