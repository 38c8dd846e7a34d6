"""What came of a test on other photos: the score beside the run's own, classes, mistakes, and the files left out."""

from pathlib import PurePath

import pandas as pd
import streamlit as st

from pages.parts.evaluate import figures
from pages.parts.evaluate.photo_filter import PhotoFilter, Shown, select, shown_message
from pages.shared import actions, file_list, gallery, photo_viewer, score, state
from pages.shared.decoding import picture_address
from pages.shared.gallery import GalleryPhoto
from pages.shared.photo_viewer import ViewerPhoto
from pages.shared.widgets import plain
from tlcore.analysis.test_set_results import Results, by_interest, disagreements, is_of, predictions_table
from tlcore.data.thumbnails import Thumbnails
from tlcore.errors import UserError
from tlcore.evaluation.report import Report
from tlcore.evaluation.significance import difference_of_shares
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Job, Run, load_run
from tlcore.messages.other_photos import (
    OUTDATED,
    answered_message,
    difference_message,
    learned_message,
    strange_message,
    unlabelled_message,
)
from tlcore.messages.quantities import count, percent
from tlcore.messages.tables import csv_text
from tlcore.messages.titles import run_title
from tlcore.messages.unknown import NONE, closest_message
from tlcore.serving.bundle import read_info

PAGE_SIZE = 24
ALL, DIFFERENT = "All photos", "Runs disagree"


def show(run: Run, own: Report, job: Job, results: Results, name: str) -> None:
    """Draw it, with the button that deletes it.

    Args:
        own: the figures on the run's own test photos. name: of the test, "" where it stands above.
    """
    if name:
        st.markdown(f"**{plain(name)}**")
    if not is_of(results, read_info(run.folder)):
        st.caption(OUTDATED)
    if results.report is not None:
        _score(own, results)
        _photos_with_classes(job, results.report)
    else:
        _photos_without(run, job, results)
    file_list.show(results.files, job.id)
    if state.may_act(run):
        st.button("Delete this test", key=f"delete_{job.id}", on_click=actions.delete_new_photos, args=(run, job))


def _score(own: Report, results: Results) -> None:
    report = results.report
    assert report is not None
    score.show(report.correct, report.total, report.low, report.high, label="photos")
    difference = difference_of_shares((own.correct, own.total), (report.correct, report.total))
    st.markdown(plain(difference_message(own, report, difference)))
    if words := learned_message(results):
        st.markdown(f"⚠️ {plain(words)}")
    if words := answered_message(results):
        st.markdown(plain(words))
    if words := strange_message(results):
        st.markdown(plain(words))


def _photos_with_classes(job: Job, report: Report) -> None:
    choice = PhotoFilter(job.id, tuple(report.labels))
    shown = choice.chosen(has_mistakes=report.correct < report.total)
    figures.mixed_up(report, choice, shown)
    figures.classes(report, choice, shown)
    choice.draw()
    rows = select(report.predictions, shown)
    if rows.empty:
        st.markdown("No mistakes on these photos" if shown == Shown(True) else "No photos match")
        return
    st.markdown(f"**{plain(shown_message(rows, shown))}**")
    _grid(job, rows, choice.page(-(-len(rows) // PAGE_SIZE)))


def _photos_without(run: Run, job: Job, results: Results) -> None:
    """Predictions alone: the least certain first, and those about which another run says something else."""
    other = _name_of(results.other)
    st.markdown(plain(unlabelled_message(results, other)))
    learned = learned_message(results)
    if learned:
        st.markdown(f"⚠️ {plain(learned)}")
    rows = by_interest(results.predictions)
    differ = disagreements(rows)
    if len(differ):
        label = f"{DIFFERENT} ({len(differ):,})"
        which = st.segmented_control("Show", (ALL, label), default=ALL, required=True, key=f"which_{job.id}")
        rows = differ if which == label else rows
    pages = -(-len(rows) // PAGE_SIZE)
    page = st.pagination(pages, key=f"page_{job.id}_{len(rows)}") if pages > 1 else 1
    _grid(job, rows, page)
    st.download_button(
        "Download predictions (CSV)",
        lambda: csv_text(*predictions_table(results.predictions)).encode("utf-8-sig"),
        file_name="predictions.csv",
        mime="text/csv",
        type="tertiary",
        on_click="ignore",
        key=f"predictions_{job.id}",
    )


def _name_of(run_id: str) -> str:
    """What another run is called; "" where it is gone, or not this visitor's to see."""
    try:
        other = load_run(state.workspace(), run_id) if run_id else None
    except UserError:
        return ""
    return run_title(other, job_status(other)) if other is not None and state.may_see(other) else ""


def _grid(job: Job, rows: pd.DataFrame, page: int) -> None:
    """One page of photos, as far as pictures of them are kept; a press opens one large."""
    kept, some = Thumbnails(job.folder), rows.iloc[(page - 1) * PAGE_SIZE : page * PAGE_SIZE].to_dict(orient="records")
    found = [(row, picture) for row in some if (picture := kept.read(str(row["sha256"]))) is not None]
    large = [viewer_photo(row, picture) for row, picture in found]
    photos = [_photo(row, picture) for row, picture in found]
    gallery.grid(photos, None, f"photos_{job.id}", lambda place: photo_viewer.show(large, place))
    if missing := len(some) - len(found):
        st.caption(f"No pictures are kept of {count(missing, 'more photo')}.")


def viewer_photo(row: dict[str, object], picture: bytes) -> ViewerPhoto:
    """A photo of a test, to be looked at: only its small picture is kept."""
    answer = {"Answer": NONE} if row.get("known") is False else {}
    return ViewerPhoto(
        name=PurePath(str(row["path"])).name,
        read=lambda: picture,
        label=str(row.get("label", "")),
        predicted=str(row["predicted"]),
        probability=float(str(row["probability"])),
        more=lambda: {**answer, "Picture": "Only a small one is kept"},
    )


def _photo(row: dict[str, object], picture: bytes) -> GalleryPhoto:
    predicted, probability = str(row["predicted"]), percent(float(str(row["probability"])))
    name = PurePath(str(row["path"])).name
    caption, alt = predicted, f"Photo {name}, predicted {predicted}"
    if row.get("known") is False:
        caption, alt = NONE, f"Photo {name}, {NONE.lower()}"
    mark = None if "correct" not in row else bool(row["correct"])
    detail = (
        f"{probability} confident" if caption != NONE else closest_message(predicted, float(str(row["probability"])))
    )
    if mark is False:
        caption = f"Predicted {predicted}, actually {row['label']}"
        alt += f", actually {row['label']}"
    elif row.get("other", predicted) != predicted:
        detail += f" · other run: {row['other']}"
    return GalleryPhoto(picture_address(picture), caption, alt, name, mark, detail)
