"""Classes from the names of files: cat.0.jpg, bulldog_12.jpg, great_pyrenees_173.jpg, 0001-dog.png. Opens no file."""

import re
from collections import Counter
from collections.abc import Sequence

from tlcore.data.folder_names import PARTS

MOST_SHARE = 0.8
"""So many of the photos have to follow the pattern, all in all; else the names say nothing."""
LEAST_PHOTOS = 2
"""Photos that a class has on average at least: names that are different each are no classes."""

_GENERIC = frozenset(
    "img imgs image images photo photos pic pics picture pictures bild foto fotos dsc dscn dscf dscc pxl gopr gx mvimg "
    "cimg sam p pano burst vid video frame frames screenshot screen shot scan scans file files sample samples snapshot "
    "capture webcam cam camera whatsapp signal fb facebook instagram received telegram wa at unnamed untitled download "
    "downloads copy kopie page seq sequence data dataset input output jpg jpeg png item object index id no nr number n "
    "u crop cropped resized aug augmented rotated flip flipped final edit edited".split()
)
"""Words that cameras, phones and programs put into names."""

_EXPORTED = re.compile(r"[_.-](?:jpe?g|png|bmp|webp|tiff?)\.rf\.[0-9a-f]{6,}$", re.IGNORECASE)  # Roboflow's
_WORD = re.compile(r"[^\W_]+")
_SYNSET = re.compile(r"n\d{8}")
_LONGEST = 255


def label_in_name(name: str) -> str | None:
    """The class that a file's name begins or ends with, next to a number; None where there is none."""
    if len(name) > _LONGEST:
        return None
    stem = _EXPORTED.sub("", name.rpartition(".")[0] or name)
    words = [(found[0], found.start(), found.end()) for found in _WORD.finditer(stem)]
    if words and (found := _SYNSET.match(words[0][0])):
        return found[0]
    if len(words) == 1:
        return _before_number(words[0][0])
    runs: list[list[tuple[str, int, int]]] = [[]]
    for word in words:
        if is_number(word[0]) or word[0].casefold() in PARTS:
            runs.append([])
        else:
            runs[-1].append(word)
    meaning = [run for run in runs if not all(is_generic(word) for word, _, _ in run)]
    if len(runs) == 1 or len(meaning) != 1 or any(is_code(word) for word, _, _ in meaning[0]):
        return None
    return stem[meaning[0][0][1] : meaning[0][-1][2]]


def labels_in_names(names: Sequence[str]) -> list[str | None] | None:
    """The class of each photo by its file's name; None where the names follow no pattern.

    Args:
        names: of the photos that are to have a class, without folders.
    """
    labels = [label_in_name(name) for name in names]
    counts = Counter(label for label in labels if label is not None)
    found = sum(counts.values())
    often = sum(1 for count in counts.values() if count >= LEAST_PHOTOS)
    if not names or found < MOST_SHARE * len(names) or len(counts) * LEAST_PHOTOS > found or 2 * often < len(counts):
        return None
    return labels


def _before_number(word: str) -> str | None:
    """The letters before the digits of a single word: cat001 → cat."""
    found = re.fullmatch(r"([^\W\d_]{2,})\d+", word)
    return found[1] if found and not is_generic(found[1]) else None


def words_in(name: str) -> list[str]:
    """The words and numbers of a file's name, without its ending; none of a name that is too long for a file."""
    if len(name) > _LONGEST:
        return []
    return _WORD.findall(_EXPORTED.sub("", name.rpartition(".")[0] or name))


def is_number(word: str) -> bool:
    """Whether a word only counts or measures: 12, 640x480, v2, 3b."""
    return word.isdigit() or bool(re.fullmatch(r"\d+x\d+|v\d+|\d+[a-z]", word.casefold()))


def is_generic(word: str) -> bool:
    """Whether a word comes from a camera or a program: IMG, copy."""
    return word.casefold().rstrip("0123456789") in _GENERIC


def is_code(word: str) -> bool:
    """Whether a word is a hash or an id, not a name: letters and digits change places more than once."""
    kinds = [each.isdigit() for each in word]
    return sum(one != other for one, other in zip(kinds, kinds[1:])) > 1
