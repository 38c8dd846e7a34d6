"""A trained model: its settings and its figures."""

from functools import cached_property

import pandas as pd

from tlcore.api.loaded_model import LoadedModel
from tlcore.api.run_report import limits_of
from tlcore.comparison.retraining import load_before_after
from tlcore.config import TrainConfig
from tlcore.errors import UserError
from tlcore.evaluation.before_after import BeforeAfter
from tlcore.evaluation.cross_validation import CrossValidation, load_cross_validation, parse_cross_validation
from tlcore.evaluation.figures import parse_figures
from tlcore.evaluation.rejection import RejectionRule
from tlcore.evaluation.report import FAMILIARITY, FIGURES, Report, load_report
from tlcore.jobs.store import load_run
from tlcore.serving.bundle import Bundle
from tlcore.workspace import Workspace


class ModelFigures(LoadedModel):
    """What a model tells of itself."""

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
        return load_report(self._files) if (self._files / FIGURES).exists() else bundled_report(self._bundle)

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


def bundled_report(bundle: Bundle) -> Report:
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
