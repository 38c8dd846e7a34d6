"""The README that comes with a model: its card (model_card.py), how to use it, and whose work is in it.

It is made of `model.json`, which anybody may have written: what is missing or of another kind is left out.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from tlcore.data.wanted import REDUCING_GAP
from tlcore.messages.model_card import intended_section, limits_section, making_section, score_section
from tlcore.messages.model_info import backbone_title, plain, text, value
from tlcore.messages.quantities import count
from tlcore.serving.bundle import MODEL, ONNX
from tlcore.serving.bundle_weights import WEIGHTS

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

READING = """photo = Image.open("photo.jpg")
photo.draft(None, ({reduced}, {reduced}))  # a large JPEG is decoded smaller, as in training
photo = ImageOps.exif_transpose(photo).convert("RGB")
photo = {preparing}
pixels = np.asarray(photo, np.float32)[np.newaxis]
"""

READING_SIZES = """def read(size):  # each size is made of the file, as in training
    photo = Image.open("photo.jpg")
    photo.draft(None, (size * {gap}, size * {gap}))  # a large JPEG is decoded smaller
    photo = ImageOps.exif_transpose(photo).convert("RGB")
    return np.asarray({preparing}, np.float32)[np.newaxis]

"""

USAGE = """## Use it in Python

With Transfer Lab (`pip install transferlab`):

```python
import tlcore

model = tlcore.load_model("{file}")
prediction = model.predict("photo.jpg")
print(prediction.label, prediction.probability)
if not prediction.known:
    print("It doesn’t look like any of the classes.")
```

Without it (`pip install {package} numpy pillow`), in the unzipped folder:

```python
import numpy as np
{imports}
from PIL import Image, ImageOps

{reading}{running}
probabilities = outputs["probabilities"][0]
labels = open("labels.txt", encoding="utf-8").read().splitlines()
print(labels[probabilities.argmax()], probabilities.max())
```
{familiar}

Photos with a colour profile, transparent parts or more than 8 bits a channel need a little more: docs/run-format.md in
Transfer Lab has the whole recipe.
"""


RUNTIMES = {
    MODEL: (
        "ai-edge-litert",
        "from ai_edge_litert.interpreter import Interpreter",
        """classify = Interpreter("model.tflite").get_signature_runner("serving_default")
outputs = classify({given})""",
    ),
    ONNX: (
        "onnxruntime",
        "import onnxruntime",
        """network = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
names = [each.name for each in network.get_outputs()]
outputs = dict(zip(names, network.run(names, dict({given}))))""",
    ),
}
"""Package, import and use of what runs a network, by the name of its file."""

NETWORK_FILES = {
    MODEL: "- `model.tflite`: the model for LiteRT (TensorFlow Lite): Python, Android, iOS, Raspberry Pi\n",
    ONNX: "- `model.onnx`: the model for onnxruntime: Python, C#, Java, C++, JavaScript\n",
}

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
    name = text(info, "dataset", "name") or text(info, "name") or "an image classifier"
    parts = [
        f"# {plain(name)}: image classifier\n\n{_what(info, labels)}",
        score_section(info),
        limits_section(info),
        intended_section(),
        _classes(labels),
        making_section(info),
        _input(info),
        _usage(info, file),
        _files(info, with_keras),
        _licences(info),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _what(info: Mapping[str, Any], labels: Sequence[str]) -> str:
    when = _date(text(info, "created"))
    trained = f"It was trained with Transfer Lab{f' on {when}' if when else ''}."
    photos = value(info, "dataset", "photos")
    number = photos.get("train") if isinstance(photos, Mapping) else None
    on = f" on {count(number, 'photo')}" if type(number) is int else ""
    return f"This model recognises {count(len(labels), 'class', 'classes')} of pictures. {trained[:-1]}{on}."


def _classes(labels: Sequence[str]) -> str:
    named = "\n".join(f"- {plain(label)}" for label in labels[:MOST_CLASSES])
    rest = len(labels) - MOST_CLASSES
    return f"## Classes\n\n{named}" + (f"\n- and {rest:,} more, in labels.txt" if rest > 0 else "")


def _input(info: Mapping[str, Any]) -> str:
    size, policy = value(info, "input", "size"), text(info, "input", "resize")
    return (
        "## Input and output\n\n"
        f"- Input: `image`, float32 (1, {size}, {size}, 3), RGB, values 0–255 (the scaling is part of the model)\n"
        + "".join(
            f"- Input: `image_{each}`, the same photo, float32 (1, {each}, {each}, 3)\n" for each in _other_sizes(info)
        )
        + f"- Resizing: upright by its EXIF orientation, then {POLICY_WORDS.get(policy, policy)} to {size} × {size} "
        f"pixels{', and in the same way to each other size' if _other_sizes(info) else ''}\n"
        "- Output: `probabilities`, float32 (1, classes), in the order of labels.txt"
        + ("" if _threshold(info) is None else FAMILIARITY)
    )


def _usage(info: Mapping[str, Any], file: str) -> str:
    threshold = _threshold(info)
    familiar = "" if threshold is None else KNOWN.format(threshold=threshold)
    package, imports, running = RUNTIMES[_network_file(info)]
    reading, given = _reading(info)
    runtime = {"package": package, "imports": imports, "running": running.format(given=given)}
    return USAGE.format(**runtime, file=file, reading=reading, familiar=familiar).rstrip()


def _reading(info: Mapping[str, Any]) -> tuple[str, str]:
    """How a photo is read in Python, and what the network is then given."""
    others = _other_sizes(info)
    if not others:
        return READING.format(reduced=_reduced(info), preparing=_preparing(info)), "image=pixels"
    size = value(info, "input", "size")
    gap = REDUCING_GAP if _reduced(info) != str(size) else 1
    given = ", ".join([f"image=read({size})", *(f"image_{other}=read({other})" for other in others)])
    return READING_SIZES.format(gap=gap, preparing=_preparing(info, "size")), given


def _other_sizes(info: Mapping[str, Any]) -> list[int]:
    """The smaller sizes that an ensemble takes a photo in, in pixels."""
    found = value(info, "input", "other_sizes")
    return [size for size in found if type(size) is int] if isinstance(found, list) else []


def _network_file(info: Mapping[str, Any]) -> str:
    """Which of the two the network's file is."""
    files = value(info, "files")
    return ONNX if isinstance(files, Mapping) and ONNX in files else MODEL


