"""Menus to rename and delete what somebody made, and the dialogs behind them; undo.py has the way back.

    manage.dataset_menu(dataset)          manage.class_menu(dataset, label)
    manage.run_menu(run)                  manage.comparison_menu(comparison)

Each draws a "⋯" button, and nothing for who may not change the thing. chrome.py calls `open_dialog` on every page.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.shared import actions, chrome, share, state, undo
from pages.shared.widgets import plain
from tlcore.access import Made
from tlcore.comparison.store import Comparison
from tlcore.data.dataset_list import DatasetSummary
from tlcore.data.manifest import Dataset
from tlcore.jobs.status import job_status
from tlcore.jobs.store import Run
from tlcore.messages.deletions import along_message, freed_message
from tlcore.messages.quantities import count
from tlcore.messages.titles import run_title
from tlcore.models.imported.stored import StoredNetwork
from tlcore.settings import load_limits
from tlcore.storage.belongings import COMPARISON, RUN
from tlcore.storage.trash import plan_deletion

RENAME, DELETE, SHARE, MERGE, REORDER = "Rename…", "Delete…", "Share…", "Merge into…", "Reorder classes…"
EARLIER, LATER = "Move earlier", "Move later"
_WORDS = {RENAME: "rename", DELETE: "delete", SHARE: "share", MERGE: "merge", REORDER: "reorder"}
_ASKED = "dialog"  # in the session: the `Question` of the dialog that is open
_ORDER = "class_order"  # in the session: the order of the classes that is being made
UP, DOWN = "↑ Up", "↓ Down"
_MERGING = "merging"  # in the session: the class that has the name already


@dataclass(frozen=True)
class Question:
    """What a dialog asks about. `what`: a key of `DIALOGS`; `name`: of the thing, or of the class, as it is shown."""

    what: str
    thing: Made
    name: str


def dataset_menu(dataset: Dataset | DatasetSummary, place: str = "page") -> None:
    """Rename or delete a data set. `place`: keeps two menus of one thing on one page apart."""
    _menu(dataset, f"Options for the data set {dataset.name}", place, lambda: dataset.name)


def run_menu(run: Run, place: str = "page") -> None:
    """Rename or delete a training run."""
    _menu(run, f"Options for the run {run_title(run)}", place, lambda: run_title(run, job_status(run)))


def comparison_menu(comparison: Comparison, place: str = "page") -> None:
    """Rename or delete a race."""
    _menu(comparison, f"Options for the race {comparison.name}", place, lambda: comparison.name)


def network_menu(network: StoredNetwork) -> None:
    """Delete a network that was added."""
    if not state.may_act(network):
        return
    title, key = network.spec.title, f"menu_network_{network.id}"
    with st.container(key=f"tl_{key}", width="content"):
        st.menu_button(
            f"Options for the network {plain(title)}",
            [DELETE],
            key=key,
            type="tertiary",
            on_click=choose,
            args=(key, network, lambda: title, ""),
        )


def class_menu(dataset: Dataset, label: str, place: str = "page") -> None:
    """Rename a class, merge it into another, move it or delete it. Runs keep the photos they learned from."""
    if not state.may_act(dataset):
        return
    number = dataset.labels.index(label)
    moves = [*([EARLIER] if number else []), *([LATER] if number < len(dataset.labels) - 1 else [])]
    key = f"menu_{place}_{dataset.id}_{number}"
    with st.container(key=f"tl_menu_{place}_class_{number}", width="content"):
        st.menu_button(
            f"Options for the class {plain(label)}",
            [RENAME, MERGE, *moves, REORDER, DELETE],
            key=key,
            type="tertiary",
            on_click=_choose_for_class,
            args=(key, dataset, label),
        )


def _choose_for_class(key: str, dataset: Dataset, label: str) -> None:
    """When something was chosen in the menu of a class: move it at once, or ask."""
    chosen = st.session_state.get(key)
    if chosen in (EARLIER, LATER):
        with actions.refusals_kept():
            undo.edited(actions.reorder_classes(dataset, moved(dataset.labels, label, 1 if chosen == LATER else -1)))
    else:
        choose(key, dataset, lambda: label, "class")


def moved(labels: tuple[str, ...], label: str, step: int) -> tuple[str, ...]:
    """The classes with one of them a step further to the end, or to the beginning (-1)."""
    place = labels.index(label)
    rest = [each for each in labels if each != label]
    return (*rest[: max(0, place + step)], label, *rest[max(0, place + step) :])


def choose(key: str, thing: Made, name: Callable[[], str], kind: str) -> None:
    """When something was chosen in a menu: open the dialog for it, where it has one.

    Args:
        key: of the menu. name: gives what the thing is called.
        kind: "class" for the class of that name; "run" or "dataset" for what can be shared.
    """
    chosen = st.session_state.get(key)
    _forget_question()
    if chosen in _WORDS:
        what = _WORDS[chosen]
        named = kind == "class" or chosen == SHARE
        asked = thing if chosen == SHARE else state.newest(thing)  # an old version stands for all of them
        st.session_state[_ASKED] = Question(f"{what}_{kind}" if named else what, asked, name())


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
            _forget_question()
            undo.deleted(gone)
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
            undo.changed(newer, _renamed_message(newer, asked.name, new.strip(), merging))
        _close_dialog()


def _merge_class(asked: Question) -> None:
    """Which class the photos of one go to."""
    dataset = _dataset(asked)
    others = [each for each in dataset.labels if each != asked.name]
    other = st.selectbox("Merge into", others, format_func=plain, key="merge_into")
    st.markdown(_merged_size(dataset, asked.name, other))
    if _confirmed("Merge"):
        undo.edited(actions.merge_classes(dataset, (asked.name, other), other))
        _close_dialog()


def _merge_question(dataset: Dataset, label: str, other: str) -> str:
    """What merging means, with counts, in Markdown."""
    here, there = (count(int((dataset.photos["label"] == each).sum()), "photo") for each in (label, other))
    return (
        f"There is already a class **{plain(other)}**. Merge the {here} of **{plain(label)}** into its {there}? "
        f"{_merged_size(dataset, label, other)}"
    )


def _merged_size(dataset: Dataset, label: str, other: str) -> str:
    return f"The merged class has {count(int(dataset.photos['label'].isin((label, other)).sum()), 'photo')}."


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
            undo.changed(newer, f"Deleted the class “{asked.name}”.")
        _close_dialog()


def _reorder_classes(asked: Question) -> None:
    """The classes in a list, each with buttons that move it; one edit when it is saved."""
    dataset = _dataset(asked)
    order: tuple[str, ...] = st.session_state.get(_ORDER, dataset.labels)
    if sorted(order) != sorted(dataset.labels):  # they were changed meanwhile
        order = dataset.labels
    st.button("Sort A–Z", key="order_sort", on_click=_put_in_order, args=(tuple(sorted(order, key=str.casefold)),))
    with st.container(height=min(420, 24 + 56 * len(order)), border=False, key="tl_class_order"):
        for place, label in enumerate(order):
            number = dataset.labels.index(label)  # so that the keyboard stays on a class that moves
            with st.container(horizontal=True, vertical_alignment="center", key=f"tl_class_order_{number}"):
                st.markdown(plain(label), width="stretch")
                for words, step, key in ((UP, -1, "up"), (DOWN, 1, "down")):
                    st.button(
                        words,
                        key=f"order_{key}_{number}",
                        help=f"Move {plain(label)} {key}",
                        disabled=not 0 <= place + step < len(order),
                        on_click=_put_in_order,
                        args=(moved(order, label, step),),
                    )
    if _confirmed("Save"):
        undo.edited(actions.reorder_classes(dataset, order))
        _close_dialog()


def _put_in_order(order: tuple[str, ...]) -> None:
    st.session_state[_ORDER] = order


def _share(asked: Question) -> None:
    share.choose(asked.what.removeprefix("share_"), asked.thing)


DIALOGS: dict[str, tuple[str, Callable[[Question], None]]] = {
    "rename": ("Rename", _rename),
    "delete": ("Delete “{name}”?", _delete),
    "rename_class": ("Rename or merge class", _rename_class),
    "merge_class": ("Merge the class “{name}”", _merge_class),
    "delete_class": ("Delete the class “{name}”?", _delete_class),
    "reorder_class": ("Order of the classes", _reorder_classes),
    "share_dataset": ("Share", _share),
    "share_run": ("Share", _share),
}
"""Each dialog by what a menu asks: its title, which may name the thing, and what is in it."""


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
    for key in (_ASKED, _MERGING, _ORDER):
        st.session_state.pop(key, None)
