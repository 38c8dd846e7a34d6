"""At the right of the top line: the data set and the run in use, each a menu: open another, rename, delete, share."""

import streamlit as st

from pages.shared import manage, state
from pages.shared.widgets import plain
from tlcore.access import Made
from tlcore.data.manifest import Dataset
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.titles import run_title

MOST = 5  # others to open
ADD, NEW = "add", "new"
SHOWN = 16  # letters of a name that are seen for certain; of a longer one the rest is in its tooltip
OPEN = "open:"  # with an id behind it


def show(dataset: Dataset | None, run: Run | None) -> None:
    """The menus of what is in use; nothing where nothing is."""
    with st.container(key="tl_in_use", horizontal=True, vertical_alignment="center", width="content", wrap=False):
        if dataset is not None:
            _dataset_menu(dataset)
        if run is not None:
            _run_menu(run)


def _dataset_menu(dataset: Dataset) -> None:
    others = [each for each in state.datasets()[: MOST + 1] if each.id != dataset.id][:MOST]
    words = {OPEN + each.id: f"{plain(each.name)} · {state.moment(each.created)}" for each in others}
    words = {ADD: "Add photos", NEW: "Choose other photos"} | words
    chosen = _menu(dataset.name, words, "dataset", dataset)
    if chosen in (ADD, NEW):
        more = "add" if chosen == ADD else "1"
        st.switch_page("pages/data.py", query_params={"dataset": dataset.id, "more": more})
    elif chosen is not None and chosen.startswith(OPEN):
        st.switch_page("pages/data.py", query_params={"dataset": chosen.removeprefix(OPEN)})


def _run_menu(run: Run) -> None:
    others = [each for each in state.runs()[: MOST + 1] if each.id != run.id][:MOST]
    words = {OPEN + each.id: f"{plain(title(each))} · {state.moment(each.created)}" for each in others}
    chosen = _menu(title(run), {NEW: "New run"} | words, "run", run)
    if chosen == NEW:
        st.switch_page("pages/train.py", query_params={"dataset": state.newest_version(run.dataset_id)})
    elif chosen is not None and chosen.startswith(OPEN):
        other = next(each for each in others if OPEN + each.id == chosen)
        page = "evaluate" if job_status(other).usable else "train"
        st.switch_page(f"pages/{page}.py", query_params={"dataset": other.dataset_id, "run": other.id})


def title(run: Run) -> str:
    """What a run is called, with its score where it has one."""
    return run_title(run, job_status(run))


def _menu(name: str, words: dict[str, str], kind: str, thing: Made) -> str | None:
    """Draw the menu of these options and of what may be done with the thing; returns the one that was chosen."""
    labels = dict(words)
    if state.may_act(thing):
        shared = (manage.SHARE,) if state.others_can_come() else ()
        labels |= {each: each for each in (manage.RENAME, manage.DELETE, *shared)}
    labels = _distinct(labels)
    key = f"in_use_{kind}"
    return st.menu_button(
        plain(name),
        list(labels),
        key=key,
        type="tertiary",
        on_click=manage.choose,
        args=(key, thing, lambda: name, kind),
        format_func=labels.__getitem__,
        wrap=False,
        help=plain(name) if len(name) > SHOWN else None,
    )


def _distinct(labels: dict[str, str]) -> dict[str, str]:
    """The labels, those that are there more than once numbered from the second on: a menu needs different ones."""
    every = list(labels.values())
    numbers = {option: every[: place + 1].count(label) for place, (option, label) in enumerate(labels.items())}
    return {
        option: f"{label} ({numbers[option]})" if numbers[option] > 1 else label for option, label in labels.items()
    }
