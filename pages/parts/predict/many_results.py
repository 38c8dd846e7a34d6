"""What a model predicted for many photos: totals that filter, photos, tables, sorted folders, and corrections."""

from collections import Counter
from pathlib import PurePath

import numpy as np
import pandas as pd
import streamlit as st

from pages.parts.predict import many_corrections
from pages.server.sorted_photos import sorted_address
from pages.shared import adding, file_list, gallery, photo_grid, photo_viewer, predictions, rejection_dial, state
from pages.shared.photo_grid import GridPage, GridPhoto, Order
from pages.shared.photo_viewer import ViewerPhoto, ViewerPhotos
from pages.shared.thumbnail_address import media_address
from pages.shared.widgets import plain
from tlcore.analysis.predicted_photos import are_there
from tlcore.analysis.prediction_results import PredictedPhotos
from tlcore.data.names import slug
from tlcore.data.thumbnails import Thumbnails
from tlcore.jobs.store import Job, Run
from tlcore.messages.prediction_tables import PredictionTable, predictions_csv, predictions_excel, predictions_json
from tlcore.messages.predictions import GONE, OUTDATED, total_message
from tlcore.messages.quantities import percent
from tlcore.messages.unknown import NONE, closest_message
from tlcore.serving.bundle import MODEL, read_info

PER_PAGE = 42  # whole rows of seven on a desk and of three on a phone
THUMBNAIL = 136  # pixels
MOST_CHIPS = 12  # classes; more go into a list
OTHERS = ""  # the place of photos that are none of the classes


def show(run: Run, job: Job, found: PredictedPhotos, name: str, has_dial: bool) -> None:
    """Draw it. `name`: of the photos, "" where it stands above; `has_dial`: see many.show."""
    if name:
        st.markdown(f"**{plain(name)}**")
    model = predictions.model_of(run)
    if read_info(run.folder).get("files", {}).get(MODEL, {}).get("sha256") != found.model:
        st.caption(OUTDATED)
    if model.rejection and not has_dial:
        rejection_dial.show(model.rejection)
    kept = rejection_dial.chosen(model.rejection)
    threshold = model.rejection.threshold(kept) if model.rejection else 0.0
    if not found.is_whole:
        st.caption(total_message(len(found.predictions), found.is_whole))
    rows = found.predictions.assign(known=found.known(threshold))
    place = _chosen_class(job, rows, found.labels)
    uncertain = st.toggle("Least certain first", key=f"many_uncertain_{job.id}")
    shown = arranged(rows, place, uncertain)
    is_there = are_there(state.workspace(), job.spec["options"])
    _photos(run, job, found, shown, is_there)
    _downloads(job, found, threshold, is_there)
    file_list.show(found.files, job.id)
    if state.may_act(run):
        many_corrections.delete_button(run, job)


def _chosen_class(job: Job, rows: pd.DataFrame, labels: tuple[str, ...]) -> str | None:
    """The totals by class, which filter; None for all classes."""
    totals = Counter(rows["predicted"].where(rows["known"], OTHERS))
    places = sorted(totals, key=lambda place: (place == OTHERS, -totals[place]))
    words = {place: f"{place or NONE} · {totals[place]:,}" for place in places}
    key = f"many_class_{job.id}"
    if len(places) > MOST_CHIPS:
        return st.selectbox("Show", places, None, words.__getitem__, placeholder="All classes", key=key)
    return st.pills("Show", places, format_func=lambda each: plain(words[each]), key=key, label_visibility="collapsed")


def arranged(rows: pd.DataFrame, place: str | None, uncertain: bool) -> pd.DataFrame:
    """Those of a class or of OTHERS (None: all), in their order or the least certain first: those without an answer."""
    if place is not None:
        chosen = ~rows["known"] if place == OTHERS else rows["known"] & (rows["predicted"] == place)
        rows = rows[chosen]
    return rows.sort_values(["known", "probability"], kind="stable") if uncertain else rows


