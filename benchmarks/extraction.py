"""Feature extraction from files on disk, in photos a second, against bare `invoke` calls on decoded arrays.

Inside our clock: features.extract.extract into an empty store, that is reading each file, checking its hash,
decoding, resizing, loading the network, computing, and writing to disk. Inside the other: set_tensor and invoke on
float32 arrays, with the faster of two forms (bare.py), set-up left out. Making the data set (ingest) is in neither.
The two take turns; medians.

    --chunks     how many photos go through the network at once: 1, 2, 4, 8, 16
    --designs    one interpreter that uses all cores, fed by decoding threads, instead of one interpreter a core

Expected: decoding at reduced scale and the hash cost 1–2 ms of a core a photo, the network 6–7 ms at 160 px, so
75–85 %.
"""

import sys
import tempfile
import time
from collections.abc import Callable
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
from tlcore.features.store import FeatureStore
from tlcore.models.litert import usable_cores
from tlcore.models.registry import find_backbone
from tlcore.models.weights import asset_path
from tlcore.workspace import Workspace, open_workspace

SPEC = find_backbone("efficientnet-lite0")
POLICY = "center-crop"
SIZES = (160, 224)
CHUNKS = (1, 2, 4, 8, 16)
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
        dataset = _ingest(open_workspace(Path(scratch, "home")), folder)
        rows: list[Row] = []
        for size in SIZES:
            bench = _Bench(dataset, size, Path(scratch))
            rows += bench.rows(options.chunks, options.designs, 1 if options.quick else options.rounds)
    return finish("Feature extraction, share of bare invoke calls", rows, options)


def _ingest(workspace: Workspace, folder: Path) -> Dataset:
    job = ingest_path(workspace, folder)
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


class _Bench:
    """Everything that is measured at one image size."""

    def __init__(self, dataset: Dataset, size: int, scratch: Path) -> None:
        self._dataset, self._size, self._scratch = dataset, size, scratch
        self._photos = [features.Photo(*row) for row in dataset.photos[["sha256", "path"]].itertuples(index=False)]
        few = self._photos[: NUM_DECODED if len(self._photos) > NUM_DECODED else 64]
        self._images = np.stack([load_input(dataset.read(photo.path), size, POLICY) for photo in few])
        self._images = self._images.astype(np.float32)

    def rows(self, chunks: bool, designs: bool, rounds: int) -> list[Row]:
        """Take turns `rounds` times; a row for each of ours against the fastest of the bare forms."""
        cores, chunk = usable_cores(), features.CHUNK
        bare = {f"{threads} × {each} threads, batch {batch}": lambda a=threads, b=each, c=batch: self._bare(a, b, c)
                for threads, each in {(cores, 1), (1, cores)} for batch in (1, chunk)}
        ours = {f"extract, chunk {size}": lambda size=size: self._extract(size)
                for size in (CHUNKS if chunks else (chunk,))}
        if designs:
            ours |= {f"one interpreter, batch {batch}": lambda batch=batch: self._other(batch) for batch in (1, chunk)}
        rates = _in_turns(bare | ours, rounds)
        fastest = max(bare, key=rates.get)
        for name in bare:
            print(f"  {self._size} px, bare invoke, {name}: {rates[name]:.1f} photos/s", flush=True)
        return [share(f"{self._size} px: {name}, share of bare invoke ({fastest})", rates[name], rates[fastest], TARGET,
                      "photos/s") for name in ours]

    def _bare(self, threads: int, threads_each: int, batch: int) -> float:
        return bare_rate(asset_path(SPEC), self._images, threads, threads_each, batch)

    def _extract(self, chunk: int) -> float:
        """extract.py as it is, but for its number of photos at once."""
        shipped, features.CHUNK = features.CHUNK, chunk
        try:
            with tempfile.TemporaryDirectory(dir=self._scratch) as home:
                start = time.perf_counter()
                store = FeatureStore(open_workspace(home), features.feature_kind(SPEC, self._size, POLICY))
                for _ in features.extract(store, SPEC, self._photos, self._dataset.read):
                    pass
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
