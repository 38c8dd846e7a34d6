"""Exports for object detection: COCO, YOLO and Pascal VOC. Where every photo shows one class of object, its label.

Nothing in them is followed: no entities of XML, no tags of YAML, no path outside the photos.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from tlcore.data.photo_index import PhotoIndex
from tlcore.data.placed import SourceFile
from tlcore.data.text_files import MAX_SMALL_BYTES, Read, read_texts

KINDS = {"coco": "COCO", "yolo": "YOLO", "voc": "Pascal VOC"}
"""The exports, by the keys of their layouts."""

_NAME_FILES = ("classes.txt", "obj.names", "_darknet.labels", "classes.names", "predefined_classes.txt", "labels.txt")
_MOST_ANNOTATIONS = 5_000_000


@dataclass
class Annotations:
    """What an export says: the classes of the objects on each photo, by the photo's number.

    `kind`: of `KINDS`; `file`: what it was read from; `objects`: empty of a photo without objects; `used`: its files.
    """

    kind: str
    file: str
    objects: dict[int, set[str]] = field(default_factory=dict)
    used: set[tuple[str, ...]] = field(default_factory=set)

    @property
    def num_mixed(self) -> int:
        """Photos with objects of several classes."""
        return sum(len(each) > 1 for each in self.objects.values())

    @property
    def labels(self) -> dict[int, str]:
        """The class of each photo that shows objects of one class."""
        return {number: next(iter(each)) for number, each in self.objects.items() if len(each) == 1}


def read_coco(files: Sequence[tuple[tuple[str, ...], Any]], index: PhotoIndex) -> Annotations | None:
    """All COCO files among the JSON files together; None where none is one. `files`: path and values of each."""
    found: Annotations | None = None
    for parts, values in files:
        if not _is_coco(values):
            continue
        found = found or Annotations("coco", "/".join(parts))
        found.used.add(parts)
        names = {each.get("id"): str(each.get("name")) for each in values["categories"] if isinstance(each, dict)}
        shown: dict[Any, set[str]] = defaultdict(set)
        for each in values["annotations"][:_MOST_ANNOTATIONS]:
            if isinstance(each, dict) and _is_key(each.get("image_id")) and each.get("category_id") in names:
                shown[each["image_id"]].add(names[each["category_id"]])
        for each in values["images"]:
            if not isinstance(each, dict) or not isinstance(each.get("file_name"), str):
                continue
            numbers = index.find(each["file_name"])
            near = [number for number in numbers if index.paths[number][: len(parts) - 1] == parts[:-1]] or numbers
            for number in near if _is_key(each.get("id")) else ():
                found.objects.setdefault(number, set()).update(shown.get(each["id"], ()))
    return found if found is not None and found.objects else None


def _is_coco(values: Any) -> bool:
    return (
        isinstance(values, dict)
        and all(isinstance(values.get(name), list) for name in ("images", "annotations", "categories"))
        and all(_is_key(each.get("id")) for each in values["categories"] if isinstance(each, dict))
    )


def _is_key(value: Any) -> bool:
    return isinstance(value, int | str)


def read_voc(files: Sequence[SourceFile], read: Read, index: PhotoIndex) -> Annotations | None:
    """Pascal VOC: an XML file a photo, of the same name; None where there are none."""
    wanted = [file for file in files if file.parts[-1].casefold().endswith(".xml")]
    found = Annotations("voc", "")
    for file, text in read_texts(read, wanted, MAX_SMALL_BYTES):
        root = _parse_xml(text) if text else None
        if root is None or root.tag != "annotation":
            continue
        numbers = index.find(file.parts[-1].rpartition(".")[0]) or index.find(root.findtext("filename") or "")
        if len(numbers) == 1:
            names = {name.strip() for each in root.findall("object") if (name := each.findtext("name"))}
            found.objects.setdefault(numbers[0], set()).update(names)
            found.used.add(file.parts)
            found.file = found.file or "/".join(file.parts)
    return found if found.objects else None


def _parse_xml(text: str) -> ElementTree.Element | None:
    """The root of an XML text; None where it is none, or defines a document type: that is how XML takes memory."""
    if re.search(r"<!\s*(doctype|entity)", text, re.IGNORECASE):
        return None
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, RecursionError):
        return None


def read_yolo(files: Sequence[SourceFile], read: Read, index: PhotoIndex) -> Annotations | None:
    """YOLO: a text a photo, of the same name, beside it or in a folder labels; None where there are none."""
    texts = [file for file in files if file.parts[-1].casefold().endswith(".txt")]
    by_stem = {(*parts[:-1], parts[-1].rpartition(".")[0]): number for number, parts in enumerate(index.paths)}
    pairs = [(file, number) for file in texts if (number := _photo_of(file.parts, by_stem)) is not None]
    if not pairs:
        return None
    names, names_file = _yolo_names(files, read)
    found = Annotations("yolo", "/".join(pairs[0][0].parts), used={names_file} if names_file else set())
    numbers = {file.parts: number for file, number in pairs}
    for file, text in read_texts(read, [file for file, _ in pairs], MAX_SMALL_BYTES):
        lines = [line for line in (text or "").splitlines() if line.strip()]
        if text is not None and all(map(_is_box, lines)):
            classes = {int(line.split()[0][:6]) for line in lines}
            found.objects[numbers[file.parts]] = {names.get(each, f"class {each}") for each in classes}
            found.used.add(file.parts)
    return found if any(found.objects.values()) else None


def _is_box(line: str) -> bool:
    """Whether a line is a class's number and the place of an object."""
    number, *place = line.split()
    try:
        return number.isdecimal() and len(place) >= 4 and all(map(math.isfinite, map(float, place)))
    except ValueError:
        return False


