"""The job that arranges the photos of a run on a map. The one by PCA is on disk first, for whoever watches."""

import time
from collections.abc import Generator, Iterator

import numpy as np

from tlcore.analysis.arrange import arrange
from tlcore.analysis.neighbours import unit
from tlcore.analysis.photo_map import COLUMNS, TSNE, make_map, quick_map, save_map
from tlcore.cleaning.course import Course, Part
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.evaluation.embedding import Embedding, load_embedding, make_embedding
from tlcore.events import Event, Finished, Progress, ShouldStop, StageKey, Stopped
from tlcore.features.extract import FEATURES_KEPT, Photo
from tlcore.features.pooled import extract_pooled, num_missing
from tlcore.jobs.store import Job, load_run
from tlcore.workspace import Workspace, touch_used

EXTRACT_SECONDS, STEP_SECONDS = 0.014, 0.03  # for the time left


def run_photo_map(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Arrange the photos of a run. Ends with Finished (the run's id) or Stopped.

    Of a run that keeps no embedding (an older one), the photos are seen by the built-in network.

    Raises:
        UserError: a photo is gone or has changed, or arranging took too long.
    """
    start, run = time.perf_counter(), load_run(workspace, job.spec["run"])
    dataset, embedding = load_dataset(workspace, run.dataset_id), load_embedding(run.folder)
    touch_used(dataset.folder)
    own = embedding is not None
    missing = 0 if own else num_missing(workspace, dataset.photos["sha256"].tolist())
    course = Course(
        Part(StageKey.EXTRACT_FEATURES, missing, EXTRACT_SECONDS), Part(StageKey.ARRANGE, 600, STEP_SECONDS)
    )
    if embedding is None:
        embedding = yield from course.follow(_built_in(workspace, dataset, should_stop))
    if embedding is None:
        yield Stopped(FEATURES_KEPT)
        return
    photos, vectors = embedding.photos[[*COLUMNS]], unit(embedding.vectors.astype(np.float32))
    quick = quick_map(photos, vectors, dataset.labels, own)
    save_map(job.folder, quick)
    positions = yield from course.follow(arrange(vectors, should_stop))
    if positions is None:
        yield Stopped("The quick map is still there.")
        return
    save_map(job.folder, make_map(photos, positions, TSNE, quick.neighbourhood, own))
    yield Finished(run.id, time.perf_counter() - start)


def _built_in(
    workspace: Workspace, dataset: Dataset, should_stop: ShouldStop
) -> Generator[Progress, None, Embedding | None]:
    """The embedding by the built-in network; None when stopped."""
    rows = dataset.photos.reset_index(drop=True)
    photos = [Photo(*row) for row in rows[["sha256", "path"]].itertuples(index=False)]
    features = yield from extract_pooled(workspace, photos, dataset.read, should_stop)
    return None if features is None else make_embedding(rows, features)
