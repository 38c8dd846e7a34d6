"""What a check found, a kind at a time: each photo with the reason, and one press to keep, move or leave it out."""

from pathlib import PurePath

import pandas as pd
import streamlit as st

from pages.parts.data import check_cards
from pages.parts.data.check_cards import Card, CardButton, CardPhoto, card_id
from pages.parts.data.photo_actions import photo_actions
from pages.shared import actions, gallery, photo_viewer, state, undo
from pages.shared.decoding import dataset_thumbnail
from pages.shared.widgets import plain
from tlcore.cleaning.issues import BURST, COPY, KINDS, PAIRS, TWO_CLASSES, WRONG_LABEL
from tlcore.cleaning.results import load_issues, num_kept
from tlcore.data.manifest import Dataset
from tlcore.messages.checks import EXPLANATIONS, TITLES, check_message, counted
from tlcore.messages.quantities import count

PAGE_SIZE = 20
MOST_TARGETS = 4  # classes to which all that are proposed for them can be moved at once
KEEP, MOVE, LEAVE_OUT = "keep", "move", "leave out"


def show(dataset: Dataset) -> None:
    """How much was found of each kind; the chosen kind's photos, a page at a time."""
    issues = load_issues(state.workspace(), dataset)
    if issues is None:
        return
    st.markdown(f"**{check_message(issues, len(dataset.photos))}**")
    _kept(dataset)
    numbers = issues["kind"].value_counts()
    kinds = [kind for kind in KINDS if kind in numbers]
    if not kinds:
        return
    kind = _choose_kind(kinds, numbers)
    rows = issues[issues["kind"] == kind].reset_index(drop=True)
    st.caption(EXPLANATIONS[kind])
    may_act = state.may_act(dataset) and state.may_act(state.newest(dataset))
    if may_act and len(rows) > 1:
        _all_at_once(dataset, kind, rows)
    pages = -(-len(rows) // PAGE_SIZE)
    page = min(st.pagination(pages, key=f"check_page_{kind}"), pages) if pages > 1 else 1
    _cards(dataset, rows.iloc[(page - 1) * PAGE_SIZE : page * PAGE_SIZE].reset_index(drop=True), may_act)


def _choose_kind(kinds: list[str], numbers: pd.Series) -> str:
    """The kind that is looked at; one that has nothing left gives way to the first that has."""
    if st.session_state.get("check_kind") not in kinds:
        st.session_state["check_kind"] = kinds[0]
    chosen = st.pills(
        "What was found",
        kinds,
        format_func=lambda kind: f"{TITLES[kind]} ({int(numbers[kind]):,})",
        key="check_kind",
        label_visibility="collapsed",
        required=True,
    )
    return str(chosen or kinds[0])


def _kept(dataset: Dataset) -> None:
    """How many were kept as they are, and the way to see them again."""
    number = num_kept(state.workspace(), dataset)
    if number and state.may_act(dataset):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{number:,} kept as {'it is' if number == 1 else 'they are'}", width="content")
            st.button(
                "Show again", key="check_show_kept", type="tertiary", on_click=actions.show_kept_issues, args=(dataset,)
            )


def _all_at_once(dataset: Dataset, kind: str, rows: pd.DataFrame) -> None:
    """The buttons for all photos of a kind."""
    with st.container(horizontal=True, key="tl_check_all"):
        if kind == WRONG_LABEL:
            targets = rows["proposed"].value_counts()
            if len(targets) > 1:
                words = f"Move all {len(rows):,} to their proposed classes"
                st.button(words, key="check_move_each", on_click=_move_each, args=(dataset, rows))
            for place, (label, number) in enumerate(targets.head(MOST_TARGETS).items()):
                words = f"Move {'all ' if number > 1 else ''}{int(number):,} to {plain(str(label))}"
                paths = rows.loc[rows["proposed"] == label, "path"].tolist()
                st.button(words, key=f"check_move_all_{place}", on_click=_move, args=(dataset, paths, str(label)))
        elif kind != TWO_CLASSES:
            words = f"Leave out all {counted(kind, len(rows))}"
            st.button(words, key="check_leave_out_all", on_click=_leave_out, args=(dataset, rows["path"].tolist()))
        st.button("Keep all", key="check_keep_all", type="tertiary", on_click=_keep, args=(dataset, rows))


def _cards(dataset: Dataset, rows: pd.DataFrame, may_act: bool) -> None:
    photos = dataset.photos.set_index("path")

    def act(place: int, name: str) -> None:
        row = rows.iloc[place]
        if name == KEEP:
            _keep(dataset, rows.iloc[[place]])
        elif name == MOVE:
            _move(dataset, [str(row["path"])], str(row["proposed"]))
        else:
            _leave_out(dataset, [str(row["path"])])

    def enlarge(place: int, which: int) -> None:
        paths = [path for path in rows.loc[place, ["path", "other"]] if path]
        shown = dataset.photos.set_index("path", drop=False).loc[paths]
        viewed = photo_viewer.from_dataset(dataset, shown)
        photo_viewer.show(viewed, which, photo_actions(dataset, paths))

    cards = [_card(dataset, photos, row, may_act) for _, row in rows.iterrows()]
    check_cards.show(cards, f"check_cards_{dataset.id}", act, enlarge)


def _card(dataset: Dataset, photos: pd.DataFrame, row: pd.Series, may_act: bool) -> Card:
    paths = [str(row[name]) for name in ("path", "other") if row[name]]
    notes = (" · leave out?", " · stays") if row["kind"] in (COPY, BURST) else ("", "")
    return Card(
        card_id(str(row["kind"]), *paths),
        str(row["reason"]),
        tuple(_photo(dataset, photos, path, note) for path, note in zip(paths, notes)),
        tuple(_buttons(row)) if may_act else (),
    )


def _photo(dataset: Dataset, photos: pd.DataFrame, path: str, note: str) -> CardPhoto:
    """A photo of a card. `note`: what becomes of it, behind its class."""
    photo = photos.loc[path]
    label, pixels = str(photo["label"]), gallery.own_pixels(photo["width"], photo["height"])
    return CardPhoto(
        dataset_thumbnail(dataset, path, str(photo["sha256"]), 240),
        f"Photo of the class {label}",
        f"{label}{note}",
        PurePath(path).name,
        gallery.hue(dataset.labels.index(label)),
        gallery.tile_style(pixels),
        pixels,
    )


def _buttons(row: pd.Series) -> list[CardButton]:
    """What can be done with a photo: the likeliest first."""
    name, kind = PurePath(str(row["path"])).name, row["kind"]
    keep = "Keep both" if kind in PAIRS else "Keep"
    spoken = f"Keep {name} in {row['label']}" if kind == WRONG_LABEL else f"{keep}: {name}"
    found = [CardButton(KEEP, keep, spoken), CardButton(LEAVE_OUT, "Leave out", f"Leave out {name}")]
    if kind in (WRONG_LABEL, TWO_CLASSES):
        found.insert(0, CardButton(MOVE, f"Move to {row['proposed']}", f"Move {name} to {row['proposed']}"))
    return found


def _keep(dataset: Dataset, rows: pd.DataFrame) -> None:
    with actions.refusals_kept():
        if actions.keep_issues(dataset, rows):
            st.toast(f"Kept. {'It' if len(rows) == 1 else 'They'} won’t be suggested again.")


def _move(dataset: Dataset, paths: list[str], label: str) -> None:
    with actions.refusals_kept():
        newer = actions.relabel(dataset, paths, label)
        if newer is not None:
            undo.changed(newer, f"Moved {count(len(paths), 'photo')} to “{label}”.")


def _move_each(dataset: Dataset, rows: pd.DataFrame) -> None:
    with actions.refusals_kept():
        undo.edited(actions.relabel_each(dataset, dict(zip(rows["path"], rows["proposed"]))))


def _leave_out(dataset: Dataset, paths: list[str]) -> None:
    with actions.refusals_kept():
        newer = actions.leave_out(dataset, paths)
        if newer is not None:
            undo.changed(newer, f"Left out {count(len(paths), 'photo')}.")
