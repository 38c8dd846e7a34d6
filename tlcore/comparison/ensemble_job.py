"""What the job of an ensemble does: test figures of the members' predictions, then one model file that is checked.

No TensorFlow: the members are files that are ready. The test figures are counted on what the members predicted for the
test photos when they were tested, before any of them learned from all photos; the packed file is held against the
members' own files, each of which was held against its figures when it was packed.
"""

import importlib.metadata
import platform
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tlcore import __version__
from tlcore.comparison.ensemble_folds import combine_folds
from tlcore.comparison.ensemble_weights import Weights, choose_weights
from tlcore.comparison.ensembles import Member, check_members
from tlcore.comparison.packed_outputs import image_sizes, packed_outputs
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.errors import UserError
from tlcore.evaluation.calibration import VALIDATION, Calibration, divide_by, measure_reliability, save_calibration
from tlcore.evaluation.cross_validation import (
    cross_validation_info,
    remove_cross_validation,
    save_cross_validation,
)
from tlcore.evaluation.embedding import load_embedding, remove_embedding, save_embedding
from tlcore.evaluation.ensemble import VOTE, combine, combine_familiarity, combine_rules
from tlcore.evaluation.report import (
    FAMILIARITY,
    Report,
    figures,
    load_report,
    make_report,
    predictions_frame,
    save_familiarity,
    save_report,
)
from tlcore.evaluation.significance import check_same_photos
from tlcore.events import Evaluated, Event, Finished, Packed, Progress, ShouldStop, StageKey, Stopped
from tlcore.jobs.store import Run, load_run
from tlcore.serving.bundle import FOLDER, Bundle, load_bundle, write_bundle
from tlcore.serving.merge import merge_classifiers
from tlcore.workspace import Workspace

MOST_DIFFERENCE = 1e-3  # in probability, as in pipeline/packaging.py
NOTHING = "Nothing was combined."


@dataclass(frozen=True, eq=False)
class Members:
    """The runs that are combined, their models, and their figures on the same test photos in the same order."""

    runs: tuple[Run, ...]
    bundles: tuple[Bundle, ...]
    reports: tuple[Report, ...]

    @property
    def probabilities(self) -> list[npt.NDArray[np.float32]]:
        """Of each on the test photos, (n, classes)."""
        return [np.stack(report.predictions["probabilities"].tolist()) for report in self.reports]

    @property
    def familiarities(self) -> list[npt.NDArray[np.float32]] | None:
        """Of each on the test photos, (n,); None where one of them answers every photo."""
        if any(bundle.rejection is None for bundle in self.bundles):
            return None
        return [report.predictions[FAMILIARITY].to_numpy(np.float32) for report in self.reports]


