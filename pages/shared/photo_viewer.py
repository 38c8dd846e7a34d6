"""One photo large, over the page: all of it, what is known of it, its neighbours, and what can be done with it."""

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePath
from typing import Any, Literal

import pandas as pd
import streamlit as st

from pages.shared import actions, chrome, gallery, neighbours, photo_details, why
from pages.shared.decoding import preview
from pages.shared.why import Answer, Question
from pages.shared.widgets import plain
from tlcore.data.images import PhotoRefused
from tlcore.data.manifest import Dataset
from tlcore.data.picture_files import PIXEL_ART
from tlcore.data.wanted import PhotoInfo
from tlcore.errors import UserError
from tlcore.evaluation.embedding import Neighbour
from tlcore.jobs.store import Run
from tlcore.messages.explanation import alike
from tlcore.messages.quantities import percent

LARGEST = 1024
"""Pixels of the longer side, at most."""

MOST_SCALED = 320  # pixels that a picture of few pixels is brought to, by a whole number
PARTS = {"train": "Training", "validation": "Validation", "test": "Test"}
PLACE = "viewer_place"  # in the session
GONE, AGAIN = "viewer_gone", "viewer_again"  # the places that an action took away; whether the page has to run again
WHY = "viewer_why_shown"  # what the switch and the choice of a class begin with, as keys
RETURNING = "viewer_returning"  # in the session, for one run: the list of photos, and the place in it
BESIDE = "viewer_beside"  # in the session: a training photo that is shown in the place of the one that it is like
PREVIOUS, NEXT = "← Previous", "Next →"  # the arrow keys; style.css hides the sign that Streamlit adds at the right


@dataclass(frozen=True)
class ViewerPhoto:
    """What the viewer shows of a photo; what is not known stays empty.

    Attributes:
        name: of its file. read: gives the file's content; raises UserError where it is gone.
        label: its class. part: what it is used for, a word of `PARTS`.
        predicted, probability: what a model says it is, and how probable (0–1).
        width, height: pixels, 0 where they are not known.
        more: gives what else is known, each under its name; asked for when the photo is shown.
        question: the model that can be asked why, where there is one.
    """

    name: str
    read: Callable[[], bytes]
    label: str = ""
    part: str = ""
    predicted: str = ""
    probability: float | None = None
    width: int = 0
    height: int = 0
    more: Callable[[], Mapping[str, str]] = dict
    question: Question | None = None


class ViewerPhotos(Sequence[ViewerPhoto]):
    """Photos that are made one by one, when they are shown: of 20,000 a person looks at a few.

    Args:
        number: how many there are. make: gives the photo at a place.
    """

    def __init__(self, number: int, make: Callable[[int], ViewerPhoto]) -> None:
        self._number, self._make = number, make

    def __len__(self) -> int:
        return self._number

    def __getitem__(self, place: Any) -> Any:
        return (
            [self._make(each) for each in range(*place.indices(self._number))]
            if isinstance(place, slice)
            else self._make(place)
        )


@dataclass(frozen=True)
class ViewerAction:
    """Something that can be done with the photo that is shown.

    Attributes:
        label: of its button, or gives it for the photo's place.
        do: gets the photo's place, and the option where there are `options`, as a callback; False where it was not
            done. A UserError is said in the viewer.
        offered: gets the place too, and tells whether the photo is one to do it with.
        removes: whether the photo is done with after it. Then the viewer goes on to the next one, with `done` as what
            was done, and the page runs again when it is closed; else the page runs again at once.
        options: gives what can be chosen for the photo, in a menu; none for a button. shortcut: a key that presses it.
    """

    label: str | Callable[[int], str]
    do: Callable[..., object]
    offered: Callable[[int], bool] = lambda place: True
    removes: bool = False
    done: str = ""
    options: Callable[[int], Sequence[str]] | None = None
    shortcut: str | None = None


def show(photos: Sequence[ViewerPhoto], place: int, offered: Iterable[ViewerAction] = (), returns_to: str = "") -> None:
    """Open the viewer on the photo at `place`, as an answer to a press: once, in the run that the press began.

    Args:
        returns_to: names a list of photos that opens the viewer again after the page ran again (`place_to_return`).
    """
    st.session_state[PLACE], st.session_state[GONE], st.session_state[BESIDE] = place, {}, None
    can_be_done = tuple(offered)
    # The dialog's own title stays while one goes on to the next photo, so the heading that is seen is in the body.
    on_close: Literal["rerun", "ignore"] = "rerun" if any(action.removes for action in can_be_done) else "ignore"
    opened = st.dialog("Photo", width="large", on_dismiss=on_close)
    opened(chrome.errors_shown(has_way_out=False)(_body))(photos, can_be_done, returns_to)


def place_to_return(name: str) -> int | None:
    """Where the viewer of a list of photos was when something was done there; None where nothing was just now."""
    returning: tuple[str, int] | None = st.session_state.pop(RETURNING, None)
    return returning[1] if returning and returning[0] == name else None


