"""What is known of one photo of a data set beside what its page says: for the photo that is shown large."""

from collections.abc import Mapping
from pathlib import PurePath

import pandas as pd
import streamlit as st

from pages.shared import state
from tlcore.cleaning.issues import PAIRS
from tlcore.cleaning.results import load_issues, load_measures
from tlcore.data.manifest import Dataset
from tlcore.data.report import LEFT_OUT
from tlcore.errors import UserError
from tlcore.evaluation.report import FIGURES, load_report
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.quantities import format_bytes, percent
from tlcore.workspace import split_version


def details(dataset: Dataset, path: str) -> Mapping[str, str]:
    """Each fact under its name; what is not known is left out."""
    photos = dataset.photos
    (row,) = photos[photos["path"] == path].to_dict(orient="records") or [{}]
    if not row:
        return {}
    group = row.get("group")
    known = {
        "File size": format_bytes(int(row["bytes"])),
        "File": path if PurePath(path).name != path else "",
        "Group": str(group) if isinstance(group, str) else "",
        "Import": "; ".join(_report(dataset, path)),
        "Most alike": _most_alike(dataset, path),
    }
    return {name: value for name, value in known.items() if value}


def _report(dataset: Dataset, path: str) -> list[str]:
    """What its import changed of the photo or guessed about it."""
    rows = dataset.report[(dataset.report["path"] == path) & (dataset.report["what"] != LEFT_OUT)]
    return [str(reason) for reason in rows["reason"]]


def _most_alike(dataset: Dataset, path: str) -> str:
    """The photo that is most like it, where a check of the photos found one; and how alike they are."""
    issues, measures = (load(state.workspace(), dataset) for load in (load_issues, load_measures))
    if issues is None or measures is None:
        return ""
    pairs = issues[issues["kind"].isin(PAIRS)]
    others = [*pairs[pairs["path"] == path]["other"], *pairs[pairs["other"] == path]["path"]]
    if not others:
        return ""
    similarity = measures["similarity"].get(path)
    return f"{others[0]} ({percent(float(similarity))})" if pd.notna(similarity) else str(others[0])


def last_prediction(dataset: Dataset, path: str) -> tuple[str, float] | None:
    """What the newest model that was tested on a photo predicted for it: the class and its probability (0–1)."""
    for run in _runs(dataset):
        found = _predictions(run.id, (run.folder / FIGURES).stat().st_mtime_ns)
        if found is not None and path in found.index:
            return str(found.at[path, "predicted"]), float(found.at[path, "probability"])
    return None


def newest_model(dataset: Dataset) -> Run | None:
    """The newest run that learned from any version of this data set and has a model to ask."""
    return next((run for run in _runs(dataset) if job_status(run).predicts), None)


def model_in_use() -> Run | None:
    """The run in use, where it has a model to ask."""
    run = state.run()
    return run if run is not None and job_status(run).predicts else None


def _runs(dataset: Dataset) -> list[Run]:
    """The tested runs that learned from any version of this data set, the newest first."""
    folder = split_version(dataset.id)[0]
    found = (run for run in state.runs() if split_version(run.dataset_id)[0] == folder)
    return [run for run in found if (run.folder / FIGURES).is_file()]


@st.cache_data(max_entries=16, show_spinner=False)
def _predictions(run_id: str, tested: int) -> pd.DataFrame | None:
    """The predictions of a run by path; `tested` changes when it is tested once more."""
    del tested  # of the cache's key
    try:
        found = load_report(state.workspace().runs / run_id).predictions
    except UserError:
        return None
    return found.drop_duplicates("path").set_index("path")[["predicted", "probability"]]
