/* Photos from wherever they come: dropped files and folders, and why one can't be opened. */

/** All files that were dropped, those in dropped folders too. Asks for the entries at once: later the browser has none. */
async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.kind === "file" && item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const files = [];
  for (const entry of entries) await addFiles(entry, files);
  return files;
}

async function addFiles(entry, files) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    if (!file.name.startsWith(".") && file.name !== "Thumbs.db") files.push(file); // what systems put into folders
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed)); // at most 100 at a time
    if (!some.length) return;
    for (const each of some.sort((one, other) => one.name.localeCompare(other.name))) await addFiles(each, files);
  }
}

/** Why a file could not be opened, and what to do. */
async function reasonFor(file) {
  if (!file.size) return "The file is empty. Copy it again.";
  let start;
  try {
    start = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  } catch {
    return "The file can’t be read. Is the stick still there?";
  }
  if (/^.{4}ftyp(?:hei|hev|mif|msf)/s.test(start)) {
    return "It’s a HEIC photo, as iPhones take them, and this browser can’t open those. Save it as JPEG, or open this page in Safari.";
  }
  if (/^(?:II\*\0|MM\0\*)/.test(start)) return "It’s a TIFF picture, and browsers can’t open those. Save it as JPEG or PNG.";
  if (/^(?:\xff\xd8|\x89PNG|GIF8|BM|RIFF)/.test(start)) return "It’s damaged, or wasn’t copied whole. Copy it again, or use another photo.";
  return "This browser can’t open it as a photo. Use a JPEG or PNG.";
}
