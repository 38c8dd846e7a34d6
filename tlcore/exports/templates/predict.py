"""Predict what is on photos: python predict.py PHOTO …

The model lies beside this file, with samples/: five pictures and what the model answers to them, so that you can find
out whether it works here as it does where it was trained: python predict.py --check

As a library: from predict import Classifier; Classifier().predict("photo.jpg")
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

try:  # only photos of iPhones (HEIC) need it: pip install pillow-heif
    import pillow_heif

    pillow_heif.register_heif_opener()
except ImportError:
    pass

HERE = Path(__file__).resolve().parent
Image.init()
ALLOWED: list[str] = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"]
FORMATS = [name for name in ALLOWED if name in Image.OPEN]
MOST_PIXELS = 100_000_000  # of one photo, so that no file fills the memory
PIXELS_VERSION = 2  # how files become pixels; models of older versions of Transfer Lab read them otherwise


class Classifier:
    """The trained model: `labels`, its class names, and `predict`."""

    def __init__(self, folder: str | os.PathLike[str] = HERE) -> None:
        self.info: dict[str, Any] = json.loads((Path(folder) / "model.json").read_text(encoding="utf-8"))
        self.labels = (Path(folder) / "labels.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
        unknown = self.info.get("unknown") or {}
        self.threshold: float | None = unknown.get("threshold")  # less familiar photos are none of the classes
        self._run = load_network(Path(folder), self.threshold is not None)
        self._turn = threading.Lock()  # a network answers one photo at a time

    def predict(self, photo: str | os.PathLike[str] | bytes) -> dict[str, Any]:
        """What is on a photo, given by its path or its bytes.

        Returns:
            label: the most probable class; probability: 0–1; known: False where it looks like none of the classes;
            familiarity: 0–1, how much it is like the photos that the model learned from, or None; probabilities: of
            every class, most probable first.

        Raises:
            OSError: the photo can't be read. ValueError: it is too large.
        """
        images = {"image": read_photo(photo, self.info)[np.newaxis]}
        for size in self.info["input"].get("other_sizes", []):
            images[f"image_{size}"] = read_photo(photo, self.info, size)[np.newaxis]
        with self._turn:
            probabilities, familiarity = self._run(images)
        order = np.argsort(-probabilities, kind="stable")
        return {
            "label": self.labels[order[0]],
            "probability": float(probabilities[order[0]]),
            "known": familiarity is None or self.threshold is None or familiarity >= self.threshold,
            "familiarity": familiarity,
            "probabilities": {self.labels[i]: float(probabilities[i]) for i in order},
        }


Network = Callable[[dict[str, np.ndarray]], "tuple[np.ndarray, float | None]"]
"""A photo, float32 (1, S, S, 3), RGB 0–255, by the name of the input (one model takes it in several sizes) → the
probabilities (classes,) and the familiarity."""


def load_network(folder: Path, has_familiarity: bool) -> Network:
    """What runs the model file that lies in a folder."""
    if (folder / "model.onnx").exists():
        return _load_onnx(folder / "model.onnx", has_familiarity)
    if (folder / "model.keras").exists():
        return _load_keras(folder / "model.keras", has_familiarity)
    if (folder / "saved_model").exists():
        return _load_saved_model(folder / "saved_model", has_familiarity)
    from ai_edge_litert.interpreter import Interpreter

    content = (folder / "model.tflite").read_bytes()  # not its path, which on some systems may not have umlauts
    runner = Interpreter(model_content=content, num_threads=os.cpu_count() or 1).get_signature_runner("serving_default")

    def run(images: dict[str, np.ndarray]) -> tuple[np.ndarray, float | None]:
        return _both(runner(**images), has_familiarity)

    return run


def _load_onnx(path: Path, has_familiarity: bool) -> Network:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]

    def run(images: dict[str, np.ndarray]) -> tuple[np.ndarray, float | None]:
        return _both(dict(zip(names, session.run(names, images))), has_familiarity)

    return run


def _load_keras(path: Path, has_familiarity: bool) -> Network:
    import keras

    model = keras.saving.load_model(path, compile=False, safe_mode=True)  # runs no code that is in the file

    def run(images: dict[str, np.ndarray]) -> tuple[np.ndarray, float | None]:
        outputs = model(images["image"], training=False)
        outputs = outputs if isinstance(outputs, dict) else {"probabilities": outputs}
        return _both({name: np.asarray(value) for name, value in outputs.items()}, has_familiarity)

    return run


def _load_saved_model(path: Path, has_familiarity: bool) -> Network:
    import tensorflow as tf

    model = tf.saved_model.load(str(path))
    answer = model.signatures["serving_default"]

    def run(images: dict[str, np.ndarray], model: Any = model) -> tuple[np.ndarray, float | None]:
        outputs = answer(image=tf.constant(images["image"]))  # the model would go without that default: a reference
        return _both({name: value.numpy() for name, value in outputs.items()}, has_familiarity)

    return run


def _both(outputs: dict[str, np.ndarray], has_familiarity: bool) -> tuple[np.ndarray, float | None]:
    familiarity = float(outputs["familiarity"].ravel()[0]) if has_familiarity else None
    return np.array(outputs["probabilities"][0]), familiarity


def read_photo(photo: str | os.PathLike[str] | bytes, info: dict[str, Any], size: int = 0) -> np.ndarray:
    """A photo as the network was trained on it, float32 (S, S, 3), RGB 0–255; `info`: the content of model.json.

    `size`: in pixels, 0 for the model's (largest) one. Each size is made of the file: of one another they would differ.
    """
    size, version = size or info["input"]["size"], info["input"].get("pixels", 1)
    try:
        image: Image.Image = Image.open(io.BytesIO(photo) if isinstance(photo, bytes) else photo, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise ValueError(f"The photo has more than {MOST_PIXELS:,} pixels.") from error
    if image.info.get("progressive") and image.width * image.height > MOST_PIXELS:  # all of it lies in memory at once
        raise ValueError(f"The photo has more than {MOST_PIXELS:,} pixels.")
    reduced = size * 2 if version > 1 else size
    image.draft(None, (reduced, reduced))  # a large JPEG is decoded smaller, as in training: this changes the answer
    if image.width * image.height > MOST_PIXELS:
        raise ValueError(f"The photo has more than {MOST_PIXELS:,} pixels.")
    profile = image.info.get("icc_profile") if version > 1 else None
    image = ImageOps.exif_transpose(_make_bytes(image, info["input"].get("data_ranges") or {}))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    if profile and image.mode in ("RGB", "L", "CMYK"):
        image = _to_srgb(image, profile)
    image = image.convert("RGB")
    box: tuple[float, float, float, float] = (0, 0, image.width, image.height)
    if info["input"]["resize"] == "center-crop":
        side = min(image.size)
        left, top = (image.width - side) / 2, (image.height - side) / 2
        if version == 1:
            left, top = int(left), int(top)
        box = (left, top, left + side, top + side)
    return np.asarray(_resize(image, size, box), np.float32)


def _resize(image: Image.Image, size: int, box: tuple[float, float, float, float]) -> Image.Image:
    """As in training: of tall pictures the height first, which Pillow does by itself since version 13."""
    left, top, right, bottom = box
    if image.size == (size, size):
        return image
    if image.height > size and image.height - size > 2 * (image.width - size):
        image = image.resize((image.width, size), Image.Resampling.BILINEAR, box=(0, top, image.width, bottom))
        top, bottom = 0, size
    return image.resize((size, size), Image.Resampling.BILINEAR, box=(left, top, right, bottom))


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):  # a damaged profile changes nothing
        return image
    return made or image


def _make_bytes(image: Image.Image, ranges: dict[str, list[float]]) -> Image.Image:
    """Values of more than 8 bits as 8 bits, by the ranges that the model was trained with."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image).astype(float)
    kind, whole = ("float", 1) if image.mode == "F" else ("uint16", 65_535)
    low, high = ranges.get(kind) or _own_range(values, whole)
    scaled = np.nan_to_num((values - low) / max(high - low, 1e-9) * 255, nan=0, posinf=255, neginf=0)
    made = Image.fromarray(np.rint(scaled.clip(0, 255)).astype(np.uint8))
    made.getexif()[0x0112] = image.getexif().get(0x0112, 1)
    return made


