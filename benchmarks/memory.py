"""Peak resident memory: extracting features of 20,000 photos against 1,000, and a hybrid run on 10,000 against 1,000.

96 px, generated photos. A run is the whole of it, from an empty workspace to the tested and packed model, with the
strategy's own settings but for the image size and one epoch of fine-tuning: in the process that does the run.

Each number of photos gets a process of its own, which loads the data set's manifest (its rows count), extracts all
features into an empty store, and measures the most memory it ever held. Making the photos and the data set happens in
other processes. The photos are small JPEGs, 64 different pictures; bytes behind a picture's end make each file unique.

Both extractions use the runtime that many photos are given: runtimes take different amounts of memory (LiteRT alone
295 MB with 1,000 photos), and measuring them is part of the peak.

Expected: a manifest row and a key of the store are about 1 kB together, so 20 MB more.
Seen, extraction: 418 MB against 398 MB (1.05). Of the difference 12 MB are the manifest as a frame (Arrow keeps what
its reader took), the rest the rows as Python strings and the store's keys.

Seen, hybrid: 1,252 MB against 1,206 MB, of which some 670 are Python and TensorFlow. The two did not do the same: with
1,000 photos and one epoch the head by itself stayed the best, with 10,000 the fine-tuned network was, and that is
written as a file (the notes show which it was). To measure statistics takes the whole network, and so does converting
it, with any number of photos. Before there was such measuring it was 1,265 MB against 1,041 to 1,078 MB (two runs).
What does grow: 22 MB the data set as a frame, and vectors of one epoch while the head learns.
"""

import sys
import tempfile
import threading
import time
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from benchmarks.command import finish, in_fresh_process, parser
from benchmarks.table import share
from tlcore.data.ingest import ingest_path
from tlcore.data.manifest import load_dataset
from tlcore.events import EpochEnd, Event, run_to_end
from tlcore.features.extract import Photo, Request, extract, feature_kind
from tlcore.features.store import FeatureStore
from tlcore.features.views import ViewedStore
from tlcore.models.frozen_backbone import PretrainedBackbone
from tlcore.models.frozen_files import POOLED
from tlcore.models.predictor import PredictorPool, Samples
from tlcore.models.registry import TABLE
from tlcore.workspace import open_workspace

FEW, MANY, QUICK_MANY = 1000, 20_000, 2000
MANY_HYBRID = 10_000
IMAGE_SIZE, SIDE, PICTURES = 96, 96, 64
POLICY = "center-crop"


def main() -> int:
    """Measure, print, write."""
    options = parser("memory", __doc__).parse_args()  # --data is taken and not needed
    many = QUICK_MANY if options.quick else MANY
    with tempfile.TemporaryDirectory() as scratch:
        peaks, notes = {}, []
        for count in (FEW, many):
            home = Path(scratch, f"home{count}")
            dataset_id = in_fresh_process(_make, home, Path(scratch, f"photos{count}"), count)
            peaks[count], done, seconds = in_fresh_process(_extract, home, dataset_id)
            notes.append(f"{done:,} photos: peak {peaks[count]:.0f} MB, {seconds:.0f} s")
        row = share(
            f"peak memory while extracting {many:,} photos, share of that for {FEW:,}",
            peaks[many],
            peaks[FEW],
            "<= 1.1",
            "MB",
        )
        many = QUICK_MANY if options.quick else MANY_HYBRID
        for count in (FEW, many):
            home = Path(scratch, f"hybrid{count}")
            dataset_id = in_fresh_process(_make, home, Path(scratch, f"hybrid-photos{count}"), count)
            peaks[count], course = in_fresh_process(_hybrid, home, dataset_id)
            notes.append(f"hybrid, {count:,} photos: peak {peaks[count]:.0f} MB; {course}")
    hybrid = share(
        f"peak memory of a hybrid run on {many:,} photos, share of that on {FEW:,}",
        peaks[many],
        peaks[FEW],
        "<= 1.3",
        "MB",
    )
    return finish("Memory", [row, hybrid], options, notes)


def _make(home: Path, folder: Path, count: int) -> str:
    """Write `count` photos in two classes and make a data set of them; its id."""
    random = np.random.default_rng(0)
    pictures = [_picture(random) for _ in range(PICTURES)]
    for number in range(count):
        place = folder / "ab"[number % 2] / f"{number}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(pictures[number % PICTURES] + number.to_bytes(4, "big"))
    return run_to_end(ingest_path(open_workspace(home), folder)).id


def _picture(random: np.random.Generator) -> bytes:
    """A JPEG of large coloured patches."""
    patches = random.integers(0, 256, (6, 6, 3), np.uint8)
    target = BytesIO()
    Image.fromarray(patches).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(target, "JPEG")
    return target.getvalue()


def _extract(home: Path, dataset_id: str) -> tuple[float, int, float]:
    """Extract all features of a data set: peak memory of this process in MB, photos done, seconds."""
    with _Peak() as peak:
        start = time.perf_counter()
        workspace, spec = open_workspace(home), TABLE["efficientnet-lite0"]
        dataset = load_dataset(workspace, dataset_id)
        photos = [Photo(*row) for row in dataset.photos[["sha256", "path"]].itertuples(index=False)]
        store = FeatureStore(workspace, feature_kind(spec, IMAGE_SIZE, POLICY))
        backbone = PretrainedBackbone(workspace, spec, IMAGE_SIZE)
        request = Request(photos, (ViewedStore(store),))
        run_to_end(extract(partial(_predictors, backbone), [request], dataset.read))
    return peak.megabytes, len(store), time.perf_counter() - start


def _predictors(backbone: PretrainedBackbone, num_images: int, precision: str, samples: Samples) -> PredictorPool:
    """The runtime that many photos are given, however few these are: runtimes take different amounts of memory."""
    return backbone.predictors(POOLED, max(MANY, num_images), precision, samples)


def _hybrid(home: Path, dataset_id: str) -> tuple[float, str]:
    """A whole hybrid run: peak memory of this process in MB, and how the run went."""
    from tlcore.config import defaults_for
    from tlcore.jobs.store import create_run
    from tlcore.serving.bundle import FOLDER, load_bundle
    from tlcore.worker.runner import run_job

    events: list[Event] = []
    with _Peak() as peak:
        workspace = open_workspace(home)
        config = defaults_for("hybrid", image_size=IMAGE_SIZE, fine_tune_epochs=1)
        run = create_run(workspace, dataset_id, config, "memory")
        last = run_job(workspace, run, events.append)
    if last.type != "finished":
        raise RuntimeError(f"The run did not finish: {last}")
    best = load_bundle(run.folder / FOLDER).info["best_epoch"]
    kept = next(event.phase for event in events if isinstance(event, EpochEnd) and event.epoch == best)
    packed = "the fine-tuned network" if kept == "fine_tune" else "the head alone"
    return peak.megabytes, f"{config.views} views, packed {packed}, {last.seconds:.0f} s"


class _Peak:
    """The most resident memory this process held, in MB (10⁶ bytes).

    Linux counts it itself (VmHWM). Elsewhere a thread samples it every 20 ms. `getrusage` is of no use: in a child
    process it begins with the size of the parent.
    """

    def __enter__(self) -> "_Peak":
        self.megabytes = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        status = Path("/proc/self/status")
        if status.exists():
            line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
            self.megabytes = int(line.split()[1]) * 1024 / 1e6

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._over.wait(0.02):
            self.megabytes = max(self.megabytes, process.memory_info().rss / 1e6)


if __name__ == "__main__":
    sys.exit(main())
