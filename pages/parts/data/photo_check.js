/* Which of the chosen files are no photos, told at once: by their first bytes, and by decoding what a browser can decode.

   The server decides in the end (tlcore/data/refusals.py); what only it can tell (TIFF, PPM, very large files) is left to it. */

const CHECKS_AT_ONCE = 2;
const MOST_CHECKED_BYTES = 40_000_000;
const PATIENT = 60; // files that are decoded while photos are on their way; the rest when these have arrived

/* Why a file is not sent, by the keys that the server knows (BROWSER_REASONS in tlcore/data/report.py). */
const UNSENT = {
  empty: "is empty",
  not_picture: "is not a picture",
  video: "is a video",
  damaged: "is damaged or incomplete",
  nested: "is an archive inside a folder; unpack it first, or add it on its own",
  packed: "is an archive of a kind that can’t be opened here; unpack it and add the folder, or make a zip",
};

const PICTURES = new Set(["heic", "heix", "hevc", "heim", "heis", "mif1", "msf1", "hevx", "avif", "avis", "crx "]); // brands
const DECODED = ["\xff\xd8\xff", "\x89PNG", "GIF8", "RIFF", "BM"];
const TIFF = ["II*\0", "MM\0*", "II+\0", "MM\0+"];
const NAMED_BY_SERVER = ["\xff\x0a", "\0\0\0\x0cJXL ", "\0\0\0\x0cjP  ", "8BPS", "II", "MMOR", "FUJIFILM", "FOVb", "\0MRM"]; // pictures that it refuses by name
const RAW = ["FUJIFILMCCD-RAW", "IIRO", "IIRS", "MMOR", "IIU\0", "II\x1a\0", "IIII", "FOVb", "\0MRM"]; // likewise, of cameras
const LEFT_TO_SERVER = [...TIFF, ...NAMED_BY_SERVER, ...RAW];
const NETPBM = /^P[1-7f]\s/;

/** Why a file can be no photo, a key of UNSENT; "" where it can be one. `null`: only decoding it tells. `isInside`: it came in
    a folder, where an archive is left out; one that lies in no folder the server unpacks. */
async function fromBeginning(file, isInside) {
  if (!file.size) return "empty";
  const head = await headOf(file);
  const kind = archiveKind(head);
  if (kind) return isInside ? "nested" : kind === "other" ? "packed" : "";
  if (LEFT_TO_SERVER.some((start) => head.startsWith(start)) || NETPBM.test(head)) return "";
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
      const why = await fromBeginning(item.file, item.name.includes("/")).catch(() => ""); // unreadable: sending it will say so
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
