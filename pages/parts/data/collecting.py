"""Photos that wait to become a data set: the visitor's upload area behind the board, and the import that is made of it.

Uploads go to the visitor's area at once, and the names of their classes with them, so that a page change or a refresh
loses nothing that arrived. That of a group in a classroom is one for all its devices: the board then shows what the
others send, as it comes.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts.data import board
from pages.parts.data.board import Target, Told
from pages.shared import actions, chrome, decoding, state
from tlcore.classroom.contributions import current_area
from tlcore.classroom.store import load_classroom
from tlcore.data import incoming, receive
from tlcore.data.images import PhotoRefused
from tlcore.data.manifest import Dataset
from tlcore.data.unsent import keep_unsent
from tlcore.data.upload_classes import (
    UploadClass,
    UploadClasses,
    is_same_name,
    read_classes,
    suggested_name,
    write_classes,
)
from tlcore.data.zip_preview import preview_zip
from tlcore.errors import UserError
from tlcore.jobs.store import ImportSpec
from tlcore.messages.exports import project_message
from tlcore.messages.quantities import count
from tlcore.projects.file import preview_project
from tlcore.settings import load_limits
from tlcore.workspace import touch_used

MOST_PICTURES, PICTURES_A_CLASS = 25, 5
"""Thumbnails of photos that arrived in an earlier visit; each is decoded while the page is made."""

PICTURE_SIZE = 112  # pixels
MOST_ZIPS, MOST_NAMED = 5, 12  # the zips, and of each the classes, that are named before the import
AREA = "incoming"  # in the session and the address
DONE = "board_order"  # in the session: the last order of the board that an import was begun for
POLL_SECONDS = 2.0  # of the board of a group


def show(base: Dataset | None, begin: Callable[[ImportSpec], None]) -> None:
    """Draw the board, that of a group again every few seconds, since others of the group send photos too.

    Args:
        base: the data set that photos are added to, None for a new one. begin: gets what to import.
    """

    def drawn() -> None:
        if (spec := collect(base)) is not None:
            begin(spec)

    if state.group() is None:
        drawn()
    else:
        st.fragment(chrome.errors_shown()(drawn), run_every=POLL_SECONDS, key="board_live")()


def collect(base: Dataset | None = None) -> ImportSpec | None:
    """Draw the board and keep what its cards say; returns what to import once somebody wants it.

    Args:
        base: the data set that photos are added to, None for a new one.
    """
    workspace, said = state.workspace(), board.last_told()
    area = _known_area()
    if area is None and said.busy:
        area = actions.use_group_area() or _use(incoming.new_incoming(workspace, state.maker()))
    if area is not None and said.said and said.area in (None, area):
        _keep(area, said)
    key = receive.upload_key(workspace, area) if area else None
    board.mount(Target(area, key, load_limits(workspace)), _shown(area, said, base))
    if said.order in ("", st.session_state.get(DONE)):
        return None
    st.session_state[DONE] = said.order
    if area is None:  # nothing was sent: only a forged message gets here
        raise UserError("There are no photos to import yet.", "Add photos to at least two classes.")
    name = said.classes.name or suggested_name(workspace, area, said.classes, said.without) or "My photos"
    return ImportSpec("incoming", area, name, base=base.id if base else None, without=said.without)


def forget() -> None:
    """After a data set was made of it, the next photos go to a new area."""
    st.session_state.pop(AREA, None)
    state.choose(incoming=None)


def _keep(area: str, said: Told) -> None:
    """Write down what the cards say, and take out what was removed from them."""
    workspace = state.workspace()
    write_classes(workspace, area, said.classes)
    keep_unsent(workspace, area, said.unsent)
    if said.dropped:
        incoming.remove_sent(workspace, area, said.dropped)


def _known_area() -> str | None:
    """The upload area: that of the visitor's group, else his own, from the address or this visit; None where there is
    none any more."""
    group = state.group()
    if group is not None:
        return current_area(state.workspace(), group) or None
    found = state.chosen(AREA) or st.session_state.get(AREA)
    if found is None:
        return None
    try:
        incoming.area_folder(state.workspace(), _use(found))
        touch_used(state.workspace().incoming / found)
    except UserError:  # it has become a data set meanwhile, or was cleaned away
        forget()
        return None
    return str(found)


def _use(area: str) -> str:
    st.session_state[AREA] = area
    state.choose(incoming=area)
    return area


def _shown(area: str | None, said: Told, base: Dataset | None) -> dict[str, Any]:
    """What stands on the board: all of it at first, later only what the browser does not know itself."""
    suggested = suggested_name(state.workspace(), area, said.classes) if area else ""
    zips = _zips(area) if area else {}
    adds = base is not None
    live = {"arrived": _arrived(area, said.board)} if state.group() is not None else {}
    if said.said:
        return {"suggested": suggested, "zips": zips, "adds": adds, **live}
    classes = read_classes(state.workspace(), area) if area else UploadClasses()
    cards, whole = _cards(area, classes) if area else ([], None)
    if base is not None:
        cards = _with_fixed(base, cards)
    cards = _with_wanted(cards)
    if area:
        suggested = suggested_name(state.workspace(), area, classes)
    named = {"name": classes.name, "folder": classes.folder, "restored": said.restore}
    suggested = base.name if base and not suggested else suggested
    return {**named, "suggested": suggested, "cards": cards, "whole": whole, "zips": zips, "adds": adds, **live}


def _with_fixed(base: Dataset, cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cards of a data set that photos are added to, each with the new photos of its class, then those of others."""
    counts, fixed = base.photos["label"].value_counts(), []
    for label in base.labels:
        same = [each for each in cards if each["name"] == label]
        fixed.append(
            {
                "name": label,
                "fixed": int(counts[label]),
                "labels": [of_card for each in same for of_card in each["labels"]],
                "count": sum(each["count"] for each in same),
                "photos": [photo for each in same for photo in each["photos"]],
            }
        )
    return [*fixed, *(each for each in cards if each["name"] not in base.labels)]


