"""How good each strategy gets with its own settings: digits, emoji, cats and dogs, three seeds [hours on two cores].

A seed decides the parts (learn from, check with, test with) and everything in the training; reported is the test part,
which no decision saw. The cats and dogs of --data go into one pile first, so that every seed has parts of its
own. A run ends here with its test figures; packing the model adds nothing to them. `--runs FILE` keeps a line of JSON a
run and goes on from there, so the hours can be had in pieces.

The seeds' test parts overlap, so the interval of the sum is a little too narrow. McNemar's test is not for this table:
it compares two models, and these are several of each kind.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.command import QUICK, check_data, finish, in_fresh_process, parser
from benchmarks.table import Row, figure
from tlcore.config import STRATEGIES, defaults_for
from tlcore.events import run_to_end
from tlcore.intervals import wilson_interval
from tlcore.messages.scores import score_message

SETS, SEEDS = ("digits", "emoji", "cats-dogs"), (0, 1, 2)
ADAPTING = ("hybrid", "fine-tuning")


@dataclass(frozen=True)
class Outcome:
    """One run: `correct` of `total` test photos, and the seconds from photos to figures."""

    set: str
    strategy: str
    seed: int
    correct: int
    total: int
    seconds: float


def main() -> int:
    """Train what is missing, print, write."""
    options = parser("strategies", __doc__)
    options.add_argument("--runs", type=Path, metavar="FILE", help="keep the runs here, and go on from there")
    options.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), metavar="SET")
    options.add_argument("--strategies", nargs="+", choices=STRATEGIES, default=list(STRATEGIES), metavar="STRATEGY")
    options.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS), metavar="N")
    options = options.parse_args()
    check_data(options.data)
    with tempfile.TemporaryDirectory() as scratch:
        runs = options.runs or Path(scratch, "runs.jsonl")
        done = {(run.set, run.strategy, run.seed): run for run in _kept(runs)}
        for key in (
            (name, strategy, seed) for strategy in options.strategies for seed in options.seeds for name in options.sets
        ):
            if key not in done:
                done[key] = in_fresh_process(_train, Path(scratch), options.data.resolve(), key, options.quick)
                with open(runs, "a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(done[key])) + "\n")
                print(done[key], flush=True)
    return finish("Strategies", list(_rows(list(done.values()))), options, list(_notes(list(done.values()))))


def _kept(runs: Path) -> Iterator[Outcome]:
    for line in runs.read_text(encoding="utf-8").splitlines() if runs.exists() else ():
        yield Outcome(**json.loads(line))


def _train(scratch: Path, data: Path, key: tuple[str, str, int], quick: bool) -> Outcome:
    """Train with the strategy's own settings until the test figures are there."""
    from tlcore.data.ingest import ingest_path
    from tlcore.data.samples import ingest_sample
    from tlcore.events import Evaluated
    from tlcore.jobs.store import create_run
    from tlcore.pipeline.train import train_run
    from tlcore.workspace import open_workspace

    name, strategy, seed = key
    workspace = open_workspace(scratch / "home")
    if name == "cats-dogs":
        dataset = run_to_end(ingest_path(workspace, _one_pile(data, scratch / "pile"), seed=seed))
    else:
        dataset = run_to_end(ingest_sample(workspace, name, seed=seed))
    few = {"image_size": 64, "epochs": 2, "fine_tune_epochs": 1} if quick else {}
    run = create_run(workspace, dataset.id, defaults_for(strategy, seed=seed, **few), name)
    for event in train_run(workspace, run, lambda: False):
        if isinstance(event, Evaluated):
            return Outcome(*key, event.test_correct, event.test_total, round(event.seconds, 1))
    raise RuntimeError(f"{key} gave no figures.")


def _one_pile(data: Path, target: Path) -> Path:
    """The photos of all parts in class folders."""
    for folder in (folder for part in QUICK for folder in sorted((data / part).iterdir()) if folder.is_dir()):
        (target / folder.name).mkdir(parents=True, exist_ok=True)
        for photo in folder.iterdir():
            copy = target / folder.name / f"{folder.parent.name}-{photo.name}"
            if not copy.exists():
                shutil.copy2(photo, copy)
    return target


def _rows(runs: list[Outcome]) -> Iterator[Row]:
    """The figures that have a target, as far as their runs are there."""
    points = {(name, strategy): _points(runs, name, strategy) for name in SETS for strategy in STRATEGIES}
    for name, least, target in (("digits", 0, ">= 98"), ("emoji", 1, ">= 3"), ("cats-dogs", 1, ">= 0")):
        base = points[name, "feature-extraction"] if least else 0.0
        for strategy in ADAPTING:
            if points[name, strategy] is not None and base is not None:
                what = f"{name}: {strategy}" + (" above feature extraction" if least else "")
                yield figure(what, points[name, strategy] - base, target, "points" if least else "%")


def _points(runs: list[Outcome], name: str, strategy: str) -> float | None:
    """The mean accuracy over the seeds in percent; None without runs."""
    own = [run for run in runs if (run.set, run.strategy) == (name, strategy)]
    return 100 * sum(run.correct / run.total for run in own) / len(own) if own else None


def _notes(runs: list[Outcome]) -> Iterator[str]:
    """Each set and strategy: right of all, with the interval, and the seconds of a run."""
    for name in SETS:
        for strategy in STRATEGIES:
            own = [run for run in runs if (run.set, run.strategy) == (name, strategy)]
            if own:
                correct, total = sum(run.correct for run in own), sum(run.total for run in own)
                each = ", ".join(f"{run.correct} of {run.total}" for run in own)
                yield (
                    f"{name}, {strategy}: {score_message(correct, total, *wilson_interval(correct, total))} in "
                    f"{len(own)} runs ({each}); {sum(run.seconds for run in own) / len(own):.0f} s a run"
                )


if __name__ == "__main__":
    sys.exit(main())
