"""Why a model answers as it does: a heat map of a photo for any of its classes, from the shipped file alone.

In memory a copy of the file is made that ends at its feature map, so one pass through the network shows what each place
of the photo adds to each class (evidence.py). A file that ends in another way than with dense layers on a feature map
is asked many times instead, with parts of the photo covered.
"""

import threading
import time
import weakref
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tlcore.data.wanted import unstacked
from tlcore.errors import UserError
from tlcore.models.litert_runtime import usable_cores
from tlcore.models.runtimes import Network, is_onnx, open_network
from tlcore.serving.bundle import Bundle
from tlcore.serving.dense_head import DenseHead, UnknownHead, read_dense_head
from tlcore.serving.evidence import Evidence, head_evidence, mean_evidence, occlusion_evidence
from tlcore.serving.members import Member, split_members
from tlcore.serving.overlay import draw_explanation
from tlcore.serving.predict import OUTPUT, ImageClassifier, check_probabilities
from tlcore.workspace import write_atomic

Array = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Explanation:
    """What in a photo speaks for a class.

    Attributes:
        label: the class. labels: all of the model's.
        image: uint8 (S, S, 3), the photo as the model sees it.
        evidence: of all classes.
        features: float32 (D,), what the network gives of the photo, pooled; None where the file does not tell.
        milliseconds: what it took.
    """

    label: str
    labels: tuple[str, ...]
    image: Image
    evidence: Evidence
    features: Array | None
    milliseconds: float

    @property
    def heat_map(self) -> Array:
        """float32 (rows, columns), 0–1: where in the photo something speaks for `label`; see `Evidence.heat_map`."""
        return self.evidence.heat_map(self.labels.index(self.label))

    @property
    def method(self) -> str:
        """How it was found: "class activation map", "Grad-CAM", "HiResCAM" or "occlusion"."""
        return str(self.evidence.method)

    def for_label(self, label: str) -> "Explanation":
        """The same for another class. Raises UserError where the model has no such class."""
        return replace(self, label=check_label(label, self.labels))

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the photo with the heat map over it as a PNG; a file that is there is replaced.

        Raises:
            UserError: the disk is full or cannot be written.
        """
        target = Path(path).expanduser()
        write_atomic(target, draw_explanation(self.image, self.heat_map))
        return target

    def __repr__(self) -> str:
        return f"Explanation({self.label!r}, {self.method}, {self.milliseconds:.0f} ms)"


def check_label(label: str, labels: tuple[str, ...]) -> str:
    """The label. Raises UserError where it is none of these."""
    if label not in labels:
        known = ", ".join(labels[:10]) + (", …" if len(labels) > 10 else "")
        raise UserError(f"The model has no class “{label}”.", f"Use one of its classes: {known}.")
    return label


class Explainer:
    """What explains the answers of one model; safe to share between threads.

    Raises:
        UserError: the model file is damaged.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._labels = bundle.labels
        self._sizes = (bundle.image_size, *bundle.other_sizes)
        files = split_members(bundle.network) if "ensemble" in bundle.info else []
        members = files or [Member(bundle.network, bundle.image_size)]
        self._weights, self._nearest = _shares(bundle, len(members))
        models: dict[bytes, Network] = {}  # members with the same network share it
        self._members = [_Member(each, len(bundle.labels), models) for each in members]

    @property
    def is_quick(self) -> bool:
        """Whether one pass through the network is enough."""
        return all(each.head is not None for each in self._members)

    def explain(self, image: Image, label: str) -> Explanation:
        """What in a photo speaks for a class; of an ensemble, the mean of what speaks for it in each model.

        Args:
            image: uint8 (S, S, 3), as `ImageClassifier.predict_input` takes it. label: one of the model's.

        Raises:
            UserError: the model has no such class.
        """
        check_label(label, self._labels)
        start = time.perf_counter()
        squares, runs = self._squares(image), _Runs()
        found = [each.evidence(squares[each.size], runs) for each in self._members]
        evidence = found[0] if len(found) == 1 else mean_evidence(found, self._weights)
        nearest = self._members[self._nearest]
        features = nearest.features(squares[nearest.size], runs)
        elapsed = (time.perf_counter() - start) * 1000
        return Explanation(label, self._labels, squares[max(self._sizes)], evidence, features, elapsed)

    def features(self, image: Image) -> Array | None:
        """What the network gives of a photo, pooled: float32 (D,); None where the file does not tell. Of an ensemble,
        that of the model whose embedding it keeps."""
        nearest = self._members[self._nearest]
        return nearest.features(self._squares(image)[nearest.size], _Runs())

    def _squares(self, image: Image) -> dict[int, Image]:
        """A photo in each size that the models take."""
        if len(self._sizes) == 1:
            return dict.fromkeys([self._sizes[0], *(each.size for each in self._members)], image)
        squares = unstacked(image[np.newaxis], self._sizes)
        return {size: square[0] for size, square in zip(self._sizes, squares, strict=True)}


