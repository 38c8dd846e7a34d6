"""A trained model: tested on other photos, and what else can be found out about it."""

from collections.abc import Callable
from os import PathLike
from pathlib import Path

import pandas as pd

from tlcore.analysis import learning_curve as curves
from tlcore.analysis import photo_map
from tlcore.analysis import shortcuts as hidden
from tlcore.analysis.learning_curve import LearningCurve
from tlcore.analysis.photo_map import PhotoMap
from tlcore.analysis.shortcuts import Shortcuts
from tlcore.api.analyses import analyse
from tlcore.api.arguments import take_layout
from tlcore.api.loaded_model import LoadedModel
from tlcore.api.progress_bars import showing
from tlcore.data.outside_table import find_table
from tlcore.errors import UserError
from tlcore.evaluation import cross_validation as folds
from tlcore.evaluation.cross_validation import CrossValidation, load_cross_validation
from tlcore.evaluation.report import Report
from tlcore.events import Event, run_to_end
from tlcore.serving.score import score_path


class ModelAnalyses(LoadedModel):
    """What can be found out about a model, on other photos or on its own."""

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