def _photo_of(parts: tuple[str, ...], by_stem: dict[tuple[str, ...], int]) -> int | None:
    """The photo of an annotation: beside it, or in the folder images where this one lies in labels."""
    stem = (*parts[:-1], parts[-1].rpartition(".")[0])
    swapped = tuple("images" if part.casefold() == "labels" else part for part in stem)
    return by_stem.get(stem, by_stem.get(swapped))


def _yolo_names(files: Sequence[SourceFile], read: Read) -> tuple[dict[int, str], tuple[str, ...] | None]:
    """The names of the classes by their number, of a classes.txt or a data.yaml, and its path."""
    wanted = [
        file
        for file in files
        if file.parts[-1].casefold() in _NAME_FILES or file.parts[-1].casefold().endswith((".yaml", ".yml"))
    ]
    for file, text in read_texts(read, wanted, MAX_SMALL_BYTES):
        if not text:
            continue
        is_yaml = file.parts[-1].casefold().endswith((".yaml", ".yml"))
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        names = dict(_names_of_yaml(text)) if is_yaml else dict(enumerate(lines))
        if names:
            return names, file.parts
    return {}, None


def _names_of_yaml(text: str) -> Iterator[tuple[int, str]]:
    """The `names` of a data.yaml: a list in one line, a list of lines, or numbers with names. The rest is not read."""
    found = re.search(r"^names\s*:[ \t]*(.*)$((?:\n[ \t-].*|\n)*)", text, re.MULTILINE)
    if found is None:
        return
    line, block = found[1].strip(), found[2]
    if line.startswith(("[", "{")):
        inner = text[found.start(1) :].partition("]" if line.startswith("[") else "}")[0][1:]
        entries = [each.strip() for each in inner.split(",") if each.strip()]
    else:
        entries = [each.strip().removeprefix("-").strip() for each in block.splitlines() if each.strip()]
    for number, entry in enumerate(entries):
        numbered = re.fullmatch(r"(\d{1,6})\s*:\s*(.*)", entry)
        name = (numbered[2] if numbered else entry).strip().strip("\"'")
        yield (int(numbered[1]) if numbered else number), name