_Runs = dict[Network, list[Array]]
"""The feature maps, float32 (rows, columns, D) each, that networks gave of the photo that is asked about."""


class _Member:
    """One model: its head, where that can be read out of its file, and the network that runs up to it.

    Args:
        models: the networks that are loaded already, by their file; gets this one.
    """

    def __init__(self, member: Member, num_classes: int, models: dict[bytes, Network]) -> None:
        self.head, self.size = _head_of(member.tflite, num_classes), member.size
        data = member.tflite if self.head is None else self.head.body
        if data not in models:
            models[data] = open_network(data, num_threads=min(usable_cores(), 4))
        self._model = models[data]

    def evidence(self, image: Image, runs: _Runs) -> Evidence:
        """What speaks for each class in this model."""
        if self.head is None:
            return occlusion_evidence(self._probabilities, image)
        return head_evidence(self.head, self._maps(self.head, image, runs))

    def features(self, image: Image, runs: _Runs) -> Array | None:
        """See `Explainer.features`."""
        return (
            None if self.head is None else np.concatenate(self.head.pooled_features(self._maps(self.head, image, runs)))
        )

    def _maps(self, head: DenseHead, image: Image, runs: _Runs) -> list[Array]:
        """float32 (rows, columns, D) of each network."""
        if self._model not in runs:
            runs[self._model] = [rows[0] for rows in self._model.run_all(image[np.newaxis], head.maps)]
        return runs[self._model]

    def _probabilities(self, images: Image) -> Array:
        """float32 (n, classes); a network that was made for one photo at a time gets one at a time."""
        try:
            rows = self._model.run(images, OUTPUT)
        except (RuntimeError, ValueError):
            rows = np.concatenate([self._model.run(image[np.newaxis], OUTPUT) for image in images])
        if len(rows) != len(images):
            rows = np.concatenate([self._model.run(image[np.newaxis], OUTPUT) for image in images])
        return check_probabilities(rows)


def _head_of(tflite: bytes, num_classes: int) -> DenseHead | None:
    if is_onnx(tflite):
        return None
    try:
        head = read_dense_head(tflite)
    except UnknownHead:
        return None
    return head if len(head.layers[-1][1]) == num_classes else None


def _shares(bundle: Bundle, number: int) -> tuple[list[float], int]:
    """How much each of the models counts, and which of them the embedding is of.

    By `model.json`, which anybody may have written: all the same, and the first, where it says nothing usable.
    """
    try:
        values = bundle.info["ensemble"]
        weights = [float(each["weight"]) for each in values["members"]]
        place = int(values.get("embedding") or 0)
    except (LookupError, TypeError, ValueError, AttributeError):
        weights, place = [], 0
    usable = len(weights) == number and all(0 <= weight <= 1 for weight in weights)
    return weights if usable else [1 / number] * number, place if 0 <= place < number else 0


_explainers: "weakref.WeakKeyDictionary[ImageClassifier, Explainer]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def explainer_of(classifier: ImageClassifier) -> Explainer:
    """The explainer of a loaded model, made at the first call and kept as long as the model is.

    Raises:
        UserError: the model file is damaged.
    """
    with _lock:
        found = _explainers.get(classifier)
        if found is None:
            found = _explainers[classifier] = Explainer(classifier.bundle)
        return found


def heat_map(classifier: ImageClassifier, image: Image, label: str) -> Array:
    """Where in a photo something speaks for a class: float32 (rows, columns), 0–1; see `Evidence.heat_map`.

    Args:
        image: uint8 (S, S, 3), as `ImageClassifier.predict_input` takes it. label: one of the model's.
    """
    return explainer_of(classifier).explain(image, label).heat_map
