"""The README that comes with a model: what it is, how good it is, how to use it, and whose work is in it.

It is made of `model.json`, which anybody may have written: what is missing or of another kind is left out.
"""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tlcore.data.wanted import REDUCING_GAP
from tlcore.errors import UserError
from tlcore.evaluation.cross_validation import parse_cross_validation
from tlcore.messages.cross_validation import (
    coverage_message,
    cross_validation_message,
    how_message,
    refit_message,
)
from tlcore.messages.quantities import count
from tlcore.messages.scores import score_message
from tlcore.models.registry import find_backbone

MOST_CLASSES = 200  # named; the others stand in labels.txt

PREPARING = {
    "center-crop": "ImageOps.fit(photo, ({size}, {size}), Image.Resampling.BILINEAR)",
    "squash": "photo.resize(({size}, {size}), Image.Resampling.BILINEAR)",
}
"""How a photo becomes square, by resize policy, in Pillow."""

POLICY_WORDS = {
    "center-crop": "the largest square in the middle of the photo, resized",
    "squash": "the whole photo, resized to a square",
}

USAGE = """## Use it in Python

With Transfer Lab (`pip install transferlab`):

```python
import tlcore

model = tlcore.load_model("{file}")
prediction = model.predict("photo.jpg")
print(prediction.label if prediction.known else "none of these", prediction.probability)
```

Without it (`pip install ai-edge-litert numpy pillow`), in the unzipped folder:

```python
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image, ImageOps

photo = Image.open("photo.jpg")
photo.draft(None, ({reduced}, {reduced}))  # a large JPEG is decoded smaller, as in training
photo = ImageOps.exif_transpose(photo).convert("RGB")
photo = {preparing}
classify = Interpreter("model.tflite").get_signature_runner("serving_default")
outputs = classify(image=np.asarray(photo, np.float32)[np.newaxis])
probabilities = outputs["probabilities"][0]
labels = open("labels.txt", encoding="utf-8").read().splitlines()
print(labels[probabilities.argmax()], probabilities.max())
```
{familiar}

Photos with a colour profile, transparent parts or more than 8 bits a channel need a little more: docs/run-format.md in
Transfer Lab has the whole recipe.
"""


FAMILIARITY = (
    "\n- Second output: `familiarity`, float32 (1, 1), 0–1: how similar the photo is to the training photos (cosine "
    "similarity to the nearest prototype)"
)

KNOWN = """
A photo that shows none of the classes is less similar to the training photos than nearly all photos of the classes:

```python
if outputs["familiarity"][0, 0] < {threshold:.4f}:
    print("none of these")
```
"""


