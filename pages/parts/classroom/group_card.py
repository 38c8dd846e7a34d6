"""One group among the others, as escaped HTML: its photos, what it trains, and its newest score with its range.

Every line has its place whether it says something or not, so that nothing jumps while one looks.
"""

import html

import streamlit as st

from pages.server.thumbnails import LETTERS, thumbnail_folder
from pages.shared import gallery, score, state
from tlcore.classroom.overview import DatasetState, GroupState, RunState
from tlcore.data.manifest import load_dataset
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import load_run
from tlcore.messages.progress import progress_message
from tlcore.messages.quantities import count
from tlcore.workspace import open_workspace

STRIP = 6  # thumbnails
MOST_CLASSES = 8  # named one by one
ACTIVE = ("queued", "running")


def drawing(each: GroupState) -> str:
    """The card below the group's name, which is a link."""
    return f'<div class="tl-group">{_facts(each)}{_photos(each.dataset)}{_score(each)}{_work(each)}</div>'


def newest_scored(each: GroupState) -> RunState | None:
    """The group's newest run that has test figures."""
    return next((run for run in each.runs if run.interval is not None), None)


def newest_share(each: GroupState) -> float:
    """The share of test photos that the group's newest model has correct, 0–1; -1 while there is none."""
    run = newest_scored(each)
    return (run.correct or 0) / run.total if run is not None and run.total else -1.0


def active_run(each: GroupState) -> RunState | None:
    """The run of a group that is worked on, else one that waits, without figures so far."""
    active = [run for run in each.runs if run.state in ACTIVE and run.interval is None]
    return next((run for run in active if run.state == "running"), active[-1] if active else None)


def _facts(each: GroupState) -> str:
    photos = f" · {count(each.dataset.num_photos, 'photo')}" if each.dataset is not None else ""
    handed_in = each.entry is not None and each.group.entry == each.entry.id
    mark = ' · <b class="tl-right">✓ Handed in</b>' if handed_in else ""
    return f'<p class="tl-small">{count(each.devices, "device")}{photos}{mark}</p>'


def _photos(dataset: DatasetState | None) -> str:
    """A strip of the newest photos, and how many there are of each class."""
    if dataset is None or not dataset.num_photos:
        return '<div class="tl-thumbs tl-no-thumbs"><span>No photos yet</span></div><p class="tl-counts"></p>'
    pictures = "".join(
        f'<li><img src="{html.escape(source)}" alt="{html.escape(f"Photo of {label}")}" loading="lazy"></li>'
        for source, label in _thumbnails(dataset)
    )
    counts = [
        f"<span>{gallery.dot(place)}{html.escape(label)} {number:,}</span>"
        for place, (label, number) in enumerate(dataset.photos.items())
    ]
    more = [f"<span>{len(counts) - MOST_CLASSES} more classes</span>"] if len(counts) > MOST_CLASSES + 1 else []
    shown = counts[:MOST_CLASSES] + more if more else counts
    return f'<ul class="tl-thumbs" role="list">{pictures}</ul><p class="tl-counts">{"".join(shown)}</p>'


def _thumbnails(dataset: DatasetState) -> list[tuple[str, str]]:
    """The address and the class of a few photos."""
    workspace = state.workspace()
    folder = thumbnail_folder(workspace, dataset.id)
    return [(f"{folder}{photo}", label) for photo, label in _newest(workspace.root.as_posix(), dataset.id)]


@st.cache_data(max_entries=400, show_spinner=False)
def _newest(root: str, dataset_id: str) -> list[tuple[str, str]]:
    """The newest photos, as many classes among them as there is room for: the beginning of their hash, and the class.

    A version never changes, so each is read once, and not kept whole: there are sixty groups.
    """
    try:
        photos = load_dataset(open_workspace(root), dataset_id).photos.iloc[::-1]
    except UserError:
        return []
    turn = photos.groupby("label", observed=True).cumcount()
    first = photos.assign(_turn=turn).sort_values("_turn", kind="stable").head(STRIP)
    return [(str(row.sha256)[:LETTERS], str(row.label)) for row in first.itertuples()]


def _work(each: GroupState) -> str:
    """How far the training is, or its place in the line; else which model counts."""
    active = active_run(each)
    if active is None:
        words = "" if each.group.entry else "The newest model counts" if each.entry else "No model yet"
        return f'<p class="tl-work">{words}</p><div class="tl-progress"></div>'
    share, words = _progress(active)
    values = f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{share * 100:.0f}"'
    return (
        f'<p class="tl-work">{html.escape(words)}</p><div class="tl-progress" role="progressbar" aria-label="Training" '
        f'{values}><i style="width:{share:.1%}"></i></div>'
    )


def _progress(active: RunState) -> tuple[float, str]:
    """The share that is done and the words for it."""
    try:
        run = load_run(state.workspace(), active.id)
    except UserError:  # deleted just now
        return 0.0, ""
    return progress_message(job_status(run), active.position, run.config)


def _score(each: GroupState) -> str:
    """The newest score, in two lines that do not break within the range."""
    run = newest_scored(each)
    if run is None or run.interval is None:
        return '<div class="tl-no-score"></div>'
    return score.drawing(run.correct or 0, run.total or 0, *run.interval).replace(" · likely", "<br>likely", 1)
