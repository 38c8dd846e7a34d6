"""A part of a run as a value: what it is, how much there is to do, what of it is cached, and what does it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlcore.events import Event, PlannedStage, StageKey

if TYPE_CHECKING:
    from tlcore.pipeline.context import Context


@dataclass(frozen=True)
class Stage:
    """A part of a run.

    Attributes:
        key: what it is.
        total: units of work: photos times views, epochs of the head, steps of fine-tuning, bytes of a download.
        cached: of these, what is on disk already.
        run: does it; what comes of it is put into the context.
        least: units after which it may end by itself (early stopping); `total` where it may not.
        num_outputs: how many things are cached of a unit; 0 where nothing is.
        certain: False where more of it may turn out to be on disk.
        open_ended: True where what comes after it can be planned only when it is over.
        epoch_units, epoch_samples: units and training photos of one epoch; 0 where there are no epochs.
    """

    key: StageKey
    total: int
    cached: int
    run: "Callable[[Context], Iterator[Event]]"
    least: int = 0
    num_outputs: int = 0
    certain: bool = True
    open_ended: bool = False
    epoch_units: int = 0
    epoch_samples: int = 0

    @property
    def samples_per_unit(self) -> float:
        """How many photos a unit takes: a step of fine-tuning takes a batch, an epoch of the head all of them."""
        return self.epoch_samples / self.epoch_units if self.epoch_units else 1.0

    def describe(self) -> PlannedStage:
        """The stage as an event tells it."""
        return PlannedStage(self.key, self.total, self.cached, self.num_outputs, self.certain)
