"""Menus to rename and delete what somebody made, the dialogs behind them, and the way back after a deletion.

    manage.dataset_menu(dataset)          manage.class_menu(dataset, label)      manage.delete_photo(dataset, path)
    manage.run_menu(run)                  manage.comparison_menu(comparison)

Each draws a "⋯" button, and nothing for who may not change the thing. chrome.py shows `undo_banner` on every page.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.shared import actions, chrome, state
from pages.shared.widgets import plain
from tlcore.access import Made
from tlcore.comparison.store import Comparison
from tlcore.data.manifest import Dataset, DatasetSummary
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.deletions import along_message, deleted_message, expiry_message, freed_message
from tlcore.messages.quantities import count
from tlcore.messages.titles import run_title
from tlcore.settings import load_limits
from tlcore.storage.belongings import COMPARISON, RUN
from tlcore.storage.put_aside import Deletion, list_deletions
from tlcore.storage.trash import plan_deletion

RENAME, DELETE = "Rename…", "Delete…"
MOST_DELETED = 20  # lines of what was deleted lately
_UNDO = "last_change"  # in the session: what was done last and can be undone


@dataclass(frozen=True)
class Undo:
    """What was done last. `id`: what to restore; `dataset`: the data set that is in use again then, "" for none."""

    id: str
    visitor: str
    words: str
    dataset: str = ""


def dataset_menu(dataset: Dataset | DatasetSummary, place: str = "page") -> None:
    """Rename or delete a data set. `place`: keeps two menus of one thing on one page apart."""
    _menu(dataset, f"Options of the data set {dataset.name}", place, lambda: dataset.name)


def run_menu(run: Run, place: str = "page") -> None:
    """Rename or delete a training run."""
    _menu(run, f"Options of the run {run_title(run)}", place, lambda: run_title(run, job_status(run)))


def comparison_menu(comparison: Comparison, place: str = "page") -> None:
    """Rename or delete a race."""
    _menu(comparison, f"Options of the race {comparison.name}", place, lambda: comparison.name)


def class_menu(dataset: Dataset, label: str, place: str = "page") -> None:
    """Rename a class (or make one class of two) or delete it. Runs keep the photos they learned from."""
    if not state.may_act(dataset):
        return
    number = dataset.labels.index(label)
    with st.container(key=f"tl_menu_{place}_class_{number}", width="content"):
        chosen = st.menu_button(
            f"Options of the class {plain(label)}",
            [RENAME, DELETE],
            key=f"menu_{place}_{dataset.id}_{number}",
            type="tertiary",
        )
    if chosen == RENAME:
        rename_class(dataset, label)
    elif chosen == DELETE:
        delete_class(dataset, label)


def delete_photo(dataset: Dataset, path: str) -> None:
    """Leave one photo out of the data set, at once: it can be undone. Call it when its button was pressed."""
    with actions.refusals_kept():
        newer = actions.delete_photos(dataset, [path])
        if newer is not None:
            _changed(dataset, newer, "Deleted 1 photo.")
    st.rerun()


def rename(thing: Made, name: str) -> None:
    """The dialog in which a data set, a run or a race gets another name."""

    @st.dialog("Rename")
    @chrome.errors_shown()
    def ask() -> None:
        new = _name_form("Name", name)
        if new is not None:
            actions.rename(thing, new)
            st.rerun()

    ask()


def delete(thing: Made) -> None:
    """The dialog that says what goes along and deletes a data set, a run or a race."""

    @st.dialog("Delete")
    @chrome.errors_shown()
    def ask() -> None:
        limits = load_limits(state.workspace())
        plan = plan_deletion(state.workspace(), thing.id)
        keep_runs = False
        st.markdown(f"Delete the {plan.kind} **{plain(plan.name)}**?")
        if plan.kind == COMPARISON and plan.along(RUN):
            keep_runs = st.checkbox(f"Keep its {count(plan.along(RUN), 'run')}", key="delete_keep_runs")
            plan = plan_deletion(state.workspace(), thing.id, keep_runs)
        st.markdown(" ".join(filter(None, [along_message(plan), freed_message(plan, limits)])))
        if _confirmed("Delete"):
            with st.spinner("Deleting…"):
                gone = actions.delete(thing, keep_runs)
            if gone is not None:
                _deleted(gone)

    ask()


def rename_class(dataset: Dataset, label: str) -> None:
    """The dialog in which a class gets another name; that of another class makes one class of both, when confirmed."""

    @st.dialog("Rename class")
    @chrome.errors_shown()
    def ask() -> None:
        asked = st.session_state.get("merge_asked")
        new = _name_form("Class name", label)
        other = next(
            (each for each in dataset.labels if new and each != label and each.casefold() == new.strip().casefold()), ""
        )
        if other:
            asked = st.session_state["merge_asked"] = new
        if asked:
            st.markdown(f"There is already a class **{plain(asked)}**. Merge the two classes?")
            if not _confirmed("Merge"):
                return
            new = asked
        if new is not None:
            newer = actions.rename_class(dataset, label, new)
            if newer is not None:
                _changed(dataset, newer, f"Renamed the class “{label}” to “{new.strip()}”.")
            st.rerun()

    st.session_state.pop("merge_asked", None)
    ask()


def delete_class(dataset: Dataset, label: str) -> None:
    """The dialog that deletes a class with its photos."""

    @st.dialog("Delete class")
    @chrome.errors_shown()
    def ask() -> None:
        number = int((dataset.photos["label"] == label).sum())
        st.markdown(f"Delete the class **{plain(label)}** with {count(number, 'photo')}?")
        st.markdown("Runs that you trained before keep these photos. You can undo this.")
        if _confirmed("Delete"):
            newer = actions.delete_class(dataset, label)
            if newer is not None:
                _changed(dataset, newer, f"Deleted the class “{label}”.")
            st.rerun()

    ask()


def undo_banner() -> None:
    """What was deleted or changed last, with the button that undoes it, for as long as the visit."""
    last: Undo | None = st.session_state.get(_UNDO)
    if last is None:
        return
    with st.container(key="tl_undo", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(plain(last.words), width="content")
        st.button("Undo", key="undo", type="tertiary", on_click=_undo, args=(last,))
        st.button("Close", key="undo_close", type="tertiary", on_click=_close)


def recently_deleted() -> None:
    """What this visitor can bring back, with what is left of the day; nothing where he deleted nothing."""
    now = state.me()
    found = [each for each in list_deletions(state.workspace()) if now.may_act(each)]
    if not found:
        return
    limits = load_limits(state.workspace())
    with st.expander(f"Recently deleted ({len(found):,})"):
        for each in found[:MOST_DELETED]:
            with st.container(key=f"line_deleted_{each.id}", horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{plain(each.name)}**", width="content")
                along = along_message(each).replace("go with it", "go along").rstrip(".")
                words = [each.kind.capitalize(), expiry_message(each, limits, time.time())]
                st.caption(" · ".join(words), width="stretch", help=along or None)
                st.button(
                    "Restore",
                    key=f"restore_{each.id}",
                    type="tertiary",
                    on_click=_undo,
                    args=(Undo(each.id, each.visitor, "", each.id if each.kind == "data set" else ""),),
                )


def _menu(thing: Made, title: str, place: str, name: Callable[[], str]) -> None:
    """The menu of a thing; its name, which may take a look at files, is asked for only when it is needed."""
    if not state.may_act(thing):
        return
    with st.container(key=f"tl_menu_{place}_{thing.id}", width="content"):
        chosen = st.menu_button(plain(title), [RENAME, DELETE], key=f"menu_{place}_{thing.id}", type="tertiary")
    if chosen == RENAME:
        rename(thing, name())
    elif chosen == DELETE:
        delete(thing)


def _name_form(label: str, value: str) -> str | None:
    """A field with a button, or Enter; the new name when it was saved."""
    with st.form("rename", border=False):
        new = st.text_input(label, value, max_chars=80, key="rename_field")
        saved = st.form_submit_button("Save", type="primary", key="rename_save")
    return new if saved else None


def _confirmed(label: str) -> bool:
    """The two buttons at the end of a question; Cancel closes the dialog."""
    with st.container(horizontal=True):
        yes = st.button(label, type="primary", key="confirm")
        if st.button("Cancel", key="cancel"):
            st.rerun()
    return yes


def _deleted(gone: Deletion) -> None:
    """After a deletion: take what is gone out of the address, and go where one sees what is left."""
    st.session_state[_UNDO] = Undo(
        gone.id, gone.visitor, deleted_message(gone), gone.id if gone.kind == "data set" else ""
    )
    ids = {an_id for _, an_id in gone.parts}
    used = {kind: st.query_params.get(kind) for kind in ("dataset", "run", "race")}
    if used["dataset"] in ids:
        st.switch_page("pages/data.py", query_params={"more": "1"})
    dead: dict[str, str | None] = {kind: None for kind, value in used.items() if value in ids}
    state.choose(**dead)
    st.rerun()


def _changed(dataset: Dataset, newer: Dataset, words: str) -> None:
    """After a class or photos were changed: the newer version is in use, and the change can be undone."""
    st.session_state[_UNDO] = Undo(dataset.id, dataset.visitor, words, dataset.id)
    if st.query_params.get("run"):
        state.choose(run=None)
    state.choose(dataset=newer.id)


def _undo(last: Undo) -> None:
    with actions.refusals_kept():
        if actions.restore(last):
            st.session_state.pop(_UNDO, None)
            if last.dataset:
                state.choose(dataset=last.dataset, run=None, more=None)


def _close() -> None:
    st.session_state.pop(_UNDO, None)
