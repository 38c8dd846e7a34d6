"""A model tested on other photos than its own: the job that reads, predicts and counts them.

The photos are read once and not kept. What is kept of them stands in test_set_results.py.
"""

import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from tlcore.analysis.test_set_results import Results, save_results
from tlcore.data import incoming
from tlcore.data.allowance import UNLIMITED, Allowance
from tlcore.data.collect import Collected
from tlcore.data.decoder import shared_decoder
from tlcore.data.drafts import draft_folder
from tlcore.data.examples import keep_pictures
from tlcore.data.ingest import decode_own
from tlcore.data.manifest import load_dataset
from tlcore.data.report import guessed
from tlcore.data.thumbnails import Thumbnails, ThumbnailWriter
from tlcore.data.uploads import UploadSource
from tlcore.errors import UndecidedLayout, UserError
from tlcore.events import Event, Finished, ShouldStop, Stopped, never
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run, list_runs, load_run
from tlcore.serving.bundle import Bundle, load_bundle, network_checksum
from tlcore.serving.score import NONE, Decode, Photos, Scored, Watched, read_photos, score_photos
from tlcore.settings import load_limits
from tlcore.workspace import Workspace, split_version


def run_test_set(
    workspace: Workspace, job: Job, should_stop: ShouldStop = never, allowance: Allowance = UNLIMITED
) -> Iterator[Event]:
    """Test a run on photos; the last event is Finished with the id of the job, or Stopped.

    The `options` of the job's spec: "name"; "area" (the id of an upload area, which is emptied when the figures are
    there) or "path" (on this machine, given by its owner); "layout" and "encoding", once a person was asked for them.

    Args:
        allowance: how much may come in.

    Raises:
        UndecidedLayout, UndecidedEncoding: a person has to choose. UserError: the photos cannot be used.
    """
    start, run, area = time.perf_counter(), load_run(workspace, job.spec["run"]), job.spec["options"].get("area", "")
    bundle = load_bundle(run.folder)
    with incoming.held(workspace, area) if area else nullcontext():
        numbers = {each.number for each in incoming.list_uploads(workspace, area)} if area else set()
        photos, decode = _read(workspace, job, bundle, allowance), _decode(workspace, job)
        is_sorted = any(each.label for each in photos.placed)
        other = None if is_sorted else _other_run(workspace, run, bundle)
        beside = Watched(load_bundle(other.folder), decode) if other is not None else None
        with draft_folder(workspace) as draft:
            with ThumbnailWriter(draft) as writer:
                watched = Watched(bundle, decode, writer, beside)
                scored = yield from score_photos(bundle, photos, watched, should_stop)
            if scored is None:
                yield Stopped("Nothing was counted.")
                return
            results = replace(_results(workspace, run, scored, beside, other), **_of_the_model(bundle))
            save_results(job.folder, results, Thumbnails(draft))
    if numbers:
        with suppress(UserError):  # they were taken away by hand, or the next cleanup takes them
            incoming.remove_imported(workspace, area, numbers)
    yield Finished(job.id, time.perf_counter() - start)


def _read(workspace: Workspace, job: Job, bundle: Bundle, allowance: Allowance) -> Photos:
    """The photos with their classes, before any is decoded."""
    options = job.spec["options"]
    layout, encoding = options.get("layout", ""), options.get("encoding", "")
    try:
        if "path" in options:
            return read_photos(bundle, Path(options["path"]), layout, None, encoding)
        area = options["area"]
        source = UploadSource(workspace, area, layout=layout, encoding=encoding, known=(*bundle.labels, NONE))
    except UndecidedLayout as question:
        with suppress(UserError, OSError):  # without pictures it can be answered too
            keep_pictures(job.folder, question.pictures())
        raise
    collected = Collected(refused=list(source.refused), lines=guessed(source.guessed), allowance=allowance)
    return Photos(source.suggested_name or source.name, source, source.placed, collected)


def _decode(workspace: Workspace, job: Job) -> Decode:
    """What strangers sent is decoded in limited processes, as for an import."""
    if "path" in job.spec["options"]:
        return decode_own(workspace)
    return shared_decoder(load_limits(workspace)).decode


def _other_run(workspace: Workspace, run: Run, bundle: Bundle) -> Run | None:
    """The newest other run on the same data set, of the same person, that knows the same classes."""
    lineage = split_version(run.dataset_id)[0]
    for each in list_runs(workspace):
        same = split_version(each.dataset_id)[0] == lineage and each.visitor == run.visitor
        if same and each.id != run.id and job_status(each).predicts:
            with suppress(UserError):
                if load_bundle(each.folder).labels == bundle.labels:
                    return each
    return None


def _of_the_model(bundle: Bundle) -> dict[str, Any]:
    """Which model it is, and from where on it says "none of these"."""
    model = network_checksum(bundle.info).get("sha256", "")
    return {"model": model, "threshold": bundle.rejection.threshold() if bundle.rejection is not None else 0.0}


def _results(workspace: Workspace, run: Run, scored: Scored, beside: Watched | None, other: Run | None) -> Results:
    predictions = scored.predictions
    if beside is not None:
        answers = [beside.answers[sha256] for sha256 in predictions["sha256"]]
        predictions = predictions.assign(
            other=[beside.labels[int(each.probabilities.argmax())] for each in answers],
            other_probability=[float(each.probabilities.max()) for each in answers],
        )
    return Results(
        model="",
        predictions=predictions,
        report=scored.report,
        files=scored.files,
        num_learned=_num_learned(workspace, run, predictions),
        other=other.id if other is not None else "",
    )


def _num_learned(workspace: Workspace, run: Run, predictions: pd.DataFrame) -> int:
    """How many of the photos the run has learned from, or chosen its best epoch by."""
    try:
        photos = load_dataset(workspace, run.dataset_id).photos
    except UserError:  # it was deleted
        return 0
    learned = set(photos["sha256"][photos["split"] != "test"])
    return int(predictions["sha256"].isin(learned).sum())
