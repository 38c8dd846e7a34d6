"""How far a group is: photos, training, results, as they stand now; and the button to what comes next."""

import html
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import chrome, state
from tlcore.classroom.contributions import num_waiting
from tlcore.classroom.store import load_classroom
from tlcore.classroom.values import Classroom, Group
from tlcore.data.dataset_list import DatasetSummary
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.quantities import count
from tlcore.workspace import split_version

POLL_SECONDS = 3.0
PHONE = "Mobi"  # in what a phone's browser says it is, as MDN recommends to look for


@dataclass(frozen=True)
class Progress:
    """What a group has. `waiting`: photos that were sent and are in no data set yet; `run`: its newest usable one."""

    waiting: int
    dataset: DatasetSummary | None
    runs: int
    run: Run | None
    has_own_photos: bool


def find(group: Group, classroom: Classroom) -> Progress:
    """How far a group is. Raises UserError: the group is gone."""
    given = split_version(classroom.task.dataset_id)[0]
    found = state.datasets()
    own = next((each for each in found if each.visitor == group.visitor), None)
    dataset = next((each for each in found if each.folder_id == given), None) if given else own
    runs = [each for each in state.runs() if each.visitor == group.visitor]
    usable = next((each for each in runs if job_status(each).usable), None)
    return Progress(num_waiting(state.workspace(), group), dataset, len(runs), usable, has_own_photos=not given)


def button(action: DeltaGenerator, now: Progress) -> None:
    """The way to what comes next, and on a phone always the way to its camera."""
    is_phone = PHONE in (st.context.headers.get("User-Agent") or "")
    label, page, ids = _next(now)
    if is_phone and now.has_own_photos:
        if action.button("Take photos", type="primary", key="take_photos"):
            st.switch_page("pages/contribute.py", query_params=state.link())
        action.page_link(f"pages/{page}.py", label=label, query_params=ids)
        return
    if action.button(label, type="primary", key="next_step"):
        st.switch_page(f"pages/{page}.py", query_params=ids)
    if now.has_own_photos:
        action.page_link("pages/contribute.py", label="Take photos with this device", query_params=state.link())


def steps(group: Group) -> None:
    """The steps with what there is of each, kept up to date."""

    @chrome.errors_shown()
    def live() -> None:
        now = find(group, load_classroom(state.workspace(), group.classroom_id))
        with st.container(key="tl_steps_of_group"):
            st.html(_drawing(now))

    st.fragment(live, run_every=POLL_SECONDS, key="group_steps")()


def _next(now: Progress) -> tuple[str, str, dict[str, str]]:
    """The label of the button, the page it leads to, and the ids for that."""
    if now.dataset is None:
        return ("See your new photos" if now.waiting else "Add photos"), "data", {"more": "1"}
    ids = {"dataset": now.dataset.id}
    if now.waiting and now.has_own_photos:
        return "See your new photos", "data", ids | {"more": state.ADD}
    if now.run is None:
        return "Train", "train", ids
    return "View results", "evaluate", ids | {"run": now.run.id}


def _drawing(now: Progress) -> str:
    """The three steps as escaped HTML."""
    rows = (
        ("Bring photos", _photos(now), now.dataset is not None),
        (
            "Train",
            count(now.runs, "training") if now.runs else "Your model learns from the photos.",
            now.run is not None,
        ),
        ("Look", "See how good it is, and what it gets wrong.", False),
    )
    is_done = ' class="tl-done"'
    items = "".join(
        f"<li{is_done if done else ''}><b>{html.escape(name)}{' ✓' if done else ''}</b>"
        f"<span>{html.escape(words)}</span></li>"
        for name, words, done in rows
    )
    return f'<ol class="tl-steps tl-three">{items}</ol>'


def _photos(now: Progress) -> str:
    """What photos there are."""
    have = count(now.dataset.num_photos, "photo") if now.dataset is not None else ""
    new = count(now.waiting, "photo") if now.dataset is None else f"{now.waiting:,} more"
    waiting = f"{new} waiting to be imported" if now.waiting else ""
    found = ", ".join(each for each in (have, waiting) if each)
    return found or "With a phone, the camera, or files."
