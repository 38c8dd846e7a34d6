/* What is chosen or dropped: the files of inputs and of dropped folders, and which class each of them belongs to. */

const JUNK = new Set(["__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db", "$recycle.bin", "@eadir"]);
const LEFT_BEHIND = /^\._|^\.(git|svn|hg|idea|vscode|venv|cache|ipynb_checkpoints|thumbnails|trashe?s?|appledouble|picasaoriginals)$/i;
const PARTS = /^([a-z]+[_-])?(train|val|valid|dev|eval|test)(ing|idation|uation)?([_-]?(set|data|images|photos|samples))?[_-]?\d*$/i;
const LABELS = /\.(csv|tsv|json|jsonl|xml|ya?ml|xlsx|names)$|(^|\/)[^/]*(label|class|annot)[^/]*\.txt$/i; // files with labels
const PHOTO = /\.(jpe?g|jpe|jfif|png|webp|bmp|dib|tiff?|gif|heic|heif|avif|svg|p[bfgnp]m|dng|cr[23w]|nef|arw|orf|rw2|raf|pef|srw)$/i;
const MOST_CARDS = 40; // class folders that become cards; of more, the server makes the classes

const isJunk = (path) => path.split("/").some((part) => part.startsWith(".") || JUNK.has(part.toLowerCase()));

/** Whether junk may be a person's photo: it, or a folder around it, only begins with a dot. Most of what computers leave
    behind begins with "._", or lies in a folder of which one knows the name. */
const isHidden = (path) => PHOTO.test(path) && !path.split("/").some((part) => LEFT_BEHIND.test(part) || JUNK.has(part.toLowerCase()));

/** Whether it is an archive inside a folder, which nobody unpacks. */
const isNested = ({ path, kind }) => Boolean(kind) && path.includes("/");

const ofInput = (input) => [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));

/** The files of what was dropped, those in folders included: [{file, path}]. */
async function ofDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const found = [];
  const visit = async (entry) => {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      found.push({ file, path: entry.fullPath.replace(/^\//, "") });
      return;
    }
    const reader = entry.createReader();
    const some = () => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    for (let batch = await some(); batch.length; batch = await some()) await Promise.all(batch.map(visit));
  };
  for (const entry of entries) await visit(entry);
  return found;
}

/** The folders around all class folders, which name no class. */
function wrapping(paths) {
  const prefix = [];
  for (;;) {
    const depth = prefix.length;
    const tops = new Set(paths.map((path) => path[depth]));
    const below = new Set(paths.filter((path) => path.length > depth + 2).map((path) => path[depth + 1]));
    const isClass = paths.some((path) => path.length === depth + 2) && below.size < 2; // else photos lie beside classes
    if (tops.size !== 1 || isClass || paths.some((path) => path.length < depth + 2)) return prefix;
    prefix.push(paths[0][depth]);
  }
}

/** Whether the folders of photos can only be class folders; where they may be anything else, the server reads them, which
    asks. `parts`: of the path of each file; `depth`: how many folders lie around the classes. */
function isClear(parts, depth, names) {
  if (names.some((name) => PARTS.test(name)) || names.length > MOST_CARDS) return false;
  if (parts.some((each) => PHOTO.test(each.at(-1)) && each.length > depth + 2)) return false;
  const stems = new Set(parts.filter((each) => PHOTO.test(each.at(-1))).map((each) => each.at(-1).replace(/\.\w+$/, "")));
  const isBeside = (name) => /\.txt$/i.test(name) && stems.has(name.replace(/\.txt$/i, ""));
  return !parts.some((each) => LABELS.test(each.join("/")) || isBeside(each.at(-1)));
}

/** Files by class: {classes: Map of name → files, loose: files in no folder, whole: files whose folders the server reads
    (archives; folders that are not clear), folder: the name of the folder around the classes, or ""}. */
function sorted(chosen) {
  const archives = chosen.filter(({ kind }) => kind);
  const rest = chosen.filter(({ kind }) => !kind);
  const loose = rest.filter(({ path }) => !path.includes("/"));
  const inside = rest.filter(({ path }) => path.includes("/")).map((each) => ({ ...each, parts: each.path.split("/") }));
  if (!inside.length) return { classes: new Map(), loose, whole: archives, folder: "" };
  const photos = inside.filter(({ path }) => PHOTO.test(path));
  const prefix = wrapping((photos.length ? photos : inside).map(({ parts }) => parts));
  const classes = new Map();
  for (const each of inside) {
    const name = each.parts[prefix.length];
    if (each.parts.length < prefix.length + 2 || prefix.some((part, place) => part !== each.parts[place])) loose.push(each);
    else if (classes.has(name)) classes.get(name).push(each);
    else classes.set(name, [each]);
  }
  const folder = prefix.at(-1) ?? "";
  const clear = isClear(inside.map(({ parts }) => parts), prefix.length, [...classes.keys()]);
  if (!clear) return { classes: new Map(), loose: rest.filter(({ path }) => !path.includes("/")), whole: [...archives, ...inside], folder };
  return { classes, loose, whole: archives, folder };
}