def from_dataset(dataset: Dataset, rows: pd.DataFrame) -> Sequence[ViewerPhoto]:
    """Rows of a manifest, in their order."""

    def make(place: int) -> ViewerPhoto:
        row = rows.iloc[place]
        last = photo_details.last_prediction(dataset, row["path"])
        return ViewerPhoto(
            name=PurePath(row["path"]).name,
            read=partial(dataset.read, row["path"]),
            label=str(row["label"]),
            part=PARTS.get(str(row["split"]), ""),
            predicted=last[0] if last else "",
            probability=last[1] if last else None,
            width=int(row["width"]),
            height=int(row["height"]),
            more=partial(photo_details.details, dataset, row["path"]),
            question=_question(photo_details.newest_model(dataset), dataset, row["path"]),
        )

    return ViewerPhotos(len(rows), make)


def _question(run: Run | None, dataset: Dataset, path: str, label: str = "") -> Question | None:
    """`path` in this version: a photo that was turned is another one."""
    if run is None:
        return None
    return Question(run, f"{dataset.id}/{path}", partial(dataset.read, path), label, path)


def from_neighbours(dataset: Dataset, found: Sequence[Neighbour]) -> Sequence[ViewerPhoto]:
    """Training photos that are like another photo, in their order."""
    rows = dataset.photos.set_index("path").loc[[each.path for each in found]].reset_index()
    photos = from_dataset(dataset, rows)
    return ViewerPhotos(
        len(found),
        lambda place: replace(photos[place], more=lambda: {"Similarity": alike(found[place])}, question=None),
    )


def from_predictions(dataset: Dataset, rows: pd.DataFrame, part: str = PARTS["test"]) -> Sequence[ViewerPhoto]:
    """Rows of a report's predictions, in their order. What was not predicted is "", with NaN as its probability.

    Args:
        part: what all of them are used for, where the rows have no `split`.
    """
    sizes = dataset.photos.set_index("path")[["width", "height"]]
    run = photo_details.model_in_use()

    def make(place: int) -> ViewerPhoto:
        row = rows.iloc[place]
        return ViewerPhoto(
            name=PurePath(row["path"]).name,
            read=partial(dataset.read, row["path"]),
            label=str(row["label"]),
            part=PARTS.get(str(row["split"]), "") if "split" in rows else part,
            predicted=str(row["predicted"]),
            probability=float(row["probability"]),
            width=int(sizes.at[row["path"], "width"]),
            height=int(sizes.at[row["path"], "height"]),
            more=partial(photo_details.details, dataset, row["path"]),
            question=_question(run, dataset, row["path"], str(row["predicted"])),
        )

    return ViewerPhotos(len(rows), make)


def _body(photos: Sequence[ViewerPhoto], can_be_done: Sequence[ViewerAction], returns_to: str = "") -> None:
    gone: dict[int, str] = st.session_state.get(GONE, {})
    left = [place for place in range(len(photos)) if place not in gone]
    if st.session_state.pop(AGAIN, False) or not left:
        st.rerun()
    wanted = st.session_state[PLACE] % len(photos)
    turn = next((turn for turn, place in enumerate(left) if place >= wanted), 0)  # the next one, where that is gone
    place = left[turn]
    beside: ViewerPhoto | None = st.session_state.get(BESIDE)
    if beside is not None:
        _photo(beside)
        st.button("← Back", key="viewer_back", on_click=_go, args=(place,))
        return
    photo = photos[place]
    answer = _photo(photo)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="viewer_buttons"
    ):
        if len(left) > 1:
            with st.container(horizontal=True, vertical_alignment="center", width="content", key="viewer_neighbours"):
                st.button(PREVIOUS, key="viewer_previous", shortcut="Left", on_click=_go, args=(left[turn - 1],))
                st.html(f'<p class="tl-small" aria-live="polite">{turn + 1:,} of {len(left):,}</p>')
                after = left[(turn + 1) % len(left)]
                st.button(NEXT, key="viewer_next", shortcut="Right", on_click=_go, args=(after,))
        offered = [(number, action) for number, action in enumerate(can_be_done) if action.offered(place)]
        if offered:
            with st.container(horizontal=True, width="content", key="viewer_actions"):
                for number, action in offered:
                    _button(action, place, f"viewer_action_{number}", returns_to)
    if gone:
        st.html(f'<p class="tl-small" role="status">{html.escape(list(gone.values())[-1])}</p>')
    if photo.question is not None and answer is not None:
        _neighbours(photo.question, answer)