def _with_wanted(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cards, and one for each class that the task of a group's classroom asks for and none has yet."""
    group = state.group()
    if group is None:
        return cards
    wanted = load_classroom(state.workspace(), group.classroom_id).task.classes
    missing = [name for name in wanted if not any(is_same_name(each["name"], name) for each in cards)]
    named = [each for each in cards if each["name"] or each["count"]]  # empty ones are of no use beside these
    new = [{"labels": [], "name": name, "count": 0, "photos": []} for name in missing]
    return [*(named if new else cards), *new]


def _arrived(area: str | None, board_mark: str) -> dict[str, Any]:
    """What other devices of a group have sent to the area, and the classes by the names that any of them gave."""
    if area is None:
        return {"classes": [], "photos": []}
    workspace = state.workspace()
    rows = [
        {name: row[name] for name in ("id", "number", "label", "name")}
        for row in incoming.read_index(incoming.area_folder(workspace, area))
        if row.get("id") and row["label"] is not None and not (board_mark and row.get("by") == board_mark)
    ]
    sent = {row["label"] for row in rows}
    classes = [
        {"labels": list(each.labels), "name": each.name}
        for each in read_classes(workspace, area).classes
        if each.labels and (each.name or not sent.isdisjoint(each.labels))
    ]
    return {"classes": classes, "photos": rows}


def _cards(area: str, classes: UploadClasses) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """The cards of photos that arrived earlier, and what is known of folders and zips that name their classes."""
    rows: dict[str | None, dict[int, dict[str, Any]]] = defaultdict(dict)
    for row in incoming.read_index(incoming.area_folder(state.workspace(), area)):
        if row["label"] not in classes.removed:
            rows[row["label"]][row["number"]] = row
    known = {label for each in classes.classes for label in each.labels}
    loose = [UploadClass((label,), label) for label in rows if label is not None and label not in known]
    cards, left = [], MOST_PICTURES
    for each in (*classes.classes, *loose):
        found = [row for label in each.labels for row in rows.get(label, {}).values()]
        newest = sorted(found, key=lambda row: -row["number"])[: min(left, PICTURES_A_CLASS)]
        left -= len(newest)
        pictures = {row["number"]: _picture(area, row["number"]) for row in newest}
        photos = [
            {"id": row["id"], "name": row["name"], "source": pictures.get(row["number"], "")}
            for row in sorted(found, key=lambda row: -row["number"])
            if row.get("id")
        ]
        cards.append({"labels": list(each.labels), "name": each.name, "count": len(found), "photos": photos})
    return cards, _whole(list(rows.get(None, {}).values()))


def _zips(area: str) -> dict[str, str]:
    """What will become of each zip that has arrived, in a sentence, by its id; of those whose names tell it."""
    rows = incoming.read_index(incoming.area_folder(state.workspace(), area))
    zips = [row for row in rows if row["label"] is None and row["name"].lower().endswith(".zip") and row.get("id")]
    words = {row["id"]: _zip_message(area, row["number"], row["name"]) for row in zips[-MOST_ZIPS:]}
    return {an_id: message for an_id, message in words.items() if message}


@st.cache_data(max_entries=50, show_spinner=False)
def _zip_message(area: str, number: int, name: str) -> str:
    path = incoming.file_path(state.workspace(), area, number)
    if (project := preview_project(path)) is not None:
        return project_message(project.name, project.num_photos, len(project.runs))
    found = preview_zip(path, name)
    if found is None:
        return ""
    named = [f"{label} ({photos:,})" for label, photos in found.classes[:MOST_NAMED]]
    more = found.num_classes - len(named)
    return f"{count(found.num_classes, 'class', 'classes')}: {', '.join(named)}{f' and {more:,} more' if more else ''}."


def _whole(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not rows:
        return None
    return {
        "names": sorted({row["name"].split("/")[0] for row in rows}),
        "count": len(rows),
        "bytes": sum(row["bytes"] for row in rows),
        "ids": [row["id"] for row in rows if row.get("id")],
    }


@st.cache_data(max_entries=200, show_spinner=False)
def _picture(area: str, number: int) -> str:
    """A small picture of a photo that arrived, as a data address; an empty one for what is no photo."""
    try:
        data = incoming.read_file(state.workspace(), area, number)
        return decoding.picture_address(decoding.decoder().thumbnail(data, PICTURE_SIZE))
    except (UserError, PhotoRefused):
        return decoding.EMPTY_PIXEL