def model_readme(info: Mapping[str, Any], labels: Sequence[str], file: str, with_keras: bool) -> str:
    """The README as Markdown.

    Args:
        info: the content of `model.json`, with an `input` that can be right. labels: in the order of the probabilities.
        file: what the zip or folder is called. with_keras: whether a `model.keras` is in it.
    """
    name = _text(info, "dataset", "name") or _text(info, "name") or "an image classifier"
    parts = [
        f"# {_plain(name)}: image classifier\n\n{_what(info, labels)}",
        _score(info),
        _cross_validation(info),
        _classes(labels),
        _input(info),
        _usage(info, file),
        _files(with_keras),
        _licences(info),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _what(info: Mapping[str, Any], labels: Sequence[str]) -> str:
    when = _date(_text(info, "created"))
    trained = f"It was trained with Transfer Lab{f' on {when}' if when else ''}."
    photos = _value(info, "dataset", "photos")
    number = photos.get("train") if isinstance(photos, Mapping) else None
    on = f" on {count(number, 'photo')}" if type(number) is int else ""
    return f"This model recognises {count(len(labels), 'class', 'classes')} of pictures. {trained[:-1]}{on}."


def _score(info: Mapping[str, Any]) -> str:
    try:
        test = info["test"]
        correct, total, (low, high) = int(test["correct"]), int(test["total"]), test["interval_95"]
        message = score_message(correct, total, float(low), float(high))
    except (LookupError, TypeError, ValueError):
        return ""
    if not total:
        return "## How good it is\n\nIt has not been tested yet."
    return (
        f"## How good it is\n\n{message}\n\n"
        f"Counted on {count(total, 'test photo')} that had not been used for training (test accuracy, 95% confidence "
        "interval). With another camera, or in another place, it may do worse: test it before you rely on it."
    )


def _cross_validation(info: Mapping[str, Any]) -> str:
    """The score with every photo tested once, and which photos the model learned from."""
    try:
        found = parse_cross_validation(info["cross_validation"], pd.DataFrame({"correct": [], "fold": []}))
        lines = [f"{cross_validation_message(found)}. {how_message(found)} {coverage_message(found)}"]
    except (LookupError, TypeError, ValueError):
        lines = []
    return "\n\n".join([*lines, *filter(None, [refit_message(info)])])


def _classes(labels: Sequence[str]) -> str:
    named = "\n".join(f"- {_plain(label)}" for label in labels[:MOST_CLASSES])
    rest = len(labels) - MOST_CLASSES
    return f"## Classes\n\n{named}" + (f"\n- and {rest:,} more, in labels.txt" if rest > 0 else "")


def _input(info: Mapping[str, Any]) -> str:
    size, policy = _value(info, "input", "size"), _text(info, "input", "resize")
    return (
        "## Input and output\n\n"
        f"- Input: `image`, float32 (1, {size}, {size}, 3), RGB, values 0–255 (the scaling is part of the model)\n"
        f"- Resizing: upright by its EXIF orientation, then {POLICY_WORDS.get(policy, policy)} to {size} × {size} "
        "pixels\n"
        "- Output: `probabilities`, float32 (1, classes), in the order of labels.txt"
        + ("" if _threshold(info) is None else FAMILIARITY)
    )


def _usage(info: Mapping[str, Any], file: str) -> str:
    threshold = _threshold(info)
    familiar = "" if threshold is None else KNOWN.format(threshold=threshold)
    return USAGE.format(file=file, preparing=_preparing(info), reduced=_reduced(info), familiar=familiar).rstrip()


def _threshold(info: Mapping[str, Any]) -> float | None:
    """The familiarity that a photo of the classes has; None where the model knows no other photos."""
    found = _value(info, "unknown", "threshold")
    return found if type(found) is float else None


def _preparing(info: Mapping[str, Any]) -> str:
    policy = _text(info, "input", "resize")
    return PREPARING.get(policy, PREPARING["squash"]).format(size=_value(info, "input", "size"))


def _reduced(info: Mapping[str, Any]) -> str:
    """Pixels down to which a JPEG may be decoded smaller."""
    size, version = _value(info, "input", "size"), _value(info, "input", "pixels")
    return str(size * REDUCING_GAP if type(size) is int and type(version) is int and version > 1 else size)


def _files(with_keras: bool) -> str:
    keras = "- `model.keras`: the same model for Keras, to continue with\n" if with_keras else ""
    return (
        "## Files\n\n"
        "- `model.tflite`: the model for LiteRT (TensorFlow Lite): Python, Android, iOS, Raspberry Pi\n"
        f"{keras}"
        "- `labels.txt`: the class names, one a line\n"
        "- `model.json`: everything about the training: settings, test results, versions, checksums"
    )


def _licences(info: Mapping[str, Any]) -> str:
    lines = []
    backbone, licence = _text(info, "backbone", "name"), _text(info, "backbone", "licence")
    if backbone:
        source = _text(info, "backbone", "source")
        under = f": {_plain(licence)}" if licence else ""
        lines.append(f"- Pretrained network {_title(backbone)}{under}{f' ({source})' if source else ''}")
    photos = _text(info, "dataset", "licence")
    kept = "This download contains none of your photos."
    lines.append(f"- Photos it was trained on: {_plain(photos)}. {kept}" if photos else f"- {kept}")
    return "## Licences\n\n" + "\n".join(lines)


def _title(backbone: str) -> str:
    try:
        return find_backbone(backbone).title
    except UserError:  # a network that another version knows
        return _plain(backbone)


def _date(created: str) -> str:
    """ "26 November 2026" of what model.json has; "" where it has something else."""
    try:
        moment = time.strptime(created, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return ""
    return f"{moment.tm_mday} {time.strftime('%B %Y', moment)}"


def _value(info: Mapping[str, Any], *path: str) -> Any:
    found: Any = info
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _text(info: Mapping[str, Any], *path: str) -> str:
    found = _value(info, *path)
    return " ".join(found.split()) if isinstance(found, str) else ""


def _plain(text: str) -> str:
    """A name as Markdown that shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))
