"""How long a whole run still takes, until its model predicts: of each stage of its plan, what remains times its rate.

rates.py knows the rates. What is told has two ends; where all that follows was measured they are one. Beside the time
left every event gets the share of the whole run that is done, which moves on evenly and never back (jobs/pace.py).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import mean

from tlcore.events import EpochEnd, Evaluated, Event, Progress, StageKey
from tlcore.jobs.pace import FULLEST, advance, least_units, likely
from tlcore.pipeline.fold_time import FoldPlan
from tlcore.pipeline.rates import Range, Rates
from tlcore.pipeline.stage import Stage
from tlcore.pipeline.timings import Rate

RECENT = 3  # epochs whose time tells how long the next ones take
UNKNOWN_SECONDS = 60.0  # for the bar alone, while nobody knows how long it takes
AFTER_PLAN = (StageKey.PACK, StageKey.VERIFY)
_FIRST: dict[StageKey, Rate] = {StageKey.FINE_TUNE: "compile", StageKey.TRAIN_HEAD: "trace"}  # what begins a stage


class Eta:
    """Follows a run by its events and its plan, and fills in the time left and the share that is done.

    Args:
        rates: what each kind of work takes.
        num_test: test photos, on which the packed model is checked.
        ago: seconds since the run was begun.
        first: what the whole run takes, as far as that is known before there is a plan.
        folds: the cross-validation that the run may do at its end.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        rates: Rates,
        num_test: int = 0,
        ago: float = 0.0,
        first: Range | None = None,
        folds: FoldPlan | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rates, self._num_test, self._first, self._clock = rates, num_test, first, clock
        self._stages: Sequence[Stage] = ()
        self._epochs: list[float] = []  # seconds of each epoch of fine-tuning
        self._folds, self._head_epochs = folds, 0
        self._converting = False
        self._last = self._shared = clock()  # when something ended; when `share` was reckoned
        self._began = self._last - ago
        self._share, self._told = 0.0, UNKNOWN_SECONDS
        if ago > 0:
            self._share = advance(0.0, UNKNOWN_SECONDS, ago)

    def expect(self, stages: Sequence[Stage], share_below: float) -> None:
        """From here on this is what remains, the first stage being in work.

        Args:
            share_below: of the network's multiplications, what lies below the part that trains (0–1).
        """
        if self._converting:
            self._rates.measured["convert"] = self._clock() - self._last
        self._converting = False
        self._stages, self._rates.share_below = stages, share_below

    def update(self, event: Event) -> Event:
        """The event, with the time left for the whole run and the share of it that is done."""
        if isinstance(event, Evaluated):
            if self._epochs:
                self._rates.measured["evaluate"] = self._clock() - self._last
            self._stages = ()
        if not isinstance(event, Progress | EpochEnd):
            return event
        left = self._after_epoch(event) if isinstance(event, EpochEnd) else self._after_progress(event)
        return replace(event, left=left, share=self._advance(event, left))

    @property
    def cross_validates(self) -> bool:
        """Whether the run does its cross-validation, as far as the time is known that it takes."""
        return self._folds is not None and self._folds.is_automatic(self._rates, self._head_epochs)

    def measured(self) -> dict[str, float]:
        """The rates of this run by name, for later ones."""
        return self._rates.by_name()

    def _advance(self, event: Event, left: Range | None) -> float:
        """The share now: the time since the run began, of that and the time left, so that it agrees with those."""
        now = self._clock()
        passed, self._shared = now - self._shared, now
        before = advance(self._share, self._told, passed)  # what was shown until now
        own = event.seconds_left if isinstance(event, Progress) else None
        self._told = likely(left) if left else UNKNOWN_SECONDS if own is None else own + UNKNOWN_SECONDS / 2
        whole = now - self._began + self._told
        self._share = max(before, min(FULLEST, (now - self._began) / whole if whole > 0 else 0.0))
        return round(self._share, 4)

    def _after_progress(self, event: Progress) -> Range | None:
        if event.stage in AFTER_PLAN:
            return self._while_packing(event)
        if event.stage == StageKey.PREPARE:
            return self._while_preparing()
        if not self._stages and event.stage in (StageKey.CROSS_VALIDATE, StageKey.EXTRACT_FEATURES):
            return self._while_cross_validating(event)
        if event.stage == StageKey.FINAL_FEATURES:
            own = event.seconds_left or 0.0
            return _add((own, own), self._packing())
        if not self._stages or event.stage != self._stages[0].key:
            return None
        stage = self._stages[0]
        if stage.key == StageKey.FINE_TUNE:
            return self._while_fine_tuning(stage, event)
        self._last = self._clock()
        remains, new = event.total - event.done, event.done - event.cached
        seconds = event.seconds_left if remains else 0.0
        if seconds is None or (remains and new < least_units(event.total - event.cached)):
            return self._sum(self._units(stage, remains, remains))
        if remains and not stage.open_ended:  # how long a download takes is no property of this machine
            self._rates.measured[stage.key] = seconds / remains
        return self._sum((seconds, seconds))

    def _while_preparing(self) -> Range | None:
        """A stage is over, and what follows is got ready."""
        if not self._stages:
            return self._first
        self._last = self._clock()
        self._converting = self._stages[0].key == StageKey.ADAPT_BATCH_NORM
        return self._sum((0.0, 0.0))

    def _while_fine_tuning(self, stage: Stage, event: Progress) -> Range:
        if "compile" not in self._rates.measured:  # what went by since the last event is the first step
            self._rates.measured["compile"] = self._clock() - self._last
        remains = event.total - event.done
        units = stage.epoch_units or 1
        if self._epochs:
            seconds = self._usual_epoch() * remains / units
        else:
            low, high = self._units(stage, remains, remains)
            weight = min(1.0, event.done / units) if event.seconds_left is not None else 0.0
            seconds = weight * (event.seconds_left or 0.0) + (1 - weight) * likely((low, high))
        least = max(0, min(remains, stage.least - event.done)) / remains if remains else 1.0
        return _add((least * seconds, seconds), self._ending())

    def _while_cross_validating(self, event: Progress) -> Range | None:
        """The test figures are there: the features that it lacks, then a model for each fold."""
        if self._folds is None:
            return None
        low, high = self._folds.seconds(self._rates, self._head_epochs)
        if event.stage == StageKey.CROSS_VALIDATE:
            remains = 1 - event.done / max(1, event.total)
            low, high = low * remains, high * remains
            if event.done and event.seconds_left is not None:
                low = high = event.seconds_left
        return _add((low, high), self._rates["pack"], self._verifying(self._num_test))

    def _while_packing(self, event: Progress) -> Range:
        now = self._clock()
        if event.stage == StageKey.PACK:
            self._last = now
            return _add(self._rates["pack"], self._verifying(self._num_test))
        if event.done == 0:
            self._rates.measured["pack"] = now - self._last
        seconds = event.seconds_left if event.done else None
        return self._verifying(event.total - event.done) if seconds is None else (seconds, seconds)

    def _after_epoch(self, event: EpochEnd) -> Range | None:
        self._last = self._clock()
        if not self._stages:
            return None
        stage = self._stages[0]
        epochs = stage.total // max(1, stage.epoch_units)
        low, high = _epochs_left(stage, event, epochs)
        self._head_epochs = event.epoch if event.phase == "head" else self._head_epochs
        if event.phase != "head":
            self._epochs.append(event.seconds)
            usual = self._usual_epoch()
            self._rates.measured[stage.key] = usual / max(1, stage.epoch_samples)
            return _add((low * usual, high * usual), self._ending())
        if "trace" not in self._rates.measured:  # the first one compiles, and tells nothing of the others
            self._rates.measured["trace"] = event.seconds
        else:
            rate = event.seconds / max(1, stage.epoch_samples)
            self._rates.measured[stage.key] = min(rate, self._rates.measured.get(stage.key, rate))
        return self._sum(self._units(stage, low, high))

    def _usual_epoch(self) -> float:
        """Seconds of an epoch of fine-tuning; the first one compiled."""
        if len(self._epochs) > 1:
            return mean(self._epochs[1:][-RECENT:])
        return max(0.1 * self._epochs[0], self._epochs[0] - self._rates.measured.get("compile", 0.0))

    def _sum(self, now: Range) -> Range | None:
        """All that remains: of the stage in work, of everything after it, and until the model predicts."""
        if self._stages[-1].open_ended:
            return None
        adapts, tunes = self._stages[0].key == StageKey.ADAPT_BATCH_NORM, self._stages[-1].key == StageKey.FINE_TUNE
        after = self._rates["convert"] if adapts else (0.0, 0.0)
        end = self._ending() if tunes else self._packing()
        return _add(now, after, *map(self._remains, self._stages[1:]), end)

    def _remains(self, stage: Stage) -> Range:
        """What a stage that has not begun will take."""
        most = stage.total - stage.cached
        least = max(0, stage.least - stage.cached) if stage.epoch_units else most
        once = _FIRST.get(stage.key)
        return _add(self._units(stage, least, most), self._rates[once] if once else (0.0, 0.0))

    def _units(self, stage: Stage, least: int, most: int) -> Range:
        """What so many units of a stage take."""
        low, high = self._rates[stage.key]
        return low * stage.samples_per_unit * least, high * stage.samples_per_unit * most

    def _ending(self) -> Range:
        """From the last epoch of fine-tuning until the model predicts."""
        return _add(self._rates["evaluate"], self._packing())

    def _packing(self) -> Range:
        return _add(self._rates["pack"], self._verifying(self._num_test), self._cross_validating())

    def _cross_validating(self) -> Range:
        """What the cross-validation will take, nothing where the run will not do it."""
        if self._folds is None or not self.cross_validates:
            return 0.0, 0.0
        return self._folds.seconds(self._rates)

    def _verifying(self, photos: int) -> Range:
        low, high = self._rates[StageKey.VERIFY]
        return low * photos, high * photos


def _epochs_left(stage: Stage, event: EpochEnd, epochs: int) -> tuple[int, int]:
    """At least, where it ends early as soon as it may, and at most."""
    units = max(1, stage.epoch_units)
    done = event.epoch if event.phase == "head" else epochs - (event.epochs - event.epoch)
    most = max(0, epochs - done)
    if stage.least >= stage.total:
        return most, most
    best = max(0, event.best_epoch_so_far - (event.epoch - done))  # in this phase, 0 for what came before it
    return max(0, min(most, best + stage.least // units - done)), most


def _add(*parts: Range) -> Range:
    return sum(low for low, _ in parts), sum(high for _, high in parts)
