"""The files of a run in a project: read out of its folder, and made again in another one."""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np

from tlcore.checksums import dump_json
from tlcore.cleaning.planned import read_planned
from tlcore.evaluation.calibration import CALIBRATION
from tlcore.evaluation.cross_validation import cross_validation_info, load_cross_validation
from tlcore.evaluation.embedding import load_embedding
from tlcore.evaluation.report import figures, load_report
from tlcore.jobs.store import EVENTS, JOB, Run
from tlcore.naming import given_name
from tlcore.projects.tables import dump_table
from tlcore.serving.bundle import BESIDE, INFO, LABELS, NETWORKS, bundle_place
from tlcore.serving.bundle_weights import pack_arrays
from tlcore.workspace import read_json

EARLIER = "events-*.jsonl"
BUNDLE = (*NETWORKS, LABELS, INFO, *BESIDE)


def run_members(run: Run) -> Iterator[tuple[str, bytes]]:
    """The members of a run that has a model, by their name below `runs/<id>/`.

    Raises:
        UserError: its figures are damaged. OSError: a file can't be read.
    """
    folder = run.folder
    job = read_json(folder / JOB)
    yield "job.json", dump_json({key: value for key, value in job.items() if key != "visitor"})
    if name := given_name(folder):
        yield "name.json", dump_json({"name": name})
    for path in (folder / EVENTS, *sorted(folder.glob(EARLIER))):
        if path.is_file():
            yield path.name, path.read_bytes()
    report = load_report(folder)
    yield "report.json", dump_json(figures(report))
    yield "predictions.json", dump_table(report.predictions)
    if (folder / CALIBRATION).is_file():
        yield CALIBRATION, dump_json(read_json(folder / CALIBRATION))
    if (found := load_cross_validation(folder)) is not None:
        yield "cross-validation.json", dump_json(cross_validation_info(found))
        yield "folds.json", dump_table(found.report.predictions)
    if (embedding := load_embedding(folder)) is not None:
        yield "embedding.json", dump_table(embedding.photos)
        arrays = {"vectors": embedding.vectors, "projection": embedding.projection, "mean": embedding.mean}
        yield "embedding.npz", pack_arrays({key: [np.asarray(value)] for key, value in arrays.items()})
    if planned := read_planned(folder):
        yield "corrections.json", dump_json({"corrections": [asdict(each) for each in planned]})
    for name in BUNDLE:
        file = bundle_place(folder) / name
        if file.is_file():
            yield f"bundle/{name}", file.read_bytes()
