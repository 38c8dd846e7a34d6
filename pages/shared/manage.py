"""Menus to rename and delete what somebody made, the dialogs behind them, and the way back after a deletion.

    manage.dataset_menu(dataset)          manage.class_menu(dataset, label)      manage.photo_actions(…)
    manage.run_menu(run)                  manage.comparison_menu(comparison)

Each draws a "⋯" button, and nothing for who may not change the thing. chrome.py shows `undo_banner` on every page.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import streamlit as st

from pages.shared import actions, chrome, share, state
from pages.shared.photo_viewer import ViewerAction
from pages.shared.widgets import plain
from tlcore.access import Made
from tlcore.comparison.store import Comparison
from tlcore.data.manifest import Dataset, DatasetSummary
from tlcore.data.versions import current_version, replaced_version
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.deletions import (
    along_message,
    deleted_message,
    expiry_message,
    freed_message,
    undoable_message,
)
from tlcore.messages.quantities import count
from tlcore.messages.titles import run_title
from tlcore.settings import load_limits
from tlcore.storage.belongings import COMPARISON, RUN
from tlcore.storage.put_aside import Deletion
from tlcore.storage.trash import plan_deletion
from tlcore.storage.undoable import CHANGE, Undoable, list_undoable

RENAME, DELETE, SHARE = "Rename…", "Delete…", "Share…"
MOST_DELETED = 20  # lines of what was deleted lately
_UNDO = "last_change"  # in the session: what was done last and can be undone
_ASKED = "dialog"  # in the session: the `Question` of the dialog that is open
_MERGING = "merging"  # in the session: the class that has the name already


@dataclass(frozen=True)
class Question:
    """What a dialog asks about. `what`: a key of `DIALOGS`; `name`: of the thing, or of the class, as it is shown."""

    what: str
    thing: Made
    name: str


@dataclass(frozen=True)
class Undo:
    """What was done last. `id`: what to restore; `dataset`, `run`: what is in use again then, "" for none."""

    id: str
    visitor: str
    words: str
    dataset: str = ""
    run: str = ""


def dataset_menu(dataset: Dataset | DatasetSummary, place: str = "page") -> None:
    """Rename or delete a data set. `place`: keeps two menus of one thing on one page apart."""
    _menu(dataset, f"Options for the data set {dataset.name}", place, lambda: dataset.name)


def run_menu(run: Run, place: str = "page") -> None:
    """Rename or delete a training run."""
    _menu(run, f"Options for the run {run_title(run)}", place, lambda: run_title(run, job_status(run)))


def comparison_menu(comparison: Comparison, place: str = "page") -> None:
    """Rename or delete a race."""
    _menu(comparison, f"Options for the race {comparison.name}", place, lambda: comparison.name)


def class_menu(dataset: Dataset, label: str, place: str = "page") -> None:
    """Rename a class (or make one class of two) or delete it. Runs keep the photos they learned from."""
    if not state.may_act(dataset):
        return
    number = dataset.labels.index(label)
    key = f"menu_{place}_{dataset.id}_{number}"
    with st.container(key=f"tl_menu_{place}_class_{number}", width="content"):
        st.menu_button(
            f"Options for the class {plain(label)}",
            [RENAME, DELETE],
            key=key,
            type="tertiary",
            on_click=choose,
            args=(key, dataset, lambda: label, "class"),
        )


def choose(key: str, thing: Made, name: Callable[[], str], kind: str) -> None:
    """When something was chosen in a menu: open the dialog for it, where it has one.

    Args:
        key: of the menu. name: gives what the thing is called.
        kind: "class" for the class of that name; "run" or "dataset" for what can be shared.
    """
    chosen = st.session_state.get(key)
    _forget_question()
    if chosen in (RENAME, DELETE, SHARE):
        what = {RENAME: "rename", DELETE: "delete", SHARE: "share"}[chosen]
        named = kind == "class" or chosen == SHARE
        asked = thing if chosen == SHARE else state.newest(thing)  # an old version stands for all of them
        st.session_state[_ASKED] = Question(f"{what}_{kind}" if named else what, asked, name())


def delete_photo(dataset: Dataset, path: str) -> None:
    """Leave one photo out of the data set, at once: it can be undone. Call it when its button was pressed."""
    with actions.refusals_kept():
        newer = actions.delete_photos(dataset, [path])
        if newer is not None:
            _changed(newer, "Deleted 1 photo.")
    st.rerun()


def photo_actions(dataset: Dataset, paths: Iterable[str]) -> tuple[ViewerAction, ...]:
    """What can be done with photos that are shown large, for who may: leave one out of the data set's newest version.

    Args:
        paths: of the photos, in the order in which they are shown.
    """
    if not state.may_act(dataset):
        return ()
    newest = state.dataset_of(current_version(state.workspace(), dataset.id))
    if not state.may_act(newest):
        return ()
    shown, still_there = list(paths), set(newest.photos["path"])
    return (
        ViewerAction(
            "Delete photo",
            lambda place: delete_photo(newest, shown[place]),
            lambda place: shown[place] in still_there,
        ),
    )


def open_dialog() -> None:
    """The dialog that a menu has opened, if any; it stays open while the page below it is drawn once more."""
    asked: Question | None = st.session_state.get(_ASKED)
    if asked is None:
        return
    title, draw = DIALOGS[asked.what]

    @st.dialog(title.replace("{name}", plain(asked.name)), on_dismiss=_forget_question)
    @chrome.errors_shown(has_way_out=False)
    def ask() -> None:
        draw(asked)

    ask()


def _rename(asked: Question) -> None:
    new = _name_form("Name", asked.name)
    if new is not None:
        actions.rename(asked.thing, new)
        _close_dialog()


def _delete(asked: Question) -> None:
    """What goes along, and the button."""
    limits = load_limits(state.workspace())
    plan = plan_deletion(state.workspace(), asked.thing.id)
    keep_runs = False
    if plan.kind == COMPARISON and plan.along(RUN):
        keep_runs = st.checkbox(f"Keep its {count(plan.along(RUN), 'run')}", key="delete_keep_runs")
        plan = plan_deletion(state.workspace(), asked.thing.id, keep_runs)
    st.markdown(" ".join(filter(None, [along_message(plan), freed_message(plan, limits)])))
    if _confirmed("Delete"):
        with st.spinner("Deleting…"):
            gone = actions.delete(asked.thing, asked.name, keep_runs)
        if gone is not None:
            _deleted(gone)
        _close_dialog()


def _rename_class(asked: Question) -> None:
    """Another name for a class; that of another class makes one class of both, when that was confirmed."""
    dataset = _dataset(asked)
    merging: str | None = st.session_state.get(_MERGING)
    if merging is not None:
        st.markdown(_merge_question(dataset, asked.name, merging))
        new = merging if _confirmed("Merge") else None
    else:
        new = _name_form("Class name", asked.name)
        st.caption("The name of another class merges the two.")
        others = {each.casefold(): each for each in dataset.labels if each != asked.name}
        if new is not None and (other := others.get(new.strip().casefold())):
            st.session_state[_MERGING] = other
            st.rerun()
    if new is not None:
        newer = actions.rename_class(dataset, asked.name, new)
        if newer is not None and newer.id != dataset.id:
            _changed(newer, _renamed_message(newer, asked.name, new.strip(), merging))
        _close_dialog()


def _merge_question(dataset: Dataset, label: str, other: str) -> str:
    """What merging means, with counts, in Markdown."""
    here, there = (count(int((dataset.photos["label"] == each).sum()), "photo") for each in (label, other))
    total = count(int(dataset.photos["label"].isin((label, other)).sum()), "photo")
    return (
        f"There is already a class **{plain(other)}**. Merge the {here} of **{plain(label)}** into its {there}? "
        f"The merged class has {total}."
    )


def _renamed_message(newer: Dataset, label: str, name: str, merging: str | None) -> str:
    """What was done: one class of two, or another name for one."""
    if merging is None:
        return f"Renamed the class “{label}” to “{name}”."
    return f"Merged “{label}” into “{merging}”: {count(int((newer.photos['label'] == merging).sum()), 'photo')}."


def _delete_class(asked: Question) -> None:
    dataset = _dataset(asked)
    number = int((dataset.photos["label"] == asked.name).sum())
    goes = "goes" if number == 1 else "go"
    st.markdown(
        f"{count(number, 'photo')} {goes} with it. Runs that you trained before keep these photos. You can undo this."
    )
    if _confirmed("Delete"):
        newer = actions.delete_class(dataset, asked.name)
        if newer is not None:
            _changed(newer, f"Deleted the class “{asked.name}”.")
        _close_dialog()


def _share(asked: Question) -> None:
    share.choose(asked.what.removeprefix("share_"), asked.thing)


DIALOGS: dict[str, tuple[str, Callable[[Question], None]]] = {
    "rename": ("Rename", _rename),
    "delete": ("Delete “{name}”?", _delete),
    "rename_class": ("Rename or merge class", _rename_class),
    "delete_class": ("Delete the class “{name}”?", _delete_class),
    "share_dataset": ("Share", _share),
    "share_run": ("Share", _share),
}
"""Each dialog by what a menu asks: its title, which may name the thing, and what is in it."""


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
    """What this visitor can bring back or undo, with what is left of the day; nothing where there is nothing."""
    limits, now = load_limits(state.workspace()), time.time()
    visitor = state.me()
    found = [each for each in list_undoable(state.workspace(), limits, now) if visitor.may_act(each)]
    if not found:
        return
    title = "Recently deleted or changed" if any(each.kind == CHANGE for each in found) else "Recently deleted"
    with st.expander(f"{title} ({len(found):,})"):
        for place, each in enumerate(found[:MOST_DELETED]):
            _undoable_line(place, each, expiry_message(each.done, limits, now))


def _undoable_line(place: int, each: Undoable, left: str) -> None:
    """What was deleted or changed, how long that can be undone, and the button."""
    along = along_message(each.deletion).replace("go with it", "go along").rstrip(".") if each.deletion else ""
    words = undoable_message(each)
    with st.container(key=f"line_deleted_{place}", horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(words[:1].upper() + words[1:])}**", width="content")
        st.caption(left, width="stretch", help=along or None)
        if not each.is_latest:
            st.caption("Undo the later change first", width="content")
            return
        st.button(
            "Undo" if each.kind == CHANGE else "Restore",
            key=f"restore_{each.id}",
            type="tertiary",
            on_click=_undo,
            args=(Undo(each.id, each.visitor, "", each.dataset),),
        )


def _menu(thing: Made, title: str, place: str, name: Callable[[], str]) -> None:
    """The menu of a thing; its name, which may take a look at files, is asked for only when it is needed."""
    if not state.may_act(thing):
        return
    key = f"menu_{place}_{thing.id}"
    with st.container(key=f"tl_menu_{place}_{thing.id}", width="content"):
        st.menu_button(
            plain(title), [RENAME, DELETE], key=key, type="tertiary", on_click=choose, args=(key, thing, name, "")
        )


def _dataset(asked: Question) -> Dataset:
    return state.dataset_of(asked.thing.id)


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
            _close_dialog()
    return yes


def _close_dialog() -> None:
    _forget_question()
    st.rerun()


def _forget_question() -> None:
    for key in (_ASKED, _MERGING):
        st.session_state.pop(key, None)


def _deleted(gone: Deletion) -> None:
    """After a deletion: take what is gone out of the address, and go where one sees what is left."""
    ids = {an_id for _, an_id in gone.parts}
    used = {kind: st.query_params.get(kind) for kind in ("dataset", "run", "race")}
    run = used["run"] if used["run"] in ids else None
    st.session_state[_UNDO] = Undo(
        gone.id, gone.visitor, deleted_message(gone), gone.id if gone.kind == "data set" else "", run or ""
    )
    if used["dataset"] in ids:
        _forget_question()
        st.switch_page("pages/data.py", query_params={"more": "1"})
    dead: dict[str, str | None] = {kind: None for kind, value in used.items() if value in ids}
    state.choose(**dead)


def _changed(newer: Dataset, words: str) -> None:
    """After a class or photos were changed: the newer version is in use, and the change can be undone.

    The run in use stays, with the photos that it learned from.
    """
    before = replaced_version(state.workspace(), newer.id)
    st.session_state[_UNDO] = Undo(before, newer.visitor, words, before, st.query_params.get("run") or "")
    state.choose(dataset=newer.id)


def _undo(last: Undo) -> None:
    with actions.refusals_kept():
        if actions.restore(last):
            st.session_state.pop(_UNDO, None)
            if last.dataset:
                state.choose(dataset=last.dataset, run=last.run or None, more=None)
            elif last.run:
                state.choose(run=last.run)
            st.toast("Restored")


def _close() -> None:
    st.session_state.pop(_UNDO, None)
