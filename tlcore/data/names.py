"""Names that people and their computers give to files and classes, made fit to be shown. They never become paths."""

import re
import unicodedata
from pathlib import PurePosixPath

MAX_LABEL = 80
"""Characters of a class name; a longer one would fill every chart."""

_MAX_PART = 120
_JUNK = {"__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r", "$recycle.bin", "@eadir"}
_LEFT_BEHIND = frozenset(
    ".git .svn .hg .idea .vscode .venv .cache .ipynb_checkpoints .thumbnails .trash .trashes .fseventsd .ds_store "
    ".spotlight-v100 .appledouble .documentrevisions-v100 .temporaryitems .dropbox.cache .picasaoriginals".split()
)
HIDDEN = "is hidden: a name that begins with a dot is passed over"
"""The reason for a photo, or a folder, that a person may have hidden without knowing it."""

_PHOTO_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .bmp .dib .tif .tiff .gif .heic .heif .avif .svg .ppm .pgm .pbm .pnm .pfm "
    ".dng .cr2 .cr3 .crw .nef .arw .orf .rw2 .raf .pef .srw".split()
)
_PLAIN_TEXTS = frozenset(
    "readme license licence copying notice changelog changes authors contributors todo version makefile dockerfile "
    "labels classes citation credits install sha256sums md5sums".split()
)

_OTHER_SUFFIXES = frozenset(
    ".txt .csv .tsv .tab .json .jsonl .ndjson .xml .yaml .yml .toml .ini .cfg .md .rst .html .htm .css .js .py .pyc "
    ".ipynb .r .m .c .cpp .h .java .sh .bat .exe .dll .log .lst .names .data .lock .doc .docx .pdf .rtf .odt .ppt "
    ".pptx .xls .xlsx .ods .sql .db .sqlite .zip .rar .7z .tar .gz .tgz .bz2 .xz .mat .npy .npz .pkl .pickle .h5 .hdf5 "
    ".pt .pth .tflite .onnx .pb .ckpt .parquet .feather .arrow .tfrecord .record .mp4 .mov .avi .mkv .webm .mp3 .wav "
    ".m4a .url .lnk .labels .cache .crdownload .part .tmp .bak".split()
)


def is_junk(parts: tuple[str, ...]) -> bool:
    """Whether a file is one that a computer left behind (.DS_Store, Thumbs.db, anything hidden), not a person."""
    return any((part.startswith(".") and part != "..") or part.casefold() in _JUNK for part in parts)


def is_hidden_photo(parts: tuple[str, ...]) -> bool:
    """Whether a junk file may be a person's photo all the same: it, or a folder around it, only begins with a dot."""
    names = [part.casefold() for part in parts]
    is_left_behind = any(name.startswith("._") or name in _JUNK or name in _LEFT_BEHIND for name in names)
    return is_junk(parts) and not is_left_behind and has_photo_ending(names[-1])


def may_be_photo(name: str) -> bool:
    """Whether a file may be a photo by its name: its ending is none that says otherwise, and people write no file of
    that name. Only to recognise folders: the content decides.
    """
    suffix = _suffix(name)
    if suffix and not suffix[1:].isdecimal():
        return suffix not in _OTHER_SUFFIXES
    return name.casefold() not in _PLAIN_TEXTS


def _suffix(name: str) -> str:
    """The ending with its dot in lower case, as PurePath has it, which takes ten times as long."""
    stem, dot, ending = name.rpartition(".")
    return f".{ending.casefold()}" if dot and stem and ending else ""


def has_photo_ending(name: str) -> bool:
    """Whether a name ends like that of a picture."""
    suffix = _suffix(name)
    return suffix in _PHOTO_SUFFIXES or suffix.startswith((".jpg", ".jpeg", ".png"))  # ".jpg_large", ".jpg~"


def clean_text(text: str) -> str:
    """Readable text: composed Unicode (NFC), no control, direction or broken characters, single spaces."""
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    text = "".join(" " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character for character in text)
    text = "".join(character for character in text if character not in _DIRECTIONS)
    return re.sub(r"\s+", " ", text).strip()


_DIRECTIONS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def clean_label(text: str) -> str:
    """A class name as it is shown, at most `MAX_LABEL` characters."""
    return shorten(clean_text(text), MAX_LABEL) or "unnamed"


def clean_path(parts: tuple[str, ...]) -> str:
    """A file's relative path as it is shown: cleaned parts with `/` between them, very long ones shortened."""
    return "/".join(shorten(clean_text(part), _MAX_PART) or "unnamed" for part in parts)


def shorten(text: str, length: int) -> str:
    """`text`, or its beginning and its last ten characters (where a suffix stands) in `length` characters."""
    return text if len(text) <= length else f"{text[: length - 11]}…{text[-10:]}"


def make_unique(name: str, taken: dict[str, int]) -> str:
    """`name`, or with `(2)` before its suffix and so on when it is taken.

    Args:
        taken: names so far with the last number given to each; gets the answer. (A set would be searched from 2 on
            every time, which a zip of 100,000 equal names turns into hours.)
    """
    answer, suffix = name, PurePosixPath(name).suffix
    while answer in taken:
        taken[name] += 1
        answer = f"{name[: len(name) - len(suffix)]} ({taken[name]}){suffix}"
    taken[answer] = 1
    return answer


def slug(name: str) -> str:
    """The readable front of an id: a–z, 0–9 and hyphens, at most 24 characters."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:24].strip("-") or "dataset"
