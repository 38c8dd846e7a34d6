"""Using a bundle: photos in, answers out. The same path behind page, terminal and evaluation."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from tlcore.data.images import MIN_SIDE, PhotoRefused, decode, decode_input, make_input, make_upright
from tlcore.data.wanted import Wanted, stacked
from tlcore.errors import UserError
from tlcore.models.litert_runtime import LiteModel, usable_cores
from tlcore.models.onnx_runtime import OnnxModel
from tlcore.models.runtimes import open_network
from tlcore.serving.bundle import Bundle
from tlcore.serving.graft_familiarity import FAMILIARITY
from tlcore.shares import percent

OUTPUT = "probabilities"  # what the model file calls it
_TOLERANCE = 0.01

PhotoContent = bytes | npt.NDArray[np.uint8] | Image.Image
"""A photo that is in memory already: the content of a file, uint8 (H, W, 3) upright RGB, or what Pillow has opened."""


@dataclass(frozen=True)
class Prediction:
    """What a model makes of one photo.

    Attributes:
        ranked: (label, probability 0–1) pairs, most probable first.
        milliseconds: what it took, from the photo's content to the probabilities.
        error: why the photo was refused; then there is no answer: `ranked` is (), `label` "", `probability` 0.
        changed: what a person should know was done to its pixels ("has 3 pages; only the first was used"), as words
            that follow the file's name; "" for nothing.
        familiarity: how much it is like the photos that the model knows, 0–1: the cosine similarity to the nearest
            prototype of any class; None where the model has none (it was made by an older version).
        known: False where it shows none of the classes, as far as the model can tell: it is less familiar than nearly
            all photos of the classes are. `label` is then only the nearest class.
    """

    ranked: tuple[tuple[str, float], ...]
    milliseconds: float
    error: str = ""
    changed: str = ""
    familiarity: float | None = None
    known: bool = True

    @property
    def label(self) -> str:
        """The most probable class."""
        return self.ranked[0][0] if self.ranked else ""

    @property
    def probability(self) -> float:
        """That of `label`, 0–1."""
        return self.ranked[0][1] if self.ranked else 0.0

    @property
    def probabilities(self) -> dict[str, float]:
        """The probability, 0–1, of every label, most probable first."""
        return dict(self.ranked)

    def __repr__(self) -> str:
        if self.error:
            return f"Prediction(error={self.error!r})"
        unknown = "" if self.known else "none of these, nearest "
        return f"Prediction({unknown}{self.label!r}, {percent(self.probability)}, {self.milliseconds:.0f} ms)"


class ImageClassifier:
    """A loaded bundle that answers; safe to share between threads.

    Attributes:
        rejection: which photos it says "none of these" to; None where it has no such rule.

    Args:
        num_threads: how many threads one photo may use; None: what is quickest for one photo after the other.

    Raises:
        UserError: the bundle's model file is damaged, or does not fit its labels and image size.
    """

    def __init__(self, bundle: Bundle, num_threads: int | None = None) -> None:
        self.bundle = bundle
        self.rejection = bundle.rejection
        self._outputs = outputs_of(bundle)
        self._model = open_network(bundle.network, num_threads=num_threads or min(usable_cores(), 4))
        _check_fits(self._model, bundle)

    def probabilities(self, photo: PhotoContent) -> npt.NDArray[np.float32]:
        """Probabilities of a photo, float32 (classes,).

        A large JPEG is decoded at a fraction of its size, so that its file and the array of all its pixels give other
        probabilities: see `wanted.REDUCING_GAP`.

        Raises:
            PhotoRefused: the content is not a picture that can be used.
            UserError: the photo is of another type, or the array of another shape or dtype; or what the network gives
                are no probabilities.
        """
        return self._run(self.read(photo))[0]

    def read(self, photo: PhotoContent) -> npt.NDArray[np.uint8]:
        """A photo as the network sees it, uint8 (S, S, 3), RGB 0–255; of several sizes, `stacked`.

        Raises what `probabilities` does.
        """
        wanted = self.bundle.wanted
        if isinstance(photo, bytes):
            return decode_input(photo, wanted)
        upright = _upright(photo, wanted)
        sizes = (wanted.input_size, *wanted.other_sizes)
        return stacked([make_input(upright, size, wanted.policy, wanted.version) for size in sizes])

    def predict_probabilities(self, photos: Sequence[PhotoContent]) -> npt.NDArray[np.float32]:
        """Probabilities of several photos, float32 (n, classes); raises what `probabilities` does."""
        rows = [self.probabilities(photo) for photo in photos]
        return np.stack(rows) if rows else np.empty((0, len(self.bundle.labels)), np.float32)

    def predict_photo(self, photo: PhotoContent, kept: float | None = None) -> Prediction:
        """One photo's ranked answer with the time it took; raises what `probabilities` does.

        Args:
            kept: the share of photos of its classes that it is to answer, 0–1; None: as the model says.
        """
        start = time.perf_counter()
        if not isinstance(photo, bytes):
            return self._answer(self._run(self.read(photo)), start, kept)
        decoded = decode(photo, self.bundle.wanted)
        assert decoded.input is not None  # it was asked for
        return self._answer(self._run(decoded.input), start, kept, decoded.changed)

    def predict_input(self, image: npt.NDArray[np.uint8], kept: float | None = None) -> Prediction:
        """The ranked answer for a photo that is decoded and square already: what `images.load_input` makes of it.

        Args:
            image: uint8 (S, S, 3), RGB 0–255, S being the bundle's image size, made by the bundle's policy; or, for an
                ensemble of models with several image sizes, those `stacked`.
            kept: see `predict_photo`.

        Raises:
            UserError: it is of another shape or dtype.
        """
        shape, start = self.bundle.wanted.input_shape, time.perf_counter()
        if image.shape != shape or image.dtype != np.uint8:
            raise UserError(
                f"An array of {image.dtype} {image.shape} can’t be used here.", f"Use uint8 {shape}, RGB 0–255."
            )
        return self._answer(self._run(image), start, kept)

    def is_known(self, familiarity: float | None, kept: float | None = None) -> bool:
        """Whether a photo of this familiarity shows one of the classes; `kept`: see `predict_photo`."""
        return familiarity is None or self.rejection is None or familiarity >= self.rejection.threshold(kept)

    def _run(self, image: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], float | None]:
        """The probabilities of a photo, and how familiar it is."""
        try:
            rows, *others = self._model.run_all(image[np.newaxis], self._outputs)
        except (RuntimeError, ValueError) as error:
            raise _unfit("can’t be run") from error
        row: npt.NDArray[np.float32] = check_probabilities(rows)[0]
        return row, float(check_familiarity(others[0])[0]) if others else None

    def _answer(
        self,
        given: tuple[npt.NDArray[np.float32], float | None],
        start: float,
        kept: float | None,
        changed: str = "",
    ) -> Prediction:
        """What the network gave as an answer; `start`: of `time.perf_counter`, when the work on the photo began."""
        row, familiarity = given
        elapsed = (time.perf_counter() - start) * 1000
        order = np.argsort(-row, kind="stable")
        ranked = tuple((self.bundle.labels[i], float(row[i])) for i in order)
        known = self.is_known(familiarity, kept)
        return Prediction(ranked, elapsed, changed=changed, familiarity=familiarity, known=known)


def outputs_of(bundle: Bundle) -> tuple[str, ...]:
    """The outputs that the bundle's file is asked for: the probabilities, and the familiarity where there is a rule."""
    return (OUTPUT,) if bundle.rejection is None else (OUTPUT, FAMILIARITY)


