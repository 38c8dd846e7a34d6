"""Feature extraction from files on disk, in photos a second, against bare `invoke` calls on decoded arrays.

Inside our clock: features.extract.extract into an empty store, that is reading each file, checking its hash, decoding,
resizing, loading the network, computing, and writing to disk. Inside the other: set_tensor and invoke on float32
arrays, the fastest of several forms (bare.py), set-up left out. Making the data set (ingest) is in neither. They take
turns; medians. Three ways of ours:

    LiteRT   the runtime that is always there
    exact    the one that was measured to be fastest with the same numbers (models/runtime_choice.py); measuring, once
             on a machine, is outside of the clock, setting it up inside
    fast     in bfloat16 or float16, as photos are extracted that a model only learns from

    --chunks     how many photos go through LiteRT at once: 1, 2, 4, 8, 16
    --designs    one interpreter that uses all cores, fed by decoding threads, instead of one interpreter a core

Expected: of a core a photo, decoding costs 0.9 ms and LiteRT 5.5 ms at 160 px, 2 ms and 11 ms at 224 px: 75–85%.
Seen on two cores: 75% at both sizes in chunks of 4. At 160 px chunks of 2, 3, 4 are equal (7.0 ms of processor time a
photo; 1: 7.3–8.3, 8: 8.0, 16: 8.3); at 224 px 2 is best (12.3; 1: 13.0, 4: 13.2; 8 and 16 slower still), since more
photos at once leave the processor's cache. One interpreter for all cores is slower (160 px 9.0, 7.7, 7.4 for 1, 2, 4 at
once and up to a quarter fewer photos a second; 224 px 16.8, 15.9, 16.4): decoding and computing wait for each other.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

import tlcore.features.extract as features
from benchmarks.bare import bare_rate, one_interpreter
from benchmarks.command import check_data, few_photos, finish, parser, touch_files
from benchmarks.table import Row, on_processors_with, share
from tlcore.data.images import load_input
from tlcore.data.ingest import ingest_path
from tlcore.data.manifest import Dataset
from tlcore.events import run_to_end
from tlcore.features.store import FeatureStore
from tlcore.features.views import ViewedStore
from tlcore.messages.runtimes import measured_message
from tlcore.models.frozen_backbone import PretrainedBackbone
from tlcore.models.frozen_files import POOLED
from tlcore.models.litert_runtime import litert_pool, usable_cores
from tlcore.models.openvino_runtime import fast_precision
from tlcore.models.predictor import BATCH, EXACT, PredictorPool
from tlcore.models.registry import TABLE
from tlcore.models.runtime_memory import FILE, recall_all
from tlcore.models.weights import asset_path
from tlcore.workspace import Workspace, open_workspace

SPEC = TABLE["efficientnet-lite0"]
POLICY = "center-crop"
SIZES = (160, 224)
CHUNKS = (1, 2, 4, 8, 16)
BATCHES = (1, 2, 4)
NUM_DECODED = 384  # photos that the bare calls have in memory
ROUNDS = 5
TARGET = ">= 0.8"  # of bare calls, with LiteRT
TARGETS = {"exact": (">= 1.1", "avx512f"), "fast": (">= 1.6", "amx_bf16")}
"""The others', and what the processor must have for it."""

Rate = Callable[[], float]


def main() -> int:
    """Measure, print, write."""
    options = parser("extraction", __doc__)
    options.add_argument("--chunks", action="store_true", help="measure chunk sizes as well")
    options.add_argument("--designs", action="store_true", help="measure the other design as well")
    options.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help="turns of each (default: %(default)s)")
    options = options.parse_args()
    check_data(options.data)
    with tempfile.TemporaryDirectory() as scratch:
        folder = few_photos(options.data, Path(scratch, "few")) if options.quick else options.data
        touch_files(folder)
        dataset = run_to_end(ingest_path(open_workspace(Path(scratch, "home")), folder))
        rows: list[Row] = []
        for size in SIZES:
            bench = _Bench(dataset, size, Path(scratch))
            rows += bench.rows(options.chunks, options.designs, 1 if options.quick else options.rounds)
    return finish("Feature extraction, share of bare invoke calls", rows, options)