def _photos(run: Run, job: Job, found: PredictedPhotos, rows: pd.DataFrame, is_there: bool) -> None:
    """A page of photos; chosen ones join the data set under the class that a person gives them."""
    pages = max(1, -(-len(rows) // PER_PAGE))
    page = st.pagination(pages, key=f"many_page_{job.id}_{len(rows)}") if pages > 1 else 1
    first = (page - 1) * PER_PAGE
    dataset = adding.dataset_of(run) if is_there else None
    shown = rows.iloc[first : first + PER_PAGE]
    grid = GridPage(
        _grid_photos(job, shown, found.labels),
        first,
        len(rows),
        1,  # the pages are turned above
        dataset.labels if dataset is not None else (),
        tuple(gallery.hue(place) for place in range(len(dataset.labels))) if dataset is not None else (),
        (photo_grid.RELABEL,) if dataset is not None else (),
        0,
        f"{job.id} {page}",
        grid="many",
        per_page=PER_PAGE,
        usual_size=THUMBNAIL,
        new_class=False,
    )

    def on_order(order: Order) -> None:
        if order.kind == photo_grid.OPEN:
            photo_viewer.show(ViewerPhotos(len(rows), lambda at: _large(job, rows.iloc[at])), first + order.number)
        elif order.kind == photo_grid.RELABEL:
            paths = list(rows["path"]) if order.everything else list(order.paths)
            many_corrections.add(run, job, found, paths, order.value)

    if dataset is not None:
        st.caption("Select photos with a wrong answer and move them to their class: they join your data set.")
    elif not is_there:
        st.caption(GONE)
    photo_grid.show(grid, f"many_grid_{job.id}", on_order)
    adding.result(job.id, run)


def _grid_photos(job: Job, rows: pd.DataFrame, labels: tuple[str, ...]) -> list[GridPhoto]:
    kept, photos = Thumbnails(job.folder), []
    for row in rows.to_dict("records"):
        predicted, probability, known = str(row["predicted"]), float(row["probability"]), bool(row["known"])
        picture = kept.read(str(row["sha256"]))
        photos.append(
            GridPhoto(
                id=str(row["path"]),
                name=PurePath(str(row["path"])).name,
                source=media_address(picture, f"many {job.id} {row['path']}") if picture else "",
                label=predicted if known else NONE,
                hue=gallery.hue(labels.index(predicted)) if known else "var(--tl-faint)",
                part="",
                note="",
                tile=gallery.tile_style(0),
                pixels=0,
                detail=percent(probability) if known else closest_message(predicted, probability),
            )
        )
    return photos


def _large(job: Job, row: pd.Series) -> ViewerPhoto:
    picture = Thumbnails(job.folder).read(str(row["sha256"])) or b""
    answer = {} if row["known"] else {"Answer": NONE}
    return ViewerPhoto(
        name=PurePath(str(row["path"])).name,
        read=lambda: picture,
        predicted=str(row["predicted"]),
        probability=float(row["probability"]),
        more=lambda: {**answer, "Path": str(row["path"]), "Picture": "Only a small one is shown"},
    )


def _downloads(job: Job, found: PredictedPhotos, threshold: float, is_there: bool) -> None:
    """The predictions as files, made when they are asked for, and the photos in folders of their classes."""
    known: np.ndarray = found.known(threshold)
    table = PredictionTable(found.labels, found.predictions, known, found.files)
    name = slug(str(job.spec["options"].get("name") or "photos"))
    excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    kinds = (
        ("CSV", "csv", "text/csv", lambda: predictions_csv(table).encode("utf-8-sig")),
        ("Excel", "xlsx", excel, lambda: predictions_excel(table)),
        ("JSON", "json", "application/json", lambda: predictions_json(table).encode("utf-8")),
    )
    with st.container(horizontal=True, key="line_many_downloads"):
        for title, suffix, kind, make in kinds:
            st.download_button(
                f"Download {title}",
                make,
                f"{name}-predictions.{suffix}",
                kind,
                type="tertiary",
                on_click="ignore",
                key=f"many_{suffix}_{job.id}",
            )
        if is_there:
            st.link_button(
                "Download sorted photos (zip)", sorted_address(state.workspace(), job.id, threshold), type="tertiary"
            )