def _threshold(info: Mapping[str, Any]) -> float | None:
    """The familiarity that a photo of the classes has; None where the model knows no other photos."""
    found = value(info, "unknown", "threshold")
    return found if type(found) is float else None


def _preparing(info: Mapping[str, Any], size: str = "") -> str:
    policy = text(info, "input", "resize")
    return PREPARING.get(policy, PREPARING["squash"]).format(size=size or value(info, "input", "size"))


def _reduced(info: Mapping[str, Any]) -> str:
    """Pixels down to which a JPEG may be decoded smaller."""
    size, version = value(info, "input", "size"), value(info, "input", "pixels")
    return str(size * REDUCING_GAP if type(size) is int and type(version) is int and version > 1 else size)


def _files(info: Mapping[str, Any], with_keras: bool) -> str:
    files = value(info, "files")
    with_weights = isinstance(files, Mapping) and WEIGHTS in files
    weights = f"- `{WEIGHTS}`: what Transfer Lab makes a Keras file of\n" if with_weights else ""
    keras = "- `model.keras`: the same model for Keras, to continue with\n" if with_keras else ""
    return (
        "## Files\n\n"
        f"{NETWORK_FILES[_network_file(info)]}{keras}{weights}"
        "- `labels.txt`: the class names, one a line\n"
        "- `model.json`: everything about the training: settings, test results, versions, checksums"
    )


def _licences(info: Mapping[str, Any]) -> str:
    several = value(info, "backbones")  # an ensemble's
    each = several if isinstance(several, list) else [value(info, "backbone")]
    lines = [line for backbone in each if (line := _licence(backbone))]
    photos = text(info, "dataset", "licence")
    kept = "This download contains none of your photos."
    lines.append(f"- Photos it was trained on: {plain(photos)}. {kept}" if photos else f"- {kept}")
    return "## Licences\n\n" + "\n".join(lines)


def _licence(backbone: Any) -> str:
    """The licence of a network in a line; "" where nothing of it is known."""
    values = {"backbone": backbone}
    name, licence, source = (text(values, "backbone", key) for key in ("name", "licence", "source"))
    under = f": {plain(licence)}" if licence else ""
    return (
        f"- Pretrained network {plain(backbone_title(values))}{under}{f' ({source})' if source else ''}" if name else ""
    )


def _date(created: str) -> str:
    """ "26 November 2026" of what model.json has; "" where it has something else."""
    try:
        moment = time.strptime(created, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return ""
    return f"{moment.tm_mday} {time.strftime('%B %Y', moment)}"
