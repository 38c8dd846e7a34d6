"""Recorded trainings (evaluation/curves/), for tests of what is found in their curves and of how it is told."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from tlcore.config import TrainConfig
from tlcore.evaluation.curve_warnings import find_curve_warnings
from tlcore.evaluation.curves import CurveWarning
from tlcore.events import EpochEnd, decode

CURVES = Path(__file__).parent / "evaluation" / "curves"


@dataclass(frozen=True)
class Recorded:
    """A recorded training: what it learned with and from, and its epochs."""

    config: TrainConfig
    epochs: list[EpochEnd]
    counts: list[int]
    labels: list[str]

    def warnings(self, num_epochs: int | None = None) -> list[CurveWarning]:
        """What it warns of after so many epochs, or at its end."""
        return find_curve_warnings(self.epochs[:num_epochs], self.config, self.counts, self.labels)

    def kinds(self, num_epochs: int | None = None) -> set[str]:
        return {each.kind for each in self.warnings(num_epochs)}


def recorded(name: str) -> Recorded:
    """The training in curves/NAME.json."""
    values = json.loads((CURVES / f"{name}.json").read_text(encoding="utf-8"))
    rows = [dict(zip(values["columns"], row, strict=True)) for row in values["rounds"]]
    epochs = [decode(json.dumps({"type": "epoch", "seconds": 0.1} | row)) for row in rows]  # by an earlier version
    return Recorded(TrainConfig.from_dict(values["settings"]), epochs, values["validation"], values["labels"])


def without_class(end: EpochEnd, number: int) -> EpochEnd:
    """The epoch as if the class with this number had never been predicted."""
    counts = (*end.val_prediction_counts[:number], 0, *end.val_prediction_counts[number + 1 :])
    return replace(end, val_prediction_counts=counts)
