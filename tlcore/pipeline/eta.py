"""How long a whole run still takes: for each stage of its plan, what remains of it times the rate of such work.

A rate is, in this order, measured in this run, remembered of an earlier one (timings.py), or scaled from what this run
measured by the share of the network's multiplications that the stage does. The last is rough, so there are a lower and
an upper end; where nothing is known, there is no estimate.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from tlcore.events import EpochEnd, Event, Progress, StageKey
from tlcore.pipeline.stage import Stage
from tlcore.pipeline.timings import Rate, TimingNames

Range = tuple[float, float]  # seconds, or seconds a photo: at least and at most

TRAINED = (2.5, 10.0)
"""What one photo costs TensorFlow in an epoch (forwards, backwards, step, validation), in passes by LiteRT, if all of
the network trained: in two runs of EfficientNet-Lite0 at 160 px on two cores 3.0 with the upper third unfrozen and 7
with all of it. The layers at the bottom, with their large pictures, take TensorFlow longest."""

JOINT_SHARE = (1.0, 1.2)  # of a pass for features alone: activations are large; on the emoji they took the same
BELOW_SHARE = (0.8, 1.3)  # of a pass by work share: decoding comes on top, a shorter network has less to set up
REMEMBERED = (0.9, 1.15)  # from run to run of one machine
COMPILING = (3.0, 20.0)  # seconds for the first step
EVALUATING = (1.0, 10.0)  # seconds for the best weights and the test photos
HEAD_SECONDS = (0.0, 5e-5)  # a photo and epoch; it may end early
LEAST_SHARE, LEAST_UNITS = 0.05, 8  # of a stage that have to be done before its rate is believed


class Eta:
    """Follows a run by its events and its plan, and fills in the time left.

    Args:
        names: under which each rate is remembered.
        remembered: seconds by these names, of earlier runs.
    """

    def __init__(self, names: TimingNames, remembered: dict[str, float]) -> None:
        self._names, self._remembered = names, remembered
        self._measured: dict[Rate, float] = {}
        self._stages: Sequence[Stage] = ()
        self._share_below = 0.0
        self._epochs: list[float] = []  # seconds of each epoch of fine-tuning
        self._last = time.monotonic()

    def expect(self, stages: Sequence[Stage], share_below: float) -> None:
        """From here on this is what remains, the first stage being in work.

        Args:
            share_below: of the network's multiplications, what lies below the part that trains (0–1).
        """
        self._stages, self._share_below = stages, share_below

    def update(self, event: Event) -> Event:
        """The event, with the time left for the whole run where it can be known."""
        if not self._stages:
            return event
        if isinstance(event, Progress) and event.stage == self._stages[0].key:
            return replace(event, left=self._after_progress(self._stages[0], event))
        if isinstance(event, EpochEnd):
            return replace(event, left=self._after_epoch(self._stages[0], event))
        return event

    def measured(self) -> dict[str, float]:
        """The rates of this run by name, for later ones; to be asked when the test photos have been predicted."""
        rates = dict(self._measured)
        if self._epochs:
            rates["evaluate"] = time.monotonic() - self._last
        joint = rates.get(StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS)
        if joint is not None:
            rates.setdefault(StageKey.EXTRACT_FEATURES, joint)  # serves other strategies too
        return {self._names[rate]: seconds for rate, seconds in rates.items()}

    def _after_progress(self, stage: Stage, event: Progress) -> Range | None:
        if stage.key == StageKey.FINE_TUNE:
            if "compile" not in self._measured:  # what went by since the last event is the first step
                self._measured["compile"] = time.monotonic() - self._last
            seconds = event.seconds_left
            return _add((seconds, seconds), self._rate("evaluate")) if seconds else None
        self._last = time.monotonic()
        remains, new = event.total - event.done, event.done - event.cached
        seconds = event.seconds_left if remains else 0.0
        if seconds is None or (remains and new < max(LEAST_UNITS, LEAST_SHARE * (event.total - event.cached))):
            return self._sum(self._units(stage, remains if stage.certain else 0, remains))
        if remains and not stage.open_ended:  # how long a download takes is no property of this machine
            self._measured[stage.key] = seconds / remains
        return self._sum((seconds, seconds))

    def _after_epoch(self, stage: Stage, event: EpochEnd) -> Range | None:
        self._last = time.monotonic()
        epochs = stage.total // max(1, stage.epoch_units)
        done = event.epoch if event.phase == "head" else epochs - (event.epochs - event.epoch)
        low, high = self._epochs_left(stage, done)
        if event.phase == "head":
            rate = event.seconds / max(1, stage.epoch_samples)
            self._measured[stage.key] = min(rate, self._measured.get(stage.key, math.inf))  # the first one compiles
            return self._sum((low * event.seconds, high * event.seconds))
        self._epochs.append(event.seconds)
        usual = median(self._epochs[1:] or self._epochs)
        self._measured[stage.key] = usual / max(1, stage.epoch_samples)
        return _add((low * usual, high * usual), self._rate("evaluate"))

    def _epochs_left(self, stage: Stage, done: int) -> tuple[int, int]:
        """At least, where it ends early as soon as it may, and at most."""
        units = max(1, stage.epoch_units)
        return max(0, stage.least // units - done), max(0, stage.total // units - done)

    def _sum(self, now: Range | None) -> Range | None:
        """All that remains: of the stage in work, and of everything after it."""
        if self._stages[-1].open_ended:
            return None
        total = now
        for stage in self._stages[1:]:
            remains = self._remains(stage)
            if total is None or remains is None:
                return None
            total = _add(total, remains)
        return total

    def _remains(self, stage: Stage) -> Range | None:
        """What a stage that has not begun will take."""
        most = stage.total - stage.cached
        least = max(0, stage.least - stage.cached) if stage.epoch_units else most if stage.certain else 0
        seconds = self._units(stage, least, most)
        if seconds is None or stage.key != StageKey.FINE_TUNE:
            return seconds
        return _add(seconds, self._rate("compile"), self._rate("evaluate"))

    def _units(self, stage: Stage, least: int, most: int) -> Range | None:
        """What so many units of a stage take."""
        if not most:
            return 0.0, 0.0
        rate = self._rate(stage.key)
        return rate and (rate[0] * stage.samples_per_unit * least, rate[1] * stage.samples_per_unit * most)

    def _rate(self, rate: Rate) -> Range | None:
        """Seconds a photo and view (and epoch), or at all; None while nothing is known."""
        if known := self._known(rate):
            return known
        if rate in ("compile", "evaluate", StageKey.TRAIN_HEAD):
            return {"compile": COMPILING, "evaluate": EVALUATING}.get(rate, HEAD_SECONDS)
        if rate == StageKey.ADAPT_BATCH_NORM:
            return None
        if rate == StageKey.EXTRACT_FEATURES:
            joint = self._known(StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS)
            return joint and (joint[0] / JOINT_SHARE[1], joint[1] / JOINT_SHARE[0])
        extract = self._rate(StageKey.EXTRACT_FEATURES)
        if extract is None:
            return None
        low, high = self._share_of_extraction(rate)
        return extract[0] * low, extract[1] * high

    def _share_of_extraction(self, rate: Rate) -> Range:
        """What a photo of a stage takes, as a multiple of a pass through the whole network."""
        below = self._share_below
        if rate == StageKey.EXTRACT_FEATURES_AND_ACTIVATIONS:
            return JOINT_SHARE
        if rate == StageKey.DECODE_PHOTOS:
            return 0.0, 1.0
        if rate == StageKey.CACHE_ACTIVATIONS:
            return min(1.0, BELOW_SHARE[0] * below), min(1.0, BELOW_SHARE[1] * below)
        return TRAINED[0] * (1 - below), TRAINED[1] * (1 - below)

    def _known(self, rate: Rate) -> Range | None:
        """What was measured in this run, or remembered of an earlier one."""
        if rate in self._measured:
            return self._measured[rate], self._measured[rate]
        if self._names[rate] in self._remembered:
            seconds = self._remembered[self._names[rate]]
            return seconds * REMEMBERED[0], seconds * REMEMBERED[1]
        return None


def _add(*parts: Range | None) -> Range:
    known = [part for part in parts if part is not None]
    return sum(low for low, _ in known), sum(high for _, high in known)
