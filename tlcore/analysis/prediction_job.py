"""Predicting many photos for the pages: the job that reads them, each once, and keeps what the model makes of it."""

import os
import time
from collections.abc import Iterator
from contextlib import nullcontext

from tlcore.analysis.predicted_photos import open_photos
from tlcore.analysis.prediction_results import PredictedPhotos, save_predictions
from tlcore.analysis.prediction_slices import ResumedWatched, remove_slices
from tlcore.data import incoming
from tlcore.data.allowance import UNLIMITED, Allowance
from tlcore.data.decoder import shared_decoder
from tlcore.data.drafts import draft_folder
from tlcore.data.ingest import decode_own
from tlcore.data.thumbnails import INDEX, PIXELS, ThumbnailWriter
from tlcore.events import Event, Finished, ShouldStop, Stopped, never
from tlcore.jobs.store import Job, load_run
from tlcore.serving.bundle import MODEL, load_bundle
from tlcore.serving.score import predict_photos
from tlcore.settings import load_limits
from tlcore.workspace import Workspace


def run_predictions(
    workspace: Workspace, job: Job, should_stop: ShouldStop = never, allowance: Allowance = UNLIMITED
) -> Iterator[Event]:
    """Predict photos by a run; the last event is Finished with the id of the job, or Stopped where there is nothing.

    The `options` of the job's spec: "name"; "area" (the id of an upload area, which stays) or "path" (on this machine,
    given by its owner); "encoding", once a person was asked for it. A stop keeps what was predicted until then, and
    another attempt goes on from there, after a kill from the last slice (prediction_slices.py).

    Args:
        allowance: how much may come in.

    Raises:
        UndecidedEncoding: a person has to choose. UserError: the photos cannot be used.
    """
    start, options, run = time.perf_counter(), job.spec["options"], load_run(workspace, job.spec["run"])
    bundle, area = load_bundle(run.folder), options.get("area", "")
    with incoming.held(workspace, area) if area else nullcontext():
        photos = open_photos(workspace, options, allowance)
        # What strangers sent is decoded in limited processes, as for an import.
        decode = decode_own(workspace) if "path" in options else shared_decoder(load_limits(workspace)).decode
        with draft_folder(workspace) as draft:
            with ThumbnailWriter(draft) as writer:
                watched = ResumedWatched(bundle, decode, writer, job.folder)
                scored, is_whole = yield from predict_photos(bundle, photos, watched, should_stop)
                if not is_whole:
                    watched.save()
            if scored.predictions.empty:
                yield Stopped("Nothing was predicted yet.")
                return
            for name in (PIXELS, INDEX):
                os.replace(draft / name, job.folder / name)
    model = bundle.info.get("files", {}).get(MODEL, {}).get("sha256", "")
    rows = scored.predictions.drop(columns=["known"])
    save_predictions(job.folder, PredictedPhotos(model, bundle.labels, rows, scored.files, is_whole))
    if is_whole:
        remove_slices(job.folder)
    yield Finished(job.id, time.perf_counter() - start, stopped=not is_whole)
