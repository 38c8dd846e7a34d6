/* What an archive is by its first bytes, whatever it is called: as in tlcore/data/archive_kinds.py. */

const HEAD_BYTES = 512;
const TAKEN = ["PK\x03\x04", "PK\x05\x06", "PK\x07\x08", "\x1f\x8b", "BZh", "\xfd7zXZ\0"];
const NOT_TAKEN = ["7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07", "\x28\xb5\x2f\xfd", "MSCF\0\0\0\0", "StuffIt", "SIT!"];
const LHA = /^..-lh[0-9a-z]-/s;
const SNIFFED_AT_ONCE = 40;

/** The first bytes of a file, each as one character. */
const headOf = async (file) => String.fromCharCode(...new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));

/** "taken", "other" for a kind that is known and not opened, "" for no archive. */
function archiveKind(head) {
  if (TAKEN.some((start) => head.startsWith(start)) || isTar(head)) return "taken";
  return NOT_TAKEN.some((start) => head.startsWith(start)) || LHA.test(head) ? "other" : "";
}

/** Whether this is a header of a tar: its checksum fits. */
function isTar(head) {
  if (head.length < HEAD_BYTES || head[0] === "\0") return false;
  const claimed = parseInt(head.slice(148, 156).replace(/^[\0 ]+/, ""), 8);
  let sum = 8 * 32;
  for (let place = 0; place < HEAD_BYTES; place += 1) if (place < 148 || place >= 156) sum += head.charCodeAt(place);
  return claimed === sum;
}

/** The kind of each of the files of which it matters where they go: of all in no folder, and of those whose ending is that
    of no photo. Sets their `kind`; unreadable ones have none. */
async function findArchives(chosen) {
  const open = chosen.filter(({ path, kind }) => kind === undefined && (!path.includes("/") || !PHOTO.test(path)));
  for (let start = 0; start < open.length; start += SNIFFED_AT_ONCE) {
    const some = open.slice(start, start + SNIFFED_AT_ONCE);
    await Promise.all(some.map(async (each) => {
      each.kind = await headOf(each.file).then(archiveKind, () => "");
    }));
  }
}