@dataclass(frozen=True)
class _Way:
    """How the models are combined: by which method, how much each counts, and what the logits are divided by."""

    method: str
    weights: Weights
    temperature: float

    def combine(self, probabilities: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
        """What the models together say, (n, classes), of what each of them says."""
        combined = combine(probabilities, self.weights.values, self.method)
        return combined if self.temperature == 1 else divide_by(combined, self.temperature)


def run_ensemble(workspace: Workspace, run: Run, should_stop: ShouldStop) -> Iterator[Event]:
    """Do the run of an ensemble. Its last event is Finished, or Stopped where nothing came of it.

    Raises:
        UserError: a member is gone or cannot be combined with the others, the packed file does not answer as they do,
            or the disk is full.
    """
    start, spec = time.perf_counter(), run.ensemble
    assert spec is not None
    yield Progress(StageKey.PREPARE, 0, 1)
    dataset = load_dataset(workspace, run.dataset_id)
    members = _load_members(workspace, spec.runs)
    weights = yield from choose_weights(dataset, members.runs, members.bundles, spec, should_stop)
    if weights is None or should_stop():
        yield Stopped(NOTHING)
        return
    remove_cross_validation(run.folder)
    outcome = combine_folds(dataset, members.runs, weights, spec.method)
    way = _Way(spec.method, weights, 1.0 if outcome is None else outcome.calibration.temperature)
    report = _test(members, way)
    save_report(run.folder, report)
    if outcome is not None:
        save_cross_validation(run.folder, outcome.found)
    save_calibration(run.folder, _reliability(report) if outcome is None else outcome.calibration)
    if members.familiarities is not None:
        save_familiarity(run.folder, report)
    yield Evaluated(report.correct, report.total, time.perf_counter() - start, 0.0, 0.0)
    yield Progress(StageKey.PACK, 0, 1)
    rule = None if members.familiarities is None else _rule(members, weights, report)
    tflite = merge_classifiers(
        [bundle.tflite for bundle in members.bundles], weights.values, way.method, rule is not None, way.temperature
    )
    info = _describe(run, dataset, members, way, report) | {"unknown": rule}
    info["cross_validation"] = None if outcome is None else cross_validation_info(outcome.found)
    info["ensemble"]["embedding"] = _keep_embedding(run, members, weights)
    bundle = Bundle(tflite, dataset.labels, info)
    checked = yield from _verify(bundle, dataset, members, way)
    write_bundle(run.folder / FOLDER, Bundle(tflite, dataset.labels, info | {"check": checked}))
    yield Packed()
    yield Finished(run.id, time.perf_counter() - start)


def _load_members(workspace: Workspace, run_ids: tuple[str, ...]) -> Members:
    runs = tuple(load_run(workspace, run_id) for run_id in run_ids)
    check_members(runs)
    reports = {run.id: load_report(run.folder) for run in runs}
    check_same_photos({run_id: report.predictions for run_id, report in reports.items()})
    order = reports[runs[0].id].predictions["path"]
    for run_id, report in reports.items():
        rows = report.predictions.set_index("path", drop=False).loc[order].reset_index(drop=True)
        reports[run_id] = make_report(rows, report.labels)
    return Members(runs, tuple(load_bundle(run.folder) for run in runs), tuple(reports.values()))


def _test(members: Members, way: _Way) -> Report:
    """The figures of the ensemble on the test photos."""
    first, familiarities = members.reports[0], members.familiarities
    combined = way.combine(members.probabilities)
    familiarity = None if familiarities is None else combine_familiarity(familiarities, way.weights.values)
    return make_report(predictions_frame(first.predictions, combined, first.labels, familiarity), first.labels)


def _reliability(report: Report) -> Calibration:
    """How honest its confidence is on the test photos; no temperature is fitted on these, which judge it."""
    probabilities = np.stack(report.predictions["probabilities"].tolist())
    truth = pd.Categorical(report.predictions["label"], categories=list(report.labels)).codes.astype(np.int64)
    found = measure_reliability(probabilities, truth)
    return Calibration(1.0, VALIDATION, len(truth), found, found)


def _keep_embedding(run: Run, members: Members, weights: Weights) -> int | None:
    """Keep where the photos lie for the model that counts most, of those that know it, so that the ensemble finds the
    most alike ones too; the number of that model, None where none of them knows."""
    remove_embedding(run.folder)
    for number in np.argsort(-np.asarray(weights.values), kind="stable").tolist():
        found = load_embedding(members.runs[number].folder)
        if found is not None:
            save_embedding(run.folder, found)
            return int(number)
    return None


def _rule(members: Members, weights: Weights, report: Report) -> dict[str, Any]:
    rules = [bundle.rejection for bundle in members.bundles]
    rows = report.predictions
    rule = combine_rules(
        [each for each in rules if each is not None],
        weights.values,
        rows[FAMILIARITY].to_numpy(np.float32),
        rows["correct"].to_numpy(bool),
    )
    prototypes = [bundle.info["unknown"].get("prototypes", 0) for bundle in members.bundles]
    return rule.to_dict() | {"prototypes": sum(prototypes)}


def _verify(bundle: Bundle, dataset: Dataset, members: Members, way: _Way) -> Generator[Event, None, dict[str, Any]]:
    """Run the file in memory and those of the members on the test photos; the content of `check` in `model.json`.

    A vote changes at once where two classes are equally probable to a model, so photos where that is so within the
    allowed difference are not held against it.
    """
    photos, largest, certain = dataset.part("test"), 0.0, np.ones(len(dataset.part("test")), bool)
    found = yield from packed_outputs([bundle, *members.bundles], dataset, photos, StageKey.VERIFY)
    (own, familiarity), others = found[0], found[1:]
    if way.method == VOTE and len(photos):
        tops = [np.sort(probabilities, axis=1)[:, -2:] for probabilities, _ in others]
        certain = np.all([top[:, 1] - top[:, 0] > MOST_DIFFERENCE for top in tops], axis=0)
    if certain.any():
        expected = way.combine([probabilities for probabilities, _ in others])
        largest = float(np.abs(own - expected)[certain].max())
    if familiarity is not None and len(photos):
        known = [each for _, each in others if each is not None]
        largest = max(largest, float(np.abs(familiarity - combine_familiarity(known, way.weights.values)).max()))
    if not largest <= MOST_DIFFERENCE:  # not a number is as bad
        raise UserError(
            "The combined model doesn’t give the same probabilities as its members together.",
            f"A difference of {MOST_DIFFERENCE} is allowed, so this model can’t be used. Please report this.",
        )
    return {"photos": len(photos), "largest_difference": largest, "allowed": MOST_DIFFERENCE}


def _describe(run: Run, dataset: Dataset, members: Members, way: _Way, report: Report) -> dict[str, Any]:
    """The content of `model.json`; what is the same for all members stands as the first one tells it."""
    first, weights = members.bundles[0].info, way.weights
    largest, *others = image_sizes(members.bundles)
    refits = [bundle.info["refit"] for bundle in members.bundles if bundle.info.get("refit")]
    told = [
        asdict(Member(each.id, each.config.strategy, each.config.backbone, weight, own.correct, own.total))
        for each, own, weight in zip(members.runs, members.reports, weights.values, strict=True)
    ]
    backbones = {bundle.info["backbone"]["name"]: bundle.info["backbone"] for bundle in members.bundles}
    return {
        "format": 1,
        "name": run.name,
        "run": run.id,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "input": first["input"] | {"size": largest} | ({"other_sizes": others} if others else {}),
        "output": first["output"],
        "ensemble": {
            "method": way.method,
            "weights_from": weights.source,
            "photos": weights.photos,
            "members": told,
        },
        "backbone": next(iter(backbones.values())),
        "backbones": list(backbones.values()),
        "dataset": first["dataset"] | {"name": dataset.name},
        "config": run.config.to_dict(),
        "seed": run.config.seed,
        "test": {key: value for key, value in figures(report).items() if key != "labels"},
        "temperature": way.temperature,
        "refit": refits[0] if refits else None,
        "versions": {
            "transferlab": __version__,
            "python": platform.python_version(),
            "platform": f"{platform.system()} {platform.machine()}",
        }
        | {name: importlib.metadata.version(name) for name in ("ai-edge-litert", "numpy", "pillow")},
    }
