"""A trained model: what is on photos, and why it says so."""

from collections.abc import Callable, Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import overload

import numpy as np
import pandas as pd
from PIL import Image

from tlcore.api.arguments import check_kept
from tlcore.api.explaining import explain, nearest
from tlcore.api.loaded_model import LoadedModel
from tlcore.api.many import PhotoAnswer, answers, open_folder, predict_folder
from tlcore.api.photos import PhotoLike, name_of, take_content
from tlcore.data.images import PhotoRefused
from tlcore.evaluation.embedding import Neighbour
from tlcore.events import Event
from tlcore.serving.explain import Explanation
from tlcore.serving.predict import Prediction


class ModelPredictions(LoadedModel):
    """What a model makes of photos, and why."""

    @overload
    def predict(self, photos: PhotoLike, *, kept: float | None = None) -> Prediction: ...  # type: ignore[overload-overlap]  # a str is iterable too
    @overload
    def predict(self, photos: Iterable[PhotoLike], *, kept: float | None = None) -> list[Prediction]: ...
    def predict(
        self, photos: PhotoLike | Iterable[PhotoLike], *, kept: float | None = None
    ) -> Prediction | list[Prediction]:
        """What is on a photo, or on each of several.

        Args:
            photos: the path of a file, its bytes, an array uint8 (height, width, 3) of upright RGB, a picture of
                Pillow, or a list (any iterable) of these.
            kept: the share of photos of its classes that get an answer, 0–1: the lower, the more often a photo is
                not `known`. By default as the model says (`rejection`), 0.95; 1 answers everything.

        Returns:
            For one photo its `Prediction`: `label`, `probability` (0–1), `ranked` and `probabilities` (all classes,
            most probable first), `known` (False where it shows none of the classes), `familiarity` (0–1, None for
            models of older versions), `milliseconds`. For several a list with one for each, in their order; one that is
            refused has its reason in `error`, and does not keep the others from being answered.

        Raises:
            PhotoRefused: the one photo cannot be read or is no picture.
            UserError: something is no photo at all: another type, or an array of another shape or dtype; or `kept` is
                no share.
        """
        check_kept(kept)
        if isinstance(photos, str | PathLike | bytes | np.ndarray | Image.Image):
            try:
                return self._classifier.predict_photo(take_content(photos), kept)
            except PhotoRefused as error:
                raise PhotoRefused(error.reason, name_of(photos)) from error
        if not isinstance(photos, Iterable):
            take_content(photos)  # raises, with what is allowed
        return [self._try_predict(photo, kept) for photo in photos]

    def _try_predict(self, photo: PhotoLike, kept: float | None) -> Prediction:
        try:
            return self._classifier.predict_photo(take_content(photo), kept)
        except PhotoRefused as error:
            return Prediction((), 0.0, error.reason)

    def predict_folder(
        self,
        path: str | PathLike[str],
        *,
        kept: float | None = None,
        sort_into: str | PathLike[str] | None = None,
        encoding: str = "",
        progress: bool | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> pd.DataFrame:
        """What is on all photos of a folder, a zip or a tar, several at a time; folders in it are no classes.

        Args:
            path: of the folder or archive. kept: see `predict`.
            sort_into: a folder that is new or empty, which gets a copy of each photo in a folder for its class, or in
                "none of these". The originals stay as they are.
            encoding: of names in an archive that does not say it.
            progress: whether a bar is shown; None: where a person can see it. on_event: called with every event.

        Returns:
            A row a photo, in the order of their paths: `image` (its path within), `label`, `known` ("yes" or "no"),
            `probability` (0–1), `familiarity` (0–1, "" where the model does not know), a column with the probability
            of each class, and `error`: why it could not be used, "" for the others.

        Raises:
            UndecidedEncoding: names in an archive can be read in several ways.
            UserError: there is no photo, `sort_into` is not empty, or the disk is full.
        """
        target = Path(sort_into) if sort_into is not None else None
        return predict_folder(self._bundle, Path(path), kept, target, encoding, progress, on_event)

    def iterate_folder(
        self, path: str | PathLike[str], *, kept: float | None = None, encoding: str = ""
    ) -> Iterator[PhotoAnswer]:
        """As `predict_folder`, photo by photo: however many there are, no more than some are in memory.

        Yields:
            `path` within the folder or archive, `data` (the file's content), `prediction` (as `predict` gives it).

        Raises:
            UndecidedEncoding: names in an archive can be read in several ways. UserError: there is no photo.
        """
        check_kept(kept)
        return answers(self._bundle, open_folder(Path(path), encoding), kept)

    def explain(self, photo: PhotoLike, label: str | None = None) -> Explanation:
        """Why the model answers as it does: where in a photo something speaks for a class.

        Args:
            photo: as for `predict`. label: the class; by default the one that is predicted.

        Returns:
            `heat_map` (float32 (rows, columns), 0–1; pale where far more speaks for another class), `label`, `method`
            ("class activation map", "Grad-CAM", "HiResCAM" or "occlusion"), `milliseconds`; `for_label` gives the same
            for another class, `save` writes the photo with the heat map over it.

        Raises:
            PhotoRefused: the photo cannot be read or is no picture.
            UserError: there is no such class, or it is no photo at all.
        """
        return explain(self._classifier, photo, label)

    def nearest(self, photo: PhotoLike, n: int = 3) -> list[Neighbour]:
        """The photos that the model learned from and that are most like a photo.

        Args:
            photo: as for `predict`. n: how many of the class that is predicted, and how many of the runner-up.

        Returns:
            Those of the class that is predicted, then those of the runner-up, each with `path` (in its data set),
            `label` and `similarity` (0–1: the cosine of their features). What was left out or deleted since is not
            among them.

        Raises:
            PhotoRefused: the photo cannot be read or is no picture.
            UserError: the model is no run of a workspace, or one of an earlier version, which did not keep that.
        """
        return nearest(self._classifier, self._files, photo, n)
