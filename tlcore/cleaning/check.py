"""The check of a data set's photos. A job like the others (jobs/store.py), one for all versions of a data set.

The built-in network's features are extracted into the feature store, where a training finds them; each photo is
measured once more by itself; then all are compared. No TensorFlow; scikit-learn is loaded only here.
"""

import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np
import pandas as pd

from tlcore.cleaning import honest
from tlcore.cleaning.alike import Alike, find_alike
from tlcore.cleaning.course import Course, Part
from tlcore.cleaning.groups import ALIKE, belong_together, can_be_split, named_groups, propose_groupings
from tlcore.cleaning.issues import MEASURES, WRONG_LABEL
from tlcore.cleaning.pairs import pair_issues
from tlcore.cleaning.quality import find_poor, measure_photo
from tlcore.cleaning.quick_model import NUM_FOLDS, Codes, Floats
from tlcore.cleaning.results import STORED, Check, SplitWorth, save_check, sort_issues
from tlcore.cleaning.wrong_labels import PASSES, Doubts, find_wrong_labels
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.versions import current_version
from tlcore.events import Event, Finished, Progress, ShouldStop, StageKey, Stopped, never
from tlcore.features.extract import FEATURES_KEPT, Photo
from tlcore.features.pooled import extract_pooled, num_missing
from tlcore.features.saving import Stopwatch
from tlcore.jobs.store import Job
from tlcore.models.litert_runtime import usable_cores
from tlcore.workspace import Workspace, touch_used

EXTRACT_SECONDS, MEASURE_SECONDS, MODEL_SECONDS = 0.014, 0.006, 0.3
"""Of a photo, a photo, and a model: what they take on two cores, for the time left."""


def find_issues(
    workspace: Workspace, dataset: Dataset, should_stop: ShouldStop = never, seed: int = 0
) -> Generator[Progress, None, Check | None]:
    """Look for photos to correct or leave out, test photos included.

    Args:
        should_stop: when true, the features that were extracted until then are kept.

    Returns:
        what was found; None when stopped.

    Raises:
        UserError: a photo is gone or has changed, or the disk is full.
    """
    rows = dataset.photos.reset_index(drop=True)
    photos = [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)]
    keys = (ALIKE, *(each.key for each in propose_groupings(rows)))
    num_models = PASSES * NUM_FOLDS + honest.REPEATS * NUM_FOLDS * (1 + len(keys))
    course = Course(
        Part(StageKey.EXTRACT_FEATURES, num_missing(workspace, rows["sha256"].tolist()), EXTRACT_SECONDS),
        Part(StageKey.MEASURE, rows["sha256"].nunique(), MEASURE_SECONDS),
        Part(StageKey.COMPARE, num_models, MODEL_SECONDS),
    )
    features = yield from course.follow(extract_pooled(workspace, photos, dataset.read, should_stop))
    if features is None:
        return None
    measured = yield from course.follow(_measure(dataset, rows, should_stop))
    if measured is None:
        return None
    comparison = _Comparison(dataset, rows.join(measured), features, seed)
    return (yield from course.follow(comparison.run(keys, num_models, should_stop)))


def _measure(
    dataset: Dataset, rows: pd.DataFrame, should_stop: ShouldStop
) -> Generator[Progress, None, pd.DataFrame | None]:
    """What is measured of each photo by itself, a row for each of `rows`; None when stopped."""
    different = rows.drop_duplicates("sha256")
    watch, found = Stopwatch(StageKey.MEASURE, len(different)), []
    with ThreadPoolExecutor(usable_cores(), thread_name_prefix="measure") as pool:
        for measured in pool.map(lambda path: measure_photo(dataset.read(path)), different["path"]):
            found.append(asdict(measured))
            if should_stop():
                pool.shutdown(cancel_futures=True)
                return None
            yield watch.progress(len(found))
    table = pd.DataFrame(found, index=different["sha256"]).astype({"look": np.uint64})
    return table.loc[rows["sha256"]].reset_index(drop=True)