def _own_range(values: np.ndarray, whole: float) -> tuple[float, float]:
    step = max(1, int(np.ceil(np.sqrt(values.size / 131_072))))
    some = values[::step, ::step]
    low, high = np.quantile(some[np.isfinite(some)], [0.001, 0.999])
    spans = high - low >= 0.8 * whole or low == high
    return (0, whole) if spans and low >= 0 and high <= whole else (low, high)


def check(folder: Path = HERE) -> float:
    """The largest difference between the answers here and those of samples/expected.json, in probability."""
    classifier, largest = Classifier(folder), 0.0
    expected = json.loads((folder / "samples" / "expected.json").read_text(encoding="utf-8"))
    for sample in expected["samples"]:
        found = classifier.predict(folder / "samples" / sample["file"])
        pairs = list(zip((found["probabilities"][label] for label in classifier.labels), sample["probabilities"]))
        if sample["familiarity"] is not None:
            pairs.append((found["familiarity"], sample["familiarity"]))
        largest = max(largest, *(abs(here - there) for here, there in pairs))
    print(f"{len(expected['samples'])} samples: answers within {largest:.6f} (at most {expected['tolerance']:g})")
    if not largest <= expected["tolerance"]:
        sys.exit("The model answers differently here. Install the versions that requirements.txt asks for.")
    return largest


def files_of(names: list[str]) -> Iterator[str]:
    """The files, and those in the folders, by their names; not what begins with a dot."""
    for name in names:
        if Path(name).is_dir():
            yield from (str(each) for each in sorted(Path(name).rglob("[!.]*")) if each.is_file())
        else:
            yield name


def reason_for(photo: str, error: Exception) -> str:
    """Why a photo couldn't be read, for people."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if not isinstance(error, UnidentifiedImageError):
        return str(error)
    if photo.lower().endswith((".heic", ".heif")) and "HEIF" not in FORMATS:
        return "photos of iPhones (HEIC) need: pip install pillow-heif"
    return "no photo that can be read"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Predict what is on photos.")
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help="a photo, or a folder of photos")
    parser.add_argument("--json", action="store_true", help="answer as JSON, one line for each photo")
    parser.add_argument("--check", action="store_true", help="run the samples and compare the answers")
    options = parser.parse_args()
    if options.check:
        check()
        return
    if not options.photos:
        parser.error("give at least one photo, or --check")
    classifier, refused = Classifier(), 0
    photos = list(files_of(options.photos))
    for photo in photos:
        try:
            answer = classifier.predict(photo)
        except Exception as error:  # a damaged file makes its decoder raise almost anything
            refused += 1
            print(f"{photo}: {reason_for(photo, error)}", file=sys.stderr)
            continue
        if options.json:
            print(json.dumps({"file": photo, **answer}))
        else:
            unknown = "" if answer["known"] else "none of these; closest: "
            print(f"{photo}: {unknown}{answer['label']} {min(answer['probability'], 0.999):.1%}")  # never "100%" sure
    sys.exit(1 if refused == len(photos) else 0)


if __name__ == "__main__":
    main()
