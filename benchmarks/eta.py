"""How true the told time left was, over finished runs: what the bar said at each second, against what then happened.

Events carry the time at which they were written, so any finished run can be replayed: at every second after the first
quarter of a run, as a page asks, the figure of the sentence beside the bar is held against the seconds that it really
took from there until the model could predict. "a few seconds" is right from 0 to 7. Nothing is trained for that:

    python -m benchmarks.eta --workspace FOLDER   replays the runs of all workspaces in a folder
    pytest tests/e2e --basetemp FOLDER            leaves those of the browser tests there

Without a workspace it makes one and trains in it first, each kind twice, since a first run knows nothing of this
machine and the second finds rates and caches: the emoji with feature extraction and hybrid, handwritten
digits, and some hundred photos of two kinds, with feature extraction, hybrid and fine-tuning.

Expected: below 30%, the median of all seconds. A machine that others use at the same time makes it worse.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.command import check_data, few_photos, finish, in_fresh_process, parser
from benchmarks.table import Row, figure
from tlcore.config import TrainConfig, defaults_for
from tlcore.data.ingest import ingest_path
from tlcore.data.manifest import load_dataset
from tlcore.data.samples import ingest_sample
from tlcore.errors import UserError
from tlcore.events import Event, Finished, Packed, Started, run_to_end
from tlcore.jobs.event_log import read_events
from tlcore.jobs.status import status_after
from tlcore.jobs.store import Run, create_run, list_runs
from tlcore.messages.durations import A_FEW_SECONDS, rounded
from tlcore.messages.progress import progress_message, seconds_left
from tlcore.worker.runner import run_job
from tlcore.workspace import Workspace, open_workspace

POLL_SECONDS = 1.0
A_FEW = 7.0  # seconds up to which "a few seconds" is right
AFTER = 0.25  # of a run, from which on the figure counts
JUMP_SECONDS, JUMP_FACTOR = 30.0, 3.0  # a fall that a person notices, from one second to the next


@dataclass(frozen=True)
class Told:
    """What one look told of a run: the share of the bar, the sentence, its figure in seconds (None for none), and what
    really was left."""

    share: float
    words: str
    figure: float | None
    left: float

    @property
    def error(self) -> float | None:
        """The relative error of the figure, None where there was none."""
        if self.figure is None:
            return None
        if A_FEW_SECONDS in self.words:
            return max(0.0, self.left - A_FEW) / A_FEW
        return abs(self.figure - self.left) / max(self.left, 1.0)


def replay(events: list[Event], config: TrainConfig | None = None, poll: float = POLL_SECONDS) -> list[Told]:
    """What a page that looks every so many seconds told of a finished job, from its start to its usable result.

    Empty where the events do not tell when they were written, or have no end.
    """
    ends = [event.at for event in events if isinstance(event, Packed)] or [
        event.at for event in events if isinstance(event, Finished)
    ]
    begins = [event.at for event in events if isinstance(event, Started)]
    if not ends or not begins or not begins[0]:
        return []
    looks, now = [], begins[0]
    while now < ends[0]:
        status = status_after(event for event in events if event.at <= now)
        share, words = progress_message(status, 0, config, now)
        seconds = seconds_left(status, now)
        looks.append(Told(share, words, None if seconds is None else rounded(seconds), ends[0] - now))
        now += poll
    return looks


def later(looks: list[Told]) -> list[Told]:
    """Those after the first quarter."""
    return looks[round(AFTER * len(looks)) :]


def num_jumps(looks: list[Told]) -> int:
    """How often the figure fell so much from one look to the next that a person would wonder."""
    figures = [look.figure for look in looks if look.figure is not None]
    return sum(
        one - two > JUMP_SECONDS and one > JUMP_FACTOR * two for one, two in zip(figures, figures[1:], strict=False)
    )


def num_backwards(looks: list[Told]) -> int:
    """How often the bar went back, as far as a person can see."""
    return sum(two.share < one.share - 0.005 for one, two in zip(looks, looks[1:], strict=False))


def rows_of(runs: list[tuple[str, list[Told]]]) -> list[Row]:
    """The figures over all runs."""
    every = [look for _, looks in runs for look in later(looks)]
    errors = [100 * look.error for look in every if look.error is not None]
    lacking = 100 * sum(look.figure is None for look in every) / max(1, len(every))
    told = [look for _, looks in runs for look in looks]
    fullest = 100 * max((look.share for look in told if look.left > 2), default=0.0)
    return [
        figure("median error of the time left after a quarter of the run", median(errors or [100.0]), "< 30", "%"),
        figure("looks at which no time is told", lacking, "< 10", "%"),
        figure("the bar at most, two seconds before the end or earlier", fullest, "< 99", "%"),
        figure("times that the bar went back", sum(num_backwards(looks) for _, looks in runs), "<= 0", ""),
        figure("falls of the time left without a reason", sum(num_jumps(looks) for _, looks in runs), "<= 0", ""),
    ]


def notes_of(runs: list[tuple[str, list[Told]]]) -> list[str]:
    """A line a run: how long it took, and how true its figures were."""
    lines = []
    for name, looks in runs:
        errors = [100 * look.error for look in later(looks) if look.error is not None]
        lines.append(
            f"{name}: {looks[0].left:.1f} s, median error {median(errors):.0f}%" if errors else f"{name}: none"
        )
    return lines


def main() -> int:
    """Train where no workspace is given, replay, print, write."""
    options = parser("eta", __doc__)
    options.add_argument("--workspace", type=Path, metavar="FOLDER", help="replay the finished runs in here")
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = options.workspace
        if home is None:
            home = Path(scratch, "home")
            in_fresh_process(_train_all, home, check_data(options.data), options.quick)
        every = {run_id: each for root in workspaces_in(home) for run_id, *each in _replays(open_workspace(root))}
        runs = [(name, looks) for name, looks in every.values()]  # tests copy workspaces: a run counts once
    return finish("The truth about time", rows_of(runs), options, notes_of(runs))


def workspaces_in(folder: Path) -> list[Path]:
    """The workspaces with runs in a folder, itself included."""
    return sorted({path.parents[2] for path in folder.rglob("runs/*/job.json")})


def _replays(workspace: Workspace) -> list[tuple[str, str, list[Told]]]:
    """Each finished run that was told with times, the first one first: its id, data set and strategy, and the looks."""
    found = [(run, replay(read_events(run), run.config)) for run in reversed(list_runs(workspace))]
    return [(run.id, _name(workspace, run), looks) for run, looks in found if looks]


def _name(workspace: Workspace, run: Run) -> str:
    try:
        name = load_dataset(workspace, run.dataset_id).name
    except UserError:  # deleted since
        name = run.name
    return f"{name}, {run.config.strategy}"


def _train_all(home: Path, photos: Path, quick: bool) -> None:
    """Each kind of run twice, one after the other in this process, as the worker does them."""
    from tlcore.worker.process import warm_up

    warm_up()
    workspace = open_workspace(home)
    few = run_to_end(ingest_path(workspace, few_photos(photos, home.parent / "few"), "Cats and dogs"))
    emoji, digits = (run_to_end(ingest_sample(workspace, key)) for key in ("emoji", "digits"))
    kinds = [(few, "feature-extraction"), (emoji, "feature-extraction"), (digits, "feature-extraction")]
    kinds += [] if quick else [(few, "hybrid"), (few, "fine-tuning"), (emoji, "hybrid")]
    for dataset, strategy in kinds * 2:
        run_job(workspace, create_run(workspace, dataset.id, defaults_for(strategy), dataset.name))


if __name__ == "__main__":
    sys.exit(main())