class _Bench:
    """Everything that is measured at one image size."""

    def __init__(self, dataset: Dataset, size: int, scratch: Path) -> None:
        self._dataset, self._size, self._scratch = dataset, size, scratch
        self._photos = [features.Photo(*row) for row in dataset.photos[["sha256", "path"]].itertuples(index=False)]
        few = self._photos[: NUM_DECODED if len(self._photos) > NUM_DECODED else 64]
        self._images = np.stack([load_input(dataset.read(photo.path), size, POLICY) for photo in few])
        self._images = self._images.astype(np.float32)

    def rows(self, chunks: bool, designs: bool, rounds: int) -> list[Row]:
        """Find the fastest of the bare forms, then take turns with it `rounds` times; a row for each of ours."""
        cores = usable_cores()
        bare = {
            f"{threads} × {each} threads, batch {batch}": lambda a=threads, b=each, c=batch: self._bare(a, b, c)
            for threads, each in {(cores, 1), (1, cores)}
            for batch in BATCHES
        }
        ours = {f"LiteRT, chunk {size}": partial(self._on_litert, size) for size in (CHUNKS if chunks else (BATCH,))}
        if designs:
            ours |= {f"one interpreter, batch {batch}": partial(self._other, batch) for batch in BATCHES}
        self._measure()
        ours["exact"] = partial(self._as_measured, EXACT)
        if fast_precision() != EXACT:
            ours["fast"] = partial(self._as_measured, fast_precision())
        first = _in_turns(bare, min(rounds, 2))
        for name, found in first.items():
            print(f"  {self._size} px, bare invoke, {name}: {found:.1f} photos/s in the first rounds", flush=True)
        fastest = max(first, key=first.get)
        rates = _in_turns({fastest: bare[fastest]} | ours, rounds)
        return [self._row(name, rates[name], rates[fastest], fastest) for name in ours]

    def _row(self, name: str, ours: float, bare: float, form: str) -> Row:
        target, feature = TARGETS.get(name, (TARGET, ""))
        text = f"{self._size} px: {name}, share of bare invoke ({form})"
        row = share(text, ours, bare, target, "photos/s")
        return on_processors_with(feature, row) if feature else row

    def _bare(self, threads: int, threads_each: int, batch: int) -> float:
        return bare_rate(asset_path(SPEC), self._images, threads, threads_each, batch)

    def _measure(self) -> None:
        """Have the runtimes compared; what is fastest is remembered in a workspace of its own."""
        workspace = open_workspace(self._scratch / f"measured-{self._size}")
        few = self._images[: features.SAMPLES].astype(np.uint8)
        PretrainedBackbone(workspace, SPEC, self._size).predictors(POOLED, 1_000_000, EXACT, lambda: few)
        self._measured = workspace.root / FILE
        for _, measured in recall_all(workspace):
            print(f"  {self._size} px: {measured_message(measured)}", flush=True)

    def _on_litert(self, chunk: int) -> float:
        def predictors(*asked: object) -> PredictorPool:
            return replace(litert_pool(asset_path(SPEC), (POOLED,)), batch=chunk)

        return self._extract(lambda workspace: predictors, EXACT)

    def _as_measured(self, precision: str) -> float:
        def opened(workspace: Workspace) -> features.Open:
            if self._measured.exists():
                shutil.copyfile(self._measured, workspace.root / FILE)
            return partial(PretrainedBackbone(workspace, SPEC, self._size).predictors, POOLED)

        return self._extract(opened, precision)

    def _extract(self, opened: Callable[[Workspace], features.Open], precision: str) -> float:
        with tempfile.TemporaryDirectory(dir=self._scratch) as home:
            workspace = open_workspace(home)
            predictors = opened(workspace)
            start = time.perf_counter()
            store = FeatureStore(workspace, features.feature_kind(SPEC, self._size, POLICY, precision))
            request = features.Request(self._photos, (ViewedStore(store),))
            run_to_end(features.extract(predictors, [request], self._dataset.read))
            return len(store) / (time.perf_counter() - start)

    def _other(self, batch: int) -> float:
        paths = [photo.path for photo in self._photos]
        start = time.perf_counter()
        for _ in one_interpreter(asset_path(SPEC), paths, self._dataset.read, self._size, POLICY, batch):
            pass
        return len(paths) / (time.perf_counter() - start)


def _in_turns(measures: dict[str, Rate], rounds: int) -> dict[str, float]:
    """The median rate of each, measured A B C A B C …, so that a busy moment does not weigh on one alone."""
    rates: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            rates[name].append(measure())
    return {name: median(values) for name, values in rates.items()}


if __name__ == "__main__":
    sys.exit(main())