def _photo(photo: ViewerPhoto) -> Answer | None:
    """The photo and what is known of it; why the model answers as it does, where that is wanted and can be shown."""
    question, answer = photo.question, None
    st.html(f'<h2 class="tl-viewer-name">{html.escape(photo.name)}</h2>')
    if question is not None:
        if why.is_shown(WHY):
            with suppress(*why.REFUSED):  # that the photo is gone is said in its place
                answer = why.answer_of(question, why.chosen(WHY, question))
        why.controls(WHY, question, answer)  # above the photo: it is in sight while one chooses, on a phone too
    picture, info = _picture(photo, answer)
    st.html(f'<div class="tl-viewer">{picture}{facts(photo, info)}</div>')
    return answer


def _neighbours(question: Question, answer: Answer) -> None:
    """The training photos that are most alike; one that is pressed takes the place of the photo for a while."""
    with st.container(key="viewer_why"):
        found = neighbours.find(question, answer)
        neighbours.heading(found[1] if found else None, "h3")
        if not found or not found[1]:
            return
        dataset, photos = found
        shown = neighbours.pictures(dataset, photos, answer.explanation.labels)
        opened = gallery.buttons(shown, None, f"viewer_beside_{question.id}")
        if opened is not None:
            st.session_state[BESIDE] = from_neighbours(dataset, photos)[opened]
            st.rerun(scope="fragment")


def _go(place: int) -> None:
    st.session_state[PLACE], st.session_state[BESIDE] = place, None


def _button(action: ViewerAction, place: int, key: str, returns_to: str) -> None:
    """The button of an action, or its menu."""
    label = plain(action.label if isinstance(action.label, str) else action.label(place))
    args = (action, place, key, returns_to)
    if action.options is None:
        st.button(label, key=key, on_click=_act, args=args, shortcut=action.shortcut)
    else:
        st.menu_button(label, list(action.options(place)), key=key, format_func=plain, on_click=_act, args=args)


def _act(action: ViewerAction, place: int, key: str, returns_to: str) -> None:
    """Do it. In a menu, what was chosen is the value of its `key`."""
    chosen = () if action.options is None else (st.session_state.get(key),)
    with actions.refusals_kept():
        if None in chosen or action.do(place, *chosen) is False:
            return
        if action.removes:
            st.session_state.setdefault(GONE, {})[place] = action.done
            st.session_state[gallery.STALE] = True  # until it is closed
        else:
            st.session_state[AGAIN] = True
            if returns_to:
                st.session_state[RETURNING] = returns_to, place


def _picture(photo: ViewerPhoto, answer: Answer | None = None) -> tuple[str, PhotoInfo | None]:
    """The photo as escaped HTML, or why it cannot be shown; and what its file says. `answer`: to be laid over it."""
    try:
        source, info = preview(photo.read(), LARGEST)
    except (UserError, PhotoRefused):
        gone = "This photo can’t be opened any more. Its file was moved, changed or deleted."
        return f'<p class="tl-stage">{gone}</p>', None
    side = max(photo.width, photo.height)
    style, width = "", ""
    if 0 < side <= PIXEL_ART:  # a whole number of screen pixels for each of its own
        style, width = ' class="tl-pixels"', f' style="width:{photo.width * (MOST_SCALED // side)}px"'
    image = f'<img{style}{width} src="{source}" alt="{html.escape(alt_text(photo))}">'
    if answer is not None:
        image = why.over_photo(image, answer, info.width, info.height)
    return f'<div class="tl-stage">{image}</div>', info


def alt_text(photo: ViewerPhoto) -> str:
    """What the photo is, for those who do not see it: "Photo of the class cats, predicted dogs"."""
    words = f"Photo of the class {photo.label}" if photo.label else f"Photo {photo.name}"
    return f"{words}, predicted {photo.predicted}" if photo.predicted else words


def facts(photo: ViewerPhoto, info: PhotoInfo | None = None) -> str:
    """What is known of a photo, as escaped HTML. `info`: of its file, where that could be read."""
    known: Mapping[str, str] = {
        "Class": photo.label,
        "Prediction": _prediction(photo),
        "Used for": photo.part,
        "Size": f"{photo.width:,} × {photo.height:,} pixels" if photo.width else "",
        "Format": info.format if info else "",
        "Taken": _moment(info.taken) if info and info.taken is not None else "",
        **photo.more(),
    }
    rows = [f"<div><dt>{name}</dt><dd>{html.escape(value)}</dd></div>" for name, value in known.items() if value]
    if photo.label and photo.predicted:
        right = photo.label == photo.predicted
        style = "tl-right" if right else "tl-wrong"
        rows.insert(2, f'<div><dt>Result</dt><dd class="{style}">{gallery.MARKS[right]}</dd></div>')
    return f'<dl class="tl-facts">{"".join(rows)}</dl>'


def _moment(taken: float) -> str:
    """When a photo was taken, by the camera's own clock: "22 November 2024, 14:05"."""
    when = datetime.fromtimestamp(taken, UTC)
    return f"{when.day} {when:%B %Y, %H:%M}"


def _prediction(photo: ViewerPhoto) -> str:
    if not photo.predicted or photo.probability is None:
        return photo.predicted
    return f"{photo.predicted} · {percent(photo.probability)}"
