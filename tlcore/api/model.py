"""A trained model in one's hands: predict, read its figures, save it, load it again."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, overload

import numpy as np
import pandas as pd
from PIL import Image

from tlcore.analysis import learning_curve as curves
from tlcore.analysis import photo_map
from tlcore.analysis import shortcuts as hidden
from tlcore.analysis.learning_curve import LearningCurve
from tlcore.analysis.photo_map import PhotoMap
from tlcore.analysis.shortcuts import Shortcuts
from tlcore.api.analyses import analyse
from tlcore.api.arguments import WorkspaceLike, check_kept, take_layout, take_workspace
from tlcore.api.explaining import explain, nearest
from tlcore.api.many import PhotoAnswer, answers, open_folder, predict_folder
from tlcore.api.model_file import model_file_name
from tlcore.api.photos import PhotoLike, name_of, take_content
from tlcore.api.progress_bars import showing
from tlcore.api.run_report import limits_of, write_report
from tlcore.api.saving import save_model
from tlcore.comparison.retraining import load_before_after
from tlcore.config import TrainConfig
from tlcore.data.images import PhotoRefused
from tlcore.data.outside_table import find_table
from tlcore.errors import UserError
from tlcore.evaluation import cross_validation as folds
from tlcore.evaluation.before_after import BeforeAfter
from tlcore.evaluation.cross_validation import CrossValidation, load_cross_validation, parse_cross_validation
from tlcore.evaluation.embedding import Neighbour
from tlcore.evaluation.figures import parse_figures
from tlcore.evaluation.rejection import RejectionRule
from tlcore.evaluation.report import FAMILIARITY, FIGURES, Report, load_report
from tlcore.events import Event, run_to_end
from tlcore.exports.exporter import Exported, ExportSource, find_kind
from tlcore.exports.exporter import export as make_export
from tlcore.exports.file_names import export_file_name
from tlcore.exports.own_score import MAX_LOSS
from tlcore.exports.samples import make_samples
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run, load_run
from tlcore.messages.no_model import no_model_message
from tlcore.serving.bundle import (
    Bundle,
)
from tlcore.serving.explain import Explanation
from tlcore.serving.predict import ImageClassifier, Prediction
from tlcore.serving.probe import load_safely
from tlcore.serving.score import score_path
from tlcore.workspace import Workspace, disk_error, is_id


class Model:
    """A trained image classifier. `train` and `load_model` give one; it may be used from several threads at once.

    Attributes:
        labels: the class names, in the order of the probabilities.
        path: the run's folder, or the folder or zip that the model was loaded from.
        info: the content of `model.json`: input, data set, settings, figures with counts, versions.
    """

    def __init__(self, bundle: Bundle, path: Path) -> None:
        self.labels = bundle.labels
        self.path = path
        self.info: dict[str, Any] = bundle.info
        self._bundle = bundle
        self._files = path.absolute()  # wherever the program goes meanwhile
        self._classifier = ImageClassifier(bundle)

    def __repr__(self) -> str:
        try:
            score = _report_of(self._bundle)
            tested = f", {score.correct} of {score.total} test photos correct" if score.total else ""
        except UserError:
            tested = ""
        return f"Model({', '.join(self.labels[:5])}{', …' if len(self.labels) > 5 else ''}{tested})"

    @property
    def run_id(self) -> str | None:
        """The id of the training run that made it; None where `model.json` has none."""
        run = self.info.get("run")
        return run if isinstance(run, str) and is_id(run) else None

    @cached_property
    def config(self) -> TrainConfig:
        """The settings that it was trained with.

        Raises:
            UserError: `model.json` gives values that are not allowed.
        """
        try:
            return TrainConfig.from_dict(self.info.get("config", {}))
        except (TypeError, ValueError, AttributeError) as error:
            raise UserError(
                "The model doesn’t say which settings it was trained with.", "It can still make predictions."
            ) from error

    @cached_property
    def report(self) -> Report:
        """The figures on the test photos, which the model never learned from.

        `accuracy` 0–1 and `interval`, where it plausibly lies (95%); `correct` of `total`; `confusion`: counts, true
        classes in rows; `per_class`: a row a class; `predictions`: a row a test photo, empty where the model was loaded
        from a file, since that holds no photos.

        Raises:
            UserError: the model brings no figures.
        """
        return load_report(self._files) if (self._files / FIGURES).exists() else _report_of(self._bundle)

    @cached_property
    def before_after(self) -> BeforeAfter | None:
        """What `retrain` was worth: this model and the earlier one on the test photos of both, by today's labels.

        `correct_before` and `correct` of `total`; `only_before`, `only_after`: photos that only one of them got right;
        `p` and `beyond_chance`: the verdict of chance; `photos`: a row a photo. None where the model came of no
        `retrain`, was loaded from a file, or the earlier run is gone.
        """
        if self.run_id is None or self._files.name != self.run_id:
            return None
        try:
            place = Workspace(self._files.parent.parent)  # only read: the folder may lie anywhere
            return load_before_after(place, load_run(place, self.run_id))
        except UserError:
            return None

    def retrain(
        self,
        *,
        relabel: Mapping[str, str] | None = None,
        leave_out: Collection[str] = (),
        progress: bool | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> "Model":
        """Correct photos and train again on the same parts, as `tlcore.retrain` does with this model.

        Args:
            relabel: the class that each of these photos should have, by path. leave_out: paths of photos to leave out.
            progress, on_event: as for `train`.

        Returns:
            The new model, whose `before_after` compares it with this one, which stays as it is.

        Raises:
            UserError: it was loaded from a file, there is no such photo or class, a class would have too few photos, or
                what `train` raises. Nothing is changed then.
            TrainingStopped, TrainingError: as from `train`.
        """
        from tlcore.api.retraining import retrain  # which makes models itself

        return retrain(self, relabel=relabel, leave_out=leave_out, progress=progress, on_event=on_event)

    @property
    def cross_validation(self) -> CrossValidation | None:
        """How the training that made it does where every photo is tested once, by a model that has not seen it.

        `correct` of `total`, `accuracy` 0–1 and `interval`, where that of new photos plausibly lies (95%); `folds`;
        `fold_table`; `report`: as that of the test photos, with a row a photo in `report.predictions` (none where the
        model was loaded from a file). None where it was not done: `cross_validate` does it.
        """
        found = load_cross_validation(self._files) if self._files.is_dir() else None
        if found is not None:
            return found
        try:
            return parse_cross_validation(self.info["cross_validation"], _no_predictions().assign(fold=[]))
        except (LookupError, TypeError, ValueError):
            return None

    def cross_validate(
        self, *, progress: bool | None = None, on_event: Callable[[Event], object] | None = None
    ) -> CrossValidation:
        """Test every photo once: train a model for each of 5 to 10 parts of the photos, without that part.

        The model itself stays as it is. What was found before is given at once.

        Args:
            progress, on_event: as for `load_dataset`.

        Raises:
            UserError: it was loaded from a file, its photos are gone or too few, or this is at work elsewhere.
            KeyboardInterrupt: it was stopped.
        """
        return analyse(self._files, folds.ANALYSIS, lambda _: load_cross_validation(self._files), progress, on_event)

    @property
    def limits(self) -> list[str]:
        """How far the score can be trusted, in sentences, the weightiest first: "15 test photos are few: …".

        Raises:
            UserError: the model brings no figures.
        """
        return limits_of(self._files, self.info, self.report)

    @property
    def rejection(self) -> RejectionRule | None:
        """Which photos are none of its classes: `threshold(kept)`, the familiarity that a photo needs, and
        `cost(kept)`, how many test photos get an answer then. None for models of older versions, which answer all."""
        return self._classifier.rejection

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

    def _file_name(self) -> str:
        dataset = self.info.get("dataset")
        name = dataset.get("name") if isinstance(dataset, dict) else None
        return model_file_name(name if isinstance(name, str) else "model")

    def evaluate(
        self,
        folder: str | PathLike[str],
        *,
        layout: str = "",
        labels: str | PathLike[str] = "",
        encoding: str = "",
        progress: bool | None = None,
        on_event: Callable[[Event], object] | None = None,
    ) -> tuple[Report, pd.DataFrame]:
        """Test the model on photos that it has never seen.

        Args:
            folder: class folders, named as `labels`, or a zip or tar of them; not all classes need to be there.
                A folder `none` holds photos of anything else.
            layout, labels, encoding: how the folder is read, as for `load_dataset`.
            progress, on_event: as for `load_dataset`.

        Returns:
            The figures as in `report`, with `unknown`: a row a photo of the folder `none`, which count in no other
            figure; and what was left out, changed or guessed: path, what, reason.

        Raises:
            UndecidedLayout: the folder can be read in several ways, and the model's classes don't decide it.
            UserError: the folder cannot be used, its photos have no classes, or the model does not know one of them.
        """
        path = Path(folder).expanduser()
        chosen, table = find_table(path, take_layout(layout, labels))
        with showing(progress, on_event) as show:
            scored = run_to_end(score_path(self._bundle, path, chosen, table, encoding), show)
        if scored.report is None:
            raise UserError(
                f"The photos in {path.name or path} have no classes, so nothing can be counted.",
                "Sort them into one folder per class, or predict them instead.",
            )
        return scored.report, scored.files

    def shortcuts(
        self, *, progress: bool | None = None, on_event: Callable[[Event], object] | None = None
    ) -> Shortcuts:
        """The classes that the model recognises without their object, since the background gives them away: photos are
        predicted once more with their middle hidden, and with their border hidden, by models that had not learned from
        them. What was found before is given at once.

        Args:
            progress, on_event: as for `load_dataset`.

        Returns:
            `named`: those classes; `classes`: all of them, each with `label`, `whole`, `no_middle` and `no_border`
            (`correct`, `total`, `low`, `high`, `alarms`, `others`).

        Raises:
            UserError: the model is no run of a workspace, a photo has gone, or TensorFlow is not installed.
            KeyboardInterrupt: it was stopped.
        """
        return analyse(self._files, hidden.WHAT, hidden.load_shortcuts, progress, on_event)

    def photo_map(self, *, progress: bool | None = None, on_event: Callable[[Event], object] | None = None) -> PhotoMap:
        """All photos of the run in two dimensions: those that look alike to the network lie together (t-SNE). What was
        found before is given at once.

        Args:
            progress, on_event: as for `load_dataset`.

        Returns:
            `photos`: path, sha256, label, split, x and y (0–1); `neighbourhood`: `purity`, the share of the nearest
            photos that are of the same class, beside that of `chance`, and `overlap`, the two classes that are among
            each other most ("" and "" for none).

        Raises:
            UserError: the model is no run of a workspace, a photo has gone, or scikit-learn is not installed.
            KeyboardInterrupt: it was stopped.
        """
        return analyse(self._files, photo_map.WHAT, photo_map.load_arranged_map, progress, on_event)

    def learning_curve(
        self, *, progress: bool | None = None, on_event: Callable[[Event], object] | None = None
    ) -> LearningCurve:
        """Whether more photos would help: the accuracy with fewer of them, and what to expect with two and four times
        as many. What was found before is given at once.

        Args:
            progress, on_event: as for `load_dataset`.

        Returns:
            `points` (measured) and `forecasts`, each with `num_photos`, `accuracy`, `low` and `high` (95%); `gains` (by
            class, for twice the photos) and `stands_out`, the class that gains most, "" where that could be chance.

        Raises:
            UserError: the model is no run of a workspace, there are too few photos, or TensorFlow is not installed.
            KeyboardInterrupt: it was stopped.
        """
        return analyse(self._files, curves.WHAT, curves.load_whole_curve, progress, on_event)

    def save(self, path: str | PathLike[str] | None = None, *, overwrite: bool = False) -> Path:
        """Write the model: `model.tflite`, `labels.txt`, `model.json`, `weights.npz` and a README.

        It is there whole or not at all. A model that is there already is replaced.

        Args:
            path: a zip where the name ends in .zip, else a folder. Folders above it are made. By default a zip called
                after the data set, "leaves-model.zip", in the folder one is in.
            overwrite: replace a file that is no model. A folder with anything else in it is never replaced.

        Returns:
            The path.

        Raises:
            UserError: something else is there, or the disk is full or cannot be written.
        """
        target = Path(self._file_name() if path is None else path).expanduser()
        save_model(self._bundle, self._files, target, overwrite)
        return target

    def export(
        self,
        kind: str,
        path: str | PathLike[str] | None = None,
        *,
        include_photos: bool = False,
        overwrite: bool = False,
        max_loss: float = MAX_LOSS,
        networks: bool = True,
    ) -> Exported:
        """Write the model as what other programs run. Before it is there it is run on five samples, and refused where
        it answers otherwise than the model.

        Args:
            kind: "python", "service", …: a key of `tlcore.exports.exporter.KINDS`; docs/export.md describes each.
            path: where; a kind of several files is a zip where the name ends in .zip, else a folder. By default called
                after the data set and the kind, in the folder one is in.
            include_photos: the samples are test photos of the run, small and without place and time; else drawings.
            overwrite: replace a file or an earlier export.
            max_loss: of "tflite-int8": the share of test photos, 0–1, that it may get wrong beyond those of the model.
            networks: of "project": as of `save_project`.

        Returns:
            `path`, `check`: `photos`, `largest_difference` (in probability, 0–1) and `tolerance`, and `score` of kinds
            with other weights: `correct` and `model_correct` of `total` test photos.

        Raises:
            UserError: there is no such kind, something else is there, a package is missing, the disk is full, the
                export answers otherwise, or loses more than it may.
        """
        if not 0 <= max_loss <= 1:
            raise UserError(f"max_loss is {max_loss:g}.", "Give a share from 0 to 1, such as 0.02 for 2%.")
        chosen, source = find_kind(kind), ExportSource(self._bundle, self._files, networks=networks)
        target = Path(export_file_name(source.name, chosen) if path is None else path).expanduser()
        samples = make_samples(self._bundle, self._files, include_photos)
        return make_export(source, chosen, target, samples, overwrite, max_loss)

    def write_report(self, path: str | PathLike[str] = "report.html") -> Path:
        """Write a report as one HTML file that opens offline and prints well: photos, curves, scores with their likely
        ranges, mistakes, limits. Of a model that was loaded from a file it tells what that brings, which is no photos.

        Args:
            path: where; folders above it are made, and a page that is there already is replaced.

        Returns:
            The path.

        Raises:
            UserError: the model brings no figures, something else is there, or the disk cannot be written.
        """
        target = Path(path).expanduser()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(target, error) from error
        write_report(self._files, self.info, self.config, self.report, target)
        return target


def load_model(model: str | PathLike[str], *, workspace: WorkspaceLike = None) -> Model:
    """Load a trained model. Needs no TensorFlow, and no code that is in the file is run.

    The network of a model that is no run of this workspace answers once in a process of its own first, with limits on
    memory and time, so that a file that somebody made to do harm ends in a sentence.

    Args:
        model: the folder or zip that `Model.save` or the download on the pages wrote, the folder of a run, or the id of
            a run (`list_runs`). What exists as a path is taken as one.
        workspace: where to find the run of an id; by default `$TRANSFERLAB_HOME`, else the user's data folder.

    Raises:
        UserError: there is no such run, no model there, it is damaged, or its network cannot be run.
    """
    if not isinstance(model, str | PathLike):
        raise UserError(
            f"An object of type {type(model).__name__} is not a model.", "Use a folder, a zip, or the id of a run."
        )
    path = Path(model).expanduser()
    own = not path.exists()
    if own:
        run = load_run(take_workspace(workspace), str(model))
        check_has_model(run)
        path = run.folder
    return Model(load_safely(path, own), path)


def check_has_model(run: Run) -> None:
    """Raise UserError, with the state of the run, where it has no model: it is still training, failed, was stopped…"""
    missing = no_model_message(run, job_status(run))
    if missing is not None:
        raise UserError(missing.what, missing.fix)


def _report_of(bundle: Bundle) -> Report:
    """The figures that `model.json` brings, without the predictions they were counted from."""
    try:
        found = parse_figures(bundle.info["test"], bundle.labels)
    except (LookupError, TypeError, ValueError) as error:
        raise UserError(
            "The model has no valid test results.", "Test it with evaluate, on a folder with one folder per class."
        ) from error
    return Report(**vars(found), predictions=_no_predictions())


def _no_predictions() -> pd.DataFrame:
    columns = (
        "path",
        "sha256",
        "label",
        "predicted",
        "correct",
        "probability",
        "probability_true",
        "probabilities",
        FAMILIARITY,
    )
    return pd.DataFrame(columns=columns)