def _check_fits(model: LiteModel | OnnxModel, bundle: Bundle) -> None:
    """Whether a network takes one photo of the bundle's size and gives a number for each of its labels."""
    side, wanted, needed = bundle.image_size, bundle.wanted, {OUTPUT: (1, len(bundle.labels)), FAMILIARITY: (1, 1)}
    for output in outputs_of(bundle):
        try:
            if output not in model.output_names or not model.is_float32() or not _takes(model, wanted):
                raise _unfit(f"doesn’t take one photo and return “{output}”, both as float32")
            shape = model.output_shape((1, *wanted.input_shape), output)
        except (RuntimeError, ValueError, LookupError) as error:
            raise _unfit(f"can’t be run on photos of {side} × {side} pixels") from error
        if shape != needed[output]:
            told = f"its {len(bundle.labels)} classes need" if output == OUTPUT else "needed is"
            raise _unfit(f"returns {shape}, but {told} {needed[output]}")


def _takes(model: LiteModel | OnnxModel, wanted: Wanted) -> bool:
    """Whether it has an input for each size of a photo; one input alone can be set to any size."""
    sizes = (wanted.input_size, *wanted.other_sizes)
    return len(model.sizes) == len(sizes) and (len(sizes) == 1 or model.sizes == sizes)


def check_probabilities(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """These rows, each of which must add up to one.

    Raises:
        UserError: they are no probabilities.
    """
    if not np.isfinite(rows).all() or rows.min() < -_TOLERANCE or np.abs(rows.sum(axis=1) - 1).max() > _TOLERANCE:
        raise _unfit("doesn’t return probabilities")
    return rows


def check_familiarity(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How familiar photos are, float32 (n,), of the network's output (n, 1); each must be a number from 0 to 1.

    Raises:
        UserError: they are not.
    """
    if not np.isfinite(rows).all() or rows.min() < -_TOLERANCE or rows.max() > 1 + _TOLERANCE:
        raise _unfit("doesn’t return how familiar a photo is")
    return np.asarray(np.clip(rows[:, 0], 0, 1), np.float32)


def _unfit(what: str) -> UserError:
    return UserError(f"The network of this model is damaged: it {what}.", "Train again, or use another model.")


def check_content(photo: object) -> None:
    """Raise UserError unless this is of one of the types of `PhotoContent`, an array of the right shape and dtype."""
    allowed = f"Use the bytes of a file, a uint8 array (height, width, 3) of RGB 0–255 with at least {MIN_SIDE} pixels "
    allowed += "a side, or a Pillow image."
    if isinstance(photo, np.ndarray):
        fits = photo.ndim == 3 and photo.shape[2] == 3 and min(photo.shape[:2]) >= MIN_SIDE
        if photo.dtype != np.uint8 or not fits:
            raise UserError(f"An array of {photo.dtype} {photo.shape} is not a photo.", allowed)
    elif not isinstance(photo, bytes | Image.Image):
        raise UserError(f"An object of type {type(photo).__name__} is not a photo.", allowed)


def _upright(photo: object, wanted: Wanted) -> Image.Image:
    """An array or a picture of Pillow as upright RGB."""
    check_content(photo)
    if isinstance(photo, np.ndarray):
        return Image.fromarray(np.ascontiguousarray(photo))
    assert isinstance(photo, Image.Image)
    if min(photo.size) < MIN_SIDE:
        raise PhotoRefused(
            f"is too small ({photo.width} × {photo.height} pixels; the minimum is {MIN_SIDE} × {MIN_SIDE})"
        )
    return make_upright(photo, data_ranges=wanted.data_ranges, version=wanted.version)
