/* Which of the chosen files are no photos, told at once: by their first bytes, and by decoding what a browser can decode.

   The server decides in the end (tlcore/data/refusals.py); what only it can tell (TIFF, zips, very large files) is left to it. */

const CHECKS_AT_ONCE = 2;
const MOST_CHECKED_BYTES = 40_000_000;
const PATIENT = 60; // files that are decoded while photos are on their way; the rest when these have arrived

/* Why a file is not sent, by the keys that the server knows (BROWSER_REASONS in tlcore/data/report.py). */
const UNSENT = {
  empty: "is empty",
  not_picture: "is not a picture",
  video: "is a video",
  damaged: "is damaged or incomplete",
};

const PICTURES = new Set(["heic", "heix", "hevc", "heim", "heis", "mif1", "msf1", "avif", "avis"]); // brands of a box file
const DECODED = ["\xff\xd8\xff", "\x89PNG", "GIF8", "RIFF", "BM"];
const LEFT_TO_SERVER = ["II*\0", "MM\0*", "II+\0", "MM\0+", "PK\x03\x04", "PK\x05\x06"];

/** Why a file can be no photo, a key of UNSENT; "" where it can be one. `null`: only decoding it tells. */
async function fromBeginning(file) {
  if (!file.size) return "empty";
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 16).arrayBuffer()));
  if (LEFT_TO_SERVER.some((start) => head.startsWith(start))) return "";
  if (DECODED.some((start) => head.startsWith(start))) return file.size > MOST_CHECKED_BYTES ? "" : null;
  if (head.slice(4, 8) !== "ftyp") return "not_picture";
  return PICTURES.has(head.slice(8, 12)) ? "" : "video"; // few browsers know the former
}

async function fromDecoding(file) {
  try {
    (await createImageBitmap(file, { resizeWidth: 16 })).close();
    return "";
  } catch (error) {
    return error.name === "InvalidStateError" ? "damaged" : ""; // else it is the browser that failed
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

/** Checks files in the background. `refuse(item, why)` is called for each that is no photo, with a key of UNSENT; `isBusy`: whether photos are
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
      const why = await fromBeginning(item.file).catch(() => ""); // unreadable: sending it will say so
      if (why) this.refuse(item, why);
      else if (why === null) open.push(item);
    }
    for (const item of open) {
      this.number += 1;
      const waits = this.number > PATIENT;
      this.inTurn(() => this.decode(item, waits));
    }
  }

  async decode(item, waits) {
    while (waits && this.isBusy() && item.state !== "removed") await pause(250);
    const why = item.state === "removed" ? "" : await fromDecoding(item.file);
    if (why) this.refuse(item, why);
  }
}
