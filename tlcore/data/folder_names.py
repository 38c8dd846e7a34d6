"""What a folder's name says of what is in it: a part of the photos, their storage, their annotations; never a class."""

import re
from collections.abc import Collection
from functools import lru_cache

PARTS = {
    "train": "train",
    "training": "train",
    "trn": "train",
    "trainval": "train",
    "trainset": "train",
    "trainingset": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "validate": "validation",
    "validating": "validation",
    "valset": "validation",
    "dev": "validation",
    "devel": "validation",
    "eval": "validation",
    "evaluation": "validation",
    "test": "test",
    "tests": "test",
    "testing": "test",
    "testset": "test",
    "tst": "test",
    "holdout": "test",
    "trainingsdaten": "train",
    "validierung": "validation",
    "testdaten": "test",
    "entrainement": "train",
    "entraînement": "train",
    "entrenamiento": "train",
    "prueba": "test",
}
"""The words that name a part."""
_EVALUATIONS = frozenset(("eval", "evaluation"))
_HOLD_OUT = re.compile(r"hold[\W_]out", re.IGNORECASE)

MOST_PARTS = 30
"""Folders side by side that may all be parts; of more, classes may have the word of one by chance."""

_STORAGE = frozenset(
    "image images img imgs jpegimages photo photos picture pictures pics pic jpg jpeg jpegs png pngs data dataset "
    "datasets database files file raw all input inputs resized cropped crop crops original originals".split()
)
_NUMBERED = frozenset("part batch chunk shard fold folder set vol volume disk disc subset group split".split())
_AROUND_A_PART = _STORAGE | frozenset(
    "set sets dir folder split part seg the my of x final small full new aug augmented augmentation sample samples "
    "class classes labelled labeled unlabelled unlabeled subset batch".split()
)
_UNLABELLED = frozenset("pred predict prediction predictions unlabelled unlabeled unlabel submission".split())
_ANNOTATIONS = frozenset(
    "annotation annotations annots label labels mask masks trimap trimaps segmentation segmentations "
    "segmentationclass segmentationobject groundtruth gt xml xmls bbox bboxes".split()
)
_KIND_OF_MASK = frozenset("class object instance semantic".split())
_BESIDE = frozenset(
    "doc docs documentation document readme readmes figure figures figs asset assets screenshot screenshots preview "
    "previews example examples demo paper papers meta metadata script scripts notebook notebooks src code icon icons "
    "logo logos thumbnail thumbnails thumbs misc static".split()
)


@lru_cache(maxsize=4_096)
def words_of(name: str) -> tuple[str, ...]:
    """The words and numbers of a name in lower case: "TRAIN_DATA2" → train, data, 2."""
    spaced = re.sub(r"(?<=[a-zäöü])(?=[A-ZÄÖÜ])", " ", _HOLD_OUT.sub("holdout", name))
    return tuple(re.findall(r"[^\W\d_]+|\d+", spaced.casefold()))


def part_of(name: str, siblings: Collection[str] = ()) -> str | None:
    """The part that a folder holds, "train", "validation" or "test"; None where its name says of none.

    Args:
        siblings: the folders beside it. What all parts have in common may be anything: asl_train and asl_test.
    """
    part, rest = _split(name)
    if part is None:
        return None
    if all(word in _AROUND_A_PART or word.isdigit() for word in rest):
        return part
    if len(siblings) > MOST_PARTS:
        return None
    same = (_split(each) for each in siblings if each != name)
    return part if any(other not in (None, part) and words == rest for other, words in same) else None


def parts_of(names: Collection[str]) -> dict[str, str]:
    """The parts among folders side by side. Beside a validation part, an evaluation is the test."""
    parts = {name: part for name in names if (part := part_of(name, names))}
    evaluations = [name for name in parts if _EVALUATIONS & set(words_of(name))]
    rest = {part for name, part in parts.items() if name not in evaluations}
    if "validation" in rest and "test" not in rest:
        parts |= dict.fromkeys(evaluations, "test")
    return parts


def label_beside_part(name: str) -> str:
    """What a folder's name says besides the part, as a class: cats of train_cats, A of trainA; "" for nothing."""
    words = re.findall(r"[^\W\d_]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    return "_".join(word for word in words if word.casefold() not in PARTS and word.casefold() not in _AROUND_A_PART)


def mentions_part(name: str) -> bool:
    """Whether any word of a name is that of a part, as in test-multiple-fruits."""
    return any(word in PARTS for word in words_of(name))


def is_storage(name: str) -> bool:
    """Whether a name says only that photos lie here: images, raw_data, jpg."""
    words = words_of(name)
    return bool(words) and all(word in _STORAGE or word.isdigit() for word in words) and not name.isdigit()


def is_numbered(names: Collection[str]) -> bool:
    """Whether folders are one store in pieces: images_part_1 and images_part_2, batch1 and batch2."""
    stems = {tuple(word for word in words_of(name) if not word.isdigit()) for name in names}
    return len(names) > 1 and len(stems) == 1 and bool((_NUMBERED | _STORAGE) & set(next(iter(stems))))


def is_unlabelled(name: str) -> bool:
    """Whether a name says that its photos have no classes: seg_pred, unlabelled."""
    return any(word in _UNLABELLED for word in words_of(name))


def is_annotations(name: str) -> bool:
    """Whether a name is that of masks and the like, which may be pictures too."""
    words = words_of(name)
    return (
        bool(words)
        and all(word in _ANNOTATIONS | _KIND_OF_MASK | _STORAGE or word.isdigit() for word in words)
        and any(word in _ANNOTATIONS for word in words)
    )


def is_beside(name: str) -> bool:
    """Whether a name is that of a folder that comes along with photos: docs, figures, samples."""
    words = words_of(name)
    return (
        bool(words)
        and all(word in _BESIDE or word in _STORAGE or word.isdigit() for word in words)
        and any(word in _BESIDE for word in words)
    )


def _split(name: str) -> tuple[str | None, tuple[str, ...]]:
    """The part that a name speaks of, and its other words; None for no part, or for several that contradict."""
    words = words_of(name)
    parts = {PARTS[word] for word in words if word in PARTS}
    rest = tuple(word for word in words if word not in PARTS)
    if parts == {"train", "validation"}:
        return "train", rest  # train_val, which stands beside a test part
    return (parts.pop(), rest) if len(parts) == 1 else (None, rest)


def part_in(name: str) -> str | None:
    """The part that any word of a name speaks of, as in train_labels; None for none or several."""
    return _split(name)[0]
