"""How long a whole run still takes, told from nearly its beginning: every event of a run passes and is told it.

What is still to come is known exactly: so many photos to look at, so many rounds. What each takes is, in this order,
measured in this run, remembered of an earlier one (pace.py), or scaled from what this run measured by the share of
the network's multiplications that the part does. The last is rough, so it gives a lower and an upper end, and it is
shown as these two; where nothing is known, nothing is said.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from tlcore.config import TrainConfig
from tlcore.events import EpochEnd, Event, Progress
from tlcore.pipeline.timings import BELOW, BOTH, END, HEAD, LEARN, LOOK, MEASURE, READ, START, Names

Range = tuple[float, float]  # seconds, or seconds a photo: at least and at most

TRAINED = (2.5, 10.0)
"""What one photo costs TensorFlow in a round (forwards, backwards, correction, validation), in looks at it by LiteRT,
if the open part were all of the network: in two runs of EfficientNet-Lite0 at 160 px on two cores 3.0 with the upper
third open and 7 with all of it. The layers at the bottom, with their large pictures, take TensorFlow longest."""

BOTH_SHARE = (1.0, 1.2)  # of the look: what is kept for the open part is large; on the emoji they took the same
BELOW_SHARE = (0.8, 1.3)  # of the look by work share: decoding comes on top, a shorter network has less to set up
REMEMBERED = (0.9, 1.15)  # from run to run of one machine
STARTING = (3.0, 20.0)  # seconds to compile the first correction
ENDING = (1.0, 10.0)  # seconds for the best weights and the test photos
HEAD_SECONDS = (0.0, 5e-5)  # a photo and round; it may end early
LEAST_SHARE, LEAST_PHOTOS = 0.05, 8  # of a series that have to be done before its pace is believed
CLOSE = 1.5  # two ends that are no farther apart are told as one


@dataclass(frozen=True)
class Series:
    """Photos that will be looked at in one go: the kind of their pace, how many are missing, and views of all.

    `sure`: False where they may turn out to be there already.
    """

    kind: str
    photos: int
    rows: int
    sure: bool = True


@dataclass(frozen=True)
class Amount:
    """What a run has before it.

    `series`: in the order in which they come. `training`: the number of training photos. `rounds`: those with the
    network open. `work_below`: the share (0–1) of the network's multiplications that lie below the open part.
    """

    series: Sequence[Series]
    training: int
    rounds: int = 0
    work_below: float = 0.0


class Eta:
    """Follows a run by its events and knows what is still to come."""

    def __init__(self, config: TrainConfig, names: Names, remembered: dict[str, float], amount: Amount) -> None:
        self._config, self._names, self._amount = config, names, amount
        self._remembered = remembered
        self._paces: dict[str, float] = {}  # measured in this run
        self._coming = [series for series in amount.series if series.photos]
        self._now: Series | None = None
        self._spent = (0.0, 0.0)  # seconds and rows of this series
        self._before: dict[str, tuple[float, float]] = {}  # the same of earlier series, by kind
        self._rounds: list[float] = []  # seconds of each with the network open
        self._last = time.monotonic()
        self._head_is_done = config.strategy == "scratch"

    def tell(self, event: Event) -> Event:
        """The event, with the time left for the whole run where it can be known."""
        if isinstance(event, Progress) and event.stage in ("statistics", "features", "both", "read"):
            return replace(event, left=self._see_photos(event))
        if isinstance(event, Progress) and event.stage == "learn":
            self._see_start()
            return replace(event, left=_add((event.seconds_left,) * 2, self._pace(END)) if event.seconds_left else None)
        if isinstance(event, EpochEnd):
            return replace(event, left=self._see_round(event))
        return event

    def measured(self) -> dict[str, float]:
        """The paces of this run by name, for later ones; to be asked when the test photos have been answered."""
        if self._rounds:
            self._paces[END] = time.monotonic() - self._last
            self._paces[LEARN] = median(self._rounds[1:] or self._rounds) / max(1, self._amount.training)
        looked = {LOOK: self._paces[BOTH]} if BOTH in self._paces else {}  # serves other strategies too
        return {self._names[kind]: seconds for kind, seconds in (looked | self._paces).items()}

    def _see_photos(self, event: Progress) -> Range | None:
        self._last = time.monotonic()
        if event.done == 0:
            self._begin_series(event.total)
        if self._now is None:
            return self._sum((0.0, 0.0))
        left = event.total - event.done
        seconds = event.seconds_left if left else 0.0
        if seconds is None or (left and event.done < max(LEAST_PHOTOS, LEAST_SHARE * event.total)):
            return self._sum(self._all_of(self._now))
        if left:
            self._spent = (seconds / left * event.done, event.done * self._now.rows / self._now.photos)
            before = self._before.get(self._now.kind, (0.0, 0.0))
            self._paces[self._now.kind] = (before[0] + self._spent[0]) / (before[1] + self._spent[1])
        return self._sum((seconds, seconds))

    def _begin_series(self, photos: int) -> None:
        """So many photos are looked at now; what came before in the list was there after all."""
        if self._now is not None:
            before = self._before.get(self._now.kind, (0.0, 0.0))
            self._before[self._now.kind] = (before[0] + self._spent[0], before[1] + self._spent[1])
        self._spent = (0.0, 0.0)
        while self._coming and self._coming[0].photos != photos:
            self._coming.pop(0)
        self._now = self._coming.pop(0) if self._coming else None

    def _see_round(self, event: EpochEnd) -> Range | None:
        self._last, per_photo = time.monotonic(), event.seconds / max(1, self._amount.training)
        if event.phase == "head":
            self._paces[HEAD] = min(per_photo, self._paces.get(HEAD, math.inf))  # the first one compiles
            self._coming = [series for series in self._coming if series.kind not in (LOOK, BOTH)]
            self._now, self._head_is_done = None, True
            left = self._rounds_left(event.epoch, self._config.epochs)
            return self._sum((left[0] * per_photo * self._amount.training, left[1] * per_photo * self._amount.training))
        self._rounds.append(event.seconds)
        usual = median(self._rounds[1:] or self._rounds)
        done = self._config.fine_tune_epochs - (event.epochs - event.epoch)
        low, high = self._rounds_left(done, self._config.fine_tune_epochs)
        return _add((low * usual, high * usual), self._pace(END))

    def _rounds_left(self, done: int, planned: int) -> tuple[int, int]:
        """At least, where it ends early as soon as it may, and at most."""
        return max(0, min(planned, self._config.patience or planned) - done), max(0, planned - done)

    def _see_start(self) -> None:
        """The first word of the corrections: what went by since is compiling, and has to be expected next time."""
        if START not in self._paces:
            self._paces[START] = time.monotonic() - self._last

    def _sum(self, now: Range | None) -> Range | None:
        """All that is left: of what is in work, and of everything after it."""
        parts = [now, *(self._all_of(series) for series in self._coming)]
        if not self._head_is_done:
            parts.append(self._times(self._pace(HEAD), self._rounds_left(0, self._config.epochs)))
        if self._config.fine_tunes:
            parts += [self._times(self._pace(LEARN), self._rounds_left(0, self._amount.rounds))]
            parts += [self._pace(START), self._pace(END)]
        return None if None in parts else _add(*parts)

    def _all_of(self, series: Series) -> Range | None:
        pace = self._pace(series.kind)
        return pace and (pace[0] * series.rows if series.sure else 0.0, pace[1] * series.rows)

    def _times(self, pace: Range | None, rounds: tuple[int, int]) -> Range | None:
        return pace and (pace[0] * rounds[0] * self._amount.training, pace[1] * rounds[1] * self._amount.training)

    def _pace(self, kind: str) -> Range | None:
        """Seconds a row, a photo and round, or (START) at all; None while nothing is known."""
        if known := self._known(kind):
            return known
        if kind in (HEAD, START, END):
            return {HEAD: HEAD_SECONDS, START: STARTING, END: ENDING}[kind]
        if kind == MEASURE:
            return None
        if kind == LOOK:
            both = self._known(BOTH)
            return both and (both[0] / BOTH_SHARE[1], both[1] / BOTH_SHARE[0])
        look, below = self._pace(LOOK), self._amount.work_below
        if look is None:
            return None
        if kind == BOTH:
            return look[0] * BOTH_SHARE[0], look[1] * BOTH_SHARE[1]
        if kind == READ:
            return 0.0, look[1]
        if kind == BELOW:
            return look[0] * min(1.0, BELOW_SHARE[0] * below), look[1] * min(1.0, BELOW_SHARE[1] * below)
        return look[0] * TRAINED[0] * (1 - below), look[1] * TRAINED[1] * (1 - below)

    def _known(self, kind: str) -> Range | None:
        """What was measured in this run, or remembered of an earlier one."""
        if kind in self._paces:
            return (self._paces[kind],) * 2
        if self._names[kind] in self._remembered:
            seconds = self._remembered[self._names[kind]]
            return seconds * REMEMBERED[0], seconds * REMEMBERED[1]
        return None


def _add(*parts: Range) -> Range:
    return sum(low for low, _ in parts), sum(high for _, high in parts)


def say_left(seconds: float | None) -> str:
    """Time left in words: "about 20 seconds left". Empty while nobody can know."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 55:
        return f"about {5 * round(seconds / 5)} seconds left"
    minutes = math.ceil(seconds / 60)
    if minutes < 90:
        return "about a minute left" if minutes == 1 else f"about {minutes} minutes left"
    return f"about {round(minutes / 60)} hours left"


def say_whole(left: Range | None) -> str:
    """Time left for the whole run: "about 4 minutes left in all", "2 to 5 minutes left in all"; "" while unknown."""
    if left is None:
        return ""
    low, high = left
    if high <= 15 or high <= CLOSE * low:
        return f"{say_left((low + high) / 2)} in all"
    if high < 100:
        return f"{max(5, 5 * int(low / 5))} to {5 * math.ceil(high / 5)} seconds left in all"
    if high < 90 * 60:
        return f"{max(1, round(low / 60))} to {math.ceil(high / 60)} minutes left in all"
    return f"{max(1, round(low / 3600))} to {math.ceil(high / 3600)} hours left in all"
