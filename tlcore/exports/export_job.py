"""An export as a job of its run, for the pages: what is asked for, and what lies in the job's folder afterwards.

analyses/<id>/<name>          the export
analyses/<id>/result.json     its name, what its check found, and the checksum of the model that it was made of
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.analysis.results import analysis_folder, load_result, save_result
from tlcore.checksums import file_checksum
from tlcore.events import Event, Finished, Progress, ShouldStop, StageKey, Stopped
from tlcore.exports.exporter import Check, Exported, ExportKind, ExportSource, exporting, find_kind
from tlcore.exports.file_names import export_file_name
from tlcore.exports.own_score import MAX_LOSS, OwnScore
from tlcore.exports.samples import make_samples
from tlcore.jobs.store import Job, Run, load_run
from tlcore.serving.bundle import Bundle, load_bundle, network_checksum, read_info
from tlcore.settings import load_limits
from tlcore.storage.quota import check_disk
from tlcore.storage.usage import EXPORT, folder_bytes
from tlcore.workspace import Workspace, is_id, touch_used

WHAT = EXPORT
VERSION = 2  # raise it when an export of the same model would be another


@dataclass(frozen=True)
class SavedExport:
    """An export that a job has made; `made`: as `export` gave it; `are_photos`: what its samples are."""

    made: Exported
    are_photos: bool


def export_options(kind: ExportKind, include_photos: bool, max_loss: float = MAX_LOSS) -> dict[str, Any]:
    """The options of the job, as `store.analysis_job` takes them. `max_loss`: see `exporter.export`."""
    options = {"kind": kind.key, "include_photos": include_photos}
    return options | ({"max_loss": max_loss} if kind.judged_by_score else {})


def run_export(workspace: Workspace, job: Job, should_stop: ShouldStop) -> Iterator[Event]:
    """Make an export of a run in the job's folder; the last event is Finished with the id of the job, or Stopped.

    Raises:
        UserError: what `export` raises, or the run has no model.
    """
    start, options = time.perf_counter(), job.spec["options"]
    kind, run = find_kind(options["kind"]), load_run(workspace, job.spec["run"])
    yield Progress(StageKey.PACK, 0, 1)
    bundle = load_bundle(run.folder)
    check_disk(workspace, _most_bytes(workspace, run, kind, bundle), load_limits(workspace))
    source = ExportSource(bundle, run.folder, should_stop)
    samples = make_samples(bundle, run.folder, options["include_photos"])
    if should_stop():
        yield Stopped("Nothing was exported.")
        return
    path = job.folder / export_file_name(source.name, kind)
    state = kind.state(source)  # as it was before: what comes meanwhile may not be in it
    made = yield from exporting(source, kind, path, samples, True, options.get("max_loss", MAX_LOSS))
    if made is None:
        yield Stopped("Nothing was exported.")
        return
    found: dict[str, Any] = {"file": path.name, "model": file_checksum(bundle.network), "check": vars(made.check)}
    found |= {"score": vars(made.score) if made.score is not None else None, "state": state}
    save_result(job.folder, VERSION, found)
    yield Progress(StageKey.PACK, 1, 1)
    yield Finished(job.id, time.perf_counter() - start)


def made_export(workspace: Workspace, job_id: str) -> Path | None:
    """The file of an export that a job made; None where it made none, or no job of that id makes exports."""
    if not is_id(job_id):
        return None
    folder = workspace.analyses / job_id
    result = load_result(folder, VERSION)
    file = result[0].get("file") if result is not None else None
    if not isinstance(file, str) or Path(file).name != file or not (folder / file).is_file():
        return None
    touch_used(folder)
    return folder / file


def _most_bytes(workspace: Workspace, run: Run, kind: ExportKind, bundle: Bundle) -> int:
    """What an export may take on the disk: of a model a few times its size, of a project all that goes with it."""
    model = 8 * len(bundle.network)
    return model + folder_bytes(workspace.dataset_folder(run.dataset_id)) * 2 if kind.of_maker else model


def load_export(workspace: Workspace, run: Run, kind: ExportKind, options: Mapping[str, Any]) -> SavedExport | None:
    """What was made of a run; None where nothing was, or its model is another one since. `options`: the job's."""
    folder = analysis_folder(workspace, run.id, WHAT, options)
    result = load_result(folder, VERSION)
    if result is None:
        return None
    found = result[0]
    path = folder / found["file"]
    if not path.is_file() or found["model"] != network_checksum(read_info(run.folder)):
        return None
    if found.get("state", "") and found["state"] != kind.state(ExportSource(Bundle(b"", (), {}), run.folder)):
        return None
    touch_used(folder)
    score = OwnScore(**found["score"]) if found["score"] is not None else None
    return SavedExport(Exported(path, Check(**found["check"]), score), options["include_photos"])