class _Comparison:
    """The photos of a data set beside one another. `rows`: of the manifest, with what was measured."""

    def __init__(self, dataset: Dataset, rows: pd.DataFrame, features: Floats, seed: int) -> None:
        self._dataset, self._rows, self._features, self._seed = dataset, rows, features, seed
        codes = pd.Categorical(rows["label"], categories=list(dataset.labels)).codes
        self._labels: Codes = codes.astype(np.int64)

    def run(
        self, keys: tuple[str, ...], num_models: int, should_stop: ShouldStop
    ) -> Generator[Progress, None, Check | None]:
        """Find what is alike, doubtful and poor, and what a split by each grouping is worth; None when stopped."""
        watch, done = Stopwatch(StageKey.COMPARE, num_models, unit="steps"), 0
        work = self._find(keys, should_stop)
        yield watch.progress(0)
        while True:
            try:
                next(work)
            except StopIteration as end:
                check: Check = end.value
                yield watch.progress(num_models)
                return check
            if should_stop():
                work.close()
                return None
            done += 1
            yield watch.progress(min(done, num_models - 1))

    def _find(self, keys: tuple[str, ...], should_stop: ShouldStop) -> Generator[int, None, Check]:
        """Yields after each model that was trained."""
        alike = find_alike(self._features, self._rows, should_stop)
        yield 0
        hanging = pd.Series(alike.group, index=self._rows.index)
        groups = belong_together(self._rows, hanging).to_numpy(np.int64)
        doubts = yield from find_wrong_labels(
            self._features, self._labels, groups, len(self._dataset.labels), self._seed
        )
        worth = yield from self._worth(keys, hanging)
        return self._check(alike, doubts, worth)

    def _worth(self, keys: tuple[str, ...], hanging: pd.Series) -> Generator[int, None, tuple[SplitWorth, ...]]:
        """What a split by each of these groupings is worth; those that tear nothing apart, or allow none, are not."""
        found = []
        by_itself = belong_together(self._rows)
        for key in keys:
            named = [] if key == ALIKE else [named_groups(self._rows, key)]
            groups = belong_together(self._rows, hanging, *named)
            if groups.nunique() == by_itself.nunique() or not can_be_split(groups, self._rows["label"]):
                continue
            chosen = honest.choose_rows(groups.to_numpy(np.int64), self._seed)
            features, labels = self._features[chosen], self._labels[chosen]
            shares = []
            for codes in (by_itself, groups):
                kept = codes.to_numpy(np.int64)[chosen]
                shares.append((yield from honest.correct_shares(features, labels, kept, self._seed)))
            at_random, by_group = shares
            worth = honest.split_worth(key, groups.to_numpy(np.int64)[chosen], at_random, by_group, self._seed)
            found += [worth] if worth is not None else []
        return tuple(found)

    def _check(self, alike: Alike, doubts: Doubts, worth: tuple[SplitWorth, ...]) -> Check:
        """All that was found, as tables."""
        labels = np.array(self._dataset.labels, dtype=object)
        wrong = pd.DataFrame(
            {
                "kind": WRONG_LABEL,
                "path": self._rows["path"].to_numpy(object)[doubts.suspects],
                "proposed": labels[doubts.proposed],
                "score": doubts.margin,
                "value": doubts.probability,
            }
        )
        tables = [wrong, pair_issues(alike, self._rows, doubts.doubt), find_poor(self._rows)]
        issues = pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)
        for name in ("other", "proposed"):
            issues[name] = issues[name].fillna("") if name in issues else ""
        of = dict(zip(self._rows["path"], self._rows["label"]))
        issues = issues.assign(label=[of[path] for path in issues["path"]])
        photos = self._rows.assign(doubt=doubts.doubt, similarity=alike.similarity, group=alike.group)
        photos = photos[["path", "sha256", "label", *MEASURES, "group"]]
        return Check(self._dataset.fingerprint, photos, sort_issues(issues)[list(STORED)], worth)


def run_check(workspace: Workspace, job: Job, should_stop: ShouldStop = never) -> Iterator[Event]:
    """Do a check of the newest version of a data set. Ends with Finished (the version's id) or Stopped."""
    start = time.perf_counter()
    dataset = load_dataset(workspace, current_version(workspace, job.spec["dataset"]))
    touch_used(dataset.folder)
    check = yield from find_issues(workspace, dataset, should_stop)
    if check is None:
        yield Stopped(FEATURES_KEPT)
        return
    save_check(job.folder, check)
    yield Finished(dataset.id, time.perf_counter() - start)
