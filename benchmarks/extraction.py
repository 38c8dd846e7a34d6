"""Feature extraction from files on disk, in photos a second, against bare `invoke` calls on decoded arrays.

Inside our clock: features.extract.extract into an empty store, that is reading each file, checking its hash, decoding,
resizing, loading the network, computing, and writing to disk. Inside the other: set_tensor and invoke on float32
arrays, the fastest of several forms (bare.py), set-up left out. Making the data set (ingest) is in neither. They take
turns; medians.

    --chunks     how many photos go through the network at once: 1, 2, 4, 8, 16
    --designs    one interpreter that uses all cores, fed by decoding threads, instead of one interpreter a core

Expected: of a core a photo, decoding costs 0.9 ms and the network 5.5 ms at 160 px, 2 ms and 11 ms at 224 px: 75–85%.
Seen on two cores: 75% at both sizes in chunks of 4. At 160 px chunks of 2, 3, 4 are equal (7.0 ms of processor time a
photo; 1: 7.3–8.3, 8: 8.0, 16: 8.3); at 224 px 2 is best (12.3; 1: 13.0, 4: 13.2; 8 and 16 slower still), since more
photos at once leave the processor's cache. One interpreter for all cores is slower (160 px 9.0, 7.7, 7.4 for 1, 2, 4 at
once and up to a quarter fewer photos a second; 224 px 16.8, 15.9, 16.4): decoding and computing wait for each other.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

import tlcore.features.extract as features
from benchmarks.bare import bare_rate, one_interpreter
from benchmarks.command import check_data, few_photos, finish, parser, touch_files
from benchmarks.table import Row, share
from tlcore.data.images import load_input
from tlcore.data.ingest import ingest_path
from tlcore.data.manifest import Dataset
from tlcore.events import run_to_end
from tlcore.features.store import FeatureStore
from tlcore.features.views import ViewedStore
from tlcore.models.frozen_backbone import PretrainedBackbone
from tlcore.models.frozen_files import POOLED
from tlcore.models.litert_runtime import usable_cores
from tlcore.models.registry import TABLE
from tlcore.models.weights import asset_path
from tlcore.workspace import open_workspace

SPEC = TABLE["efficientnet-lite0"]
POLICY = "center-crop"
SIZES = (160, 224)
CHUNKS = (1, 2, 4, 8, 16)
BATCHES = (1, 2, 4)
NUM_DECODED = 384  # photos that the bare calls have in memory
ROUNDS = 5
TARGET = ">= 0.7"

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
        cores, chunk = usable_cores(), features.CHUNK
        bare = {
            f"{threads} × {each} threads, batch {batch}": lambda a=threads, b=each, c=batch: self._bare(a, b, c)
            for threads, each in {(cores, 1), (1, cores)}
            for batch in BATCHES
        }
        ours = {
            f"extract, chunk {size}": lambda size=size: self._extract(size) for size in (CHUNKS if chunks else (chunk,))
        }
        if designs:
            ours |= {f"one interpreter, batch {batch}": lambda batch=batch: self._other(batch) for batch in BATCHES}
        first = _in_turns(bare, min(rounds, 2))
        for name, found in first.items():
            print(f"  {self._size} px, bare invoke, {name}: {found:.1f} photos/s in the first rounds", flush=True)
        fastest = max(first, key=first.get)
        rates = _in_turns({fastest: bare[fastest]} | ours, rounds)
        return [
            share(
                f"{self._size} px: {name}, share of bare invoke ({fastest})",
                rates[name],
                rates[fastest],
                TARGET,
                "photos/s",
            )
            for name in ours
        ]

    def _bare(self, threads: int, threads_each: int, batch: int) -> float:
        return bare_rate(asset_path(SPEC), self._images, threads, threads_each, batch)

    def _extract(self, chunk: int) -> float:
        """extract.py as it is, but for its number of photos at once."""
        shipped, features.CHUNK = features.CHUNK, chunk
        try:
            with tempfile.TemporaryDirectory(dir=self._scratch) as home:
                start = time.perf_counter()
                workspace = open_workspace(home)
                store = FeatureStore(workspace, features.feature_kind(SPEC, self._size, POLICY))
                request = features.Request(self._photos, (ViewedStore(store),))
                predictors = partial(PretrainedBackbone(workspace, SPEC, self._size).predictors, POOLED)
                run_to_end(features.extract(predictors, [request], self._dataset.read))
                return len(store) / (time.perf_counter() - start)
        finally:
            features.CHUNK = shipped

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
